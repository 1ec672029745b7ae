//! A saved analysis comes back as it was.

use roi_fit::{FitOptions, Pars};
use roi_model::prior::Prior;

use crate::region::analysis;

#[test]
fn load_after_write_gives_the_same_likelihood_and_the_same_next_fit() {
    let directory = tempfile::tempdir().unwrap();
    let prefix = directory.path().join("result.fits");
    let mut saved = analysis();
    let name = saved.roi().sources().iter().find(|s| s.spatial().is_point()).unwrap().name().to_owned();
    saved.fit(&FitOptions::default()).unwrap();
    saved.set_parameter_prior(&name, "Index", Some(Prior::gaussian(2.0, 0.3).unwrap())).unwrap();
    saved.free_source(&name, true, &Pars::All).unwrap();
    let last = saved.roi().sources().last().unwrap().name().to_owned();
    saved.lock_source(&last, true).unwrap();
    saved.write_roi(&prefix).unwrap();
    let mut files: Vec<_> =
        std::fs::read_dir(directory.path()).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
    files.sort();
    assert_eq!(files, ["result.fits", "result.json", "result_00.xml", "result_00_priors.yaml"]);

    let mut loaded = analysis();
    loaded.load_roi(&prefix).unwrap();
    assert_eq!(loaded.roi().state(), saved.roi().state());
    assert_eq!(loaded.all_properties(), saved.all_properties());
    assert!(loaded.locked_parameters().eq(saved.locked_parameters()));
    assert_eq!(loaded.loglike().unwrap().to_bits(), saved.loglike().unwrap().to_bits());
    let (a, b) = (saved.fit(&FitOptions::default()).unwrap(), loaded.fit(&FitOptions::default()).unwrap());
    assert!(a.fit_success);
    assert_eq!((a.values, a.errors, a.covariance, a.loglike), (b.values, b.errors, b.covariance, b.loglike));
    assert_eq!(a.sources, b.sources);
}

#[test]
fn a_file_that_does_not_belong_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let prefix = directory.path().join("result");
    let mut analysis = analysis();
    analysis.write_roi(&prefix).unwrap();
    let json = directory.path().join("result.json");
    let text = std::fs::read_to_string(&json).unwrap();
    let before = analysis.roi().state();
    for (from, to, word) in [
        ("\"format\": 1", "\"format\": 9", "format 9"),
        ("\"galdiff\"", "\"elsewhere\"", "elsewhere"),
        ("\"PowerLaw\"", "\"LogParabola\"", "LogParabola"),
        ("{", "", "saved analysis"),
    ] {
        assert!(text.contains(from), "{from}");
        std::fs::write(&json, text.replacen(from, to, 1)).unwrap();
        let error = analysis.load_roi(&prefix).unwrap_err().to_string();
        assert!(error.contains(word) && error.contains("result.json"), "{error}");
        assert_eq!(analysis.roi().state(), before);
    }
    assert!(analysis.load_roi(directory.path().join("nothing")).unwrap_err().to_string().contains("nothing.json"));
}
