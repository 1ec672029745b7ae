//! Editing a model, and priors, change what they say and nothing else.

use roi_fit::{Error, FitOptions, ParameterSetting, Pars, Selection};
use roi_model::prior::Prior;

use crate::region::{analysis, analysis_with, small_region};

fn point(analysis: &roi_fit::Analysis) -> String {
    analysis.roi().sources().iter().find(|s| s.spatial().is_point()).unwrap().name().to_owned()
}

#[test]
fn a_prior_counts_once_in_value_gradient_fit_and_ts() {
    let mut analysis = analysis();
    let name = point(&analysis);
    let norm = analysis.roi().source(&name).unwrap().spectrum().norm_index().unwrap();
    let par = analysis.roi().source(&name).unwrap().spectrum().parameters()[norm].name().to_owned();
    analysis.free_parameter(&name, &par, true).unwrap();
    let data = analysis.loglike().unwrap();
    let value = analysis.norm(&name).unwrap();
    let ts = analysis.ts(&name, true).unwrap().ts;
    let prior = Prior::gaussian(2.0 * value, 0.1 * value).unwrap();
    analysis.set_parameter_prior(&name, &par, Some(prior)).unwrap();
    let with_prior = analysis.loglike().unwrap();
    approx::assert_abs_diff_eq!(with_prior, data - 50.0, epsilon = 1e-9);
    let ts_with_prior = analysis.ts(&name, true).unwrap().ts;
    approx::assert_abs_diff_eq!(ts_with_prior, ts, epsilon = 1e-6 * ts.abs());

    let key = format!("{name}:{par}");
    let slope = analysis.loglike_report().unwrap().gradient.into_iter().find(|(k, _)| *k == key).unwrap().1;
    let step = 1e-5 * value;
    let mut at = |x: f64| {
        analysis.set_parameter(&name, &par, x).unwrap();
        analysis.loglike().unwrap()
    };
    let numeric = (at(value + step) - at(value - step)) / (2.0 * step);
    approx::assert_relative_eq!(slope, numeric, max_relative = 1e-5);
    at(value);

    // With everything else fixed, the error is that of value and prior together: the Hessian has the prior's curvature.
    analysis.fix_all().unwrap();
    analysis.free_parameter(&name, &par, true).unwrap();
    let mut options = FitOptions::default();
    options.optimizer = "NEWTON".into();
    let result = analysis.fit(&options).unwrap();
    assert!(result.fit_success, "{}", result.message);
    let best = result.values[0];
    let slope = analysis.loglike_report().unwrap().gradient[0].1;
    assert!((slope * result.errors[0]).abs() < 1e-2, "{slope} at the maximum");
    let mut at = |x: f64| {
        analysis.set_parameter(&name, &par, x).unwrap();
        analysis.loglike().unwrap()
    };
    let step = 0.02 * best;
    let curvature = (at(best + step) - 2.0 * at(best) + at(best - step)) / (step * step);
    approx::assert_relative_eq!(result.errors[0], (-1.0 / curvature).sqrt(), max_relative = 1e-3);
}

#[test]
fn a_value_that_the_prior_excludes_is_named() {
    let mut analysis = analysis();
    let name = point(&analysis);
    let par = "Index";
    analysis.set_parameter_prior(&name, par, Some(Prior::log_normal(0.0, 1.0).unwrap())).unwrap();
    analysis.set_parameter(&name, par, ParameterSetting::value(-1.0).bounds(-5.0, 5.0)).unwrap();
    let error = analysis.fit(&FitOptions::default()).unwrap_err();
    assert!(matches!(&error, Error::ExcludedByPrior { source_name, .. } if *source_name == name), "{error}");
}

#[test]
fn locked_parameters_are_deaf() {
    let mut analysis = analysis();
    let name = point(&analysis);
    analysis.lock_source(&name, true).unwrap();
    analysis.free_source(&name, true, &Pars::All).unwrap();
    analysis.free_index(&name, true).unwrap();
    analysis.free_sources(&Selection::all(), Pars::All, true).unwrap();
    let all = vec![true; analysis.free_vector().len()];
    analysis.set_free_vector(&all).unwrap();
    assert!(!analysis.roi().source(&name).unwrap().is_free());
    assert_eq!(
        analysis.locked_parameters().count(),
        analysis.roi().source(&name).unwrap().spectrum().parameters().len()
    );
    analysis.lock_source(&name, false).unwrap();
    assert!(!analysis.roi().source(&name).unwrap().is_free());
    analysis.free_sources_by_name(&[&name], true, &Pars::Norm).unwrap();
    assert!(analysis.roi().source(&name).unwrap().is_free());
    assert!(matches!(analysis.set_free_vector(&[true]), Err(Error::Option { .. })));
}

#[test]
fn settings_change_the_parameter_or_nothing() {
    let mut analysis = analysis();
    let name = point(&analysis);
    let before = analysis.roi().state();
    let index = |a: &roi_fit::Analysis| a.roi().source(&name).unwrap().spectrum().parameter("Index").unwrap().clone();
    analysis.set_parameter(&name, "Index", ParameterSetting::true_value(-7.0).scale(-1.0).error(0.2)).unwrap();
    assert_eq!((index(&analysis).value(), index(&analysis).true_value()), (7.0, -7.0));
    assert!(index(&analysis).max() >= 7.0 && index(&analysis).error() == 0.2);
    analysis.set_parameter_scale(&name, "Index", -2.0).unwrap();
    assert_eq!((index(&analysis).value(), index(&analysis).error(), index(&analysis).true_value()), (3.5, 0.1, -7.0));
    analysis.scale_parameter(&name, "Index", 0.5).unwrap();
    assert_eq!(index(&analysis).true_value(), -3.5);
    let kept = index(&analysis);
    for bad in [f64::NAN, f64::INFINITY] {
        assert!(analysis.set_parameter(&name, "Index", bad).is_err());
        assert!(analysis.set_parameter(&name, "Index", ParameterSetting::value(1.0).scale(bad)).is_err());
        assert!(analysis.set_parameter_error(&name, "Index", bad).is_err());
    }
    assert!(analysis.set_parameter(&name, "Index", ParameterSetting::value(1.0).bounds(3.0, 2.0)).is_err());
    assert!(analysis.set_parameter(&name, "Indx", 1.0).unwrap_err().to_string().contains("Index"));
    assert_eq!(index(&analysis), kept);
    assert_ne!(analysis.roi().state(), before);
}

#[test]
fn a_zeroed_source_is_gone_and_comes_back_to_the_bit() {
    let mut analysis = analysis();
    let name = point(&analysis);
    analysis.fix_all().unwrap();
    let (before, npred) = (analysis.loglike().unwrap(), analysis.properties(&name).unwrap().npred);
    assert!(npred > 0.0);
    analysis.zero_source(&name).unwrap();
    analysis.zero_source(&name).unwrap();
    let ts = analysis.ts(&name, false).unwrap().ts;
    assert!(ts.abs() < 1e-6 && analysis.loglike().unwrap() != before, "{ts}");
    analysis.unzero_source(&name).unwrap();
    assert!(!analysis.roi().source(&name).unwrap().spectrum().parameters()[0].is_free());
    approx::assert_relative_eq!(analysis.loglike().unwrap(), before, max_relative = 1e-14);
}

#[test]
fn deleting_and_adding_a_source_changes_logl_by_it_alone() {
    let mut map = None;
    let (roi, likelihood) = small_region(|parts| {
        map = parts.maps.iter().find(|(name, _)| name.starts_with("SIM")).cloned();
        Vec::new()
    });
    let (name, map) = map.unwrap();
    let mut analysis = analysis_with(roi, likelihood);
    analysis.fix_all().unwrap();
    let before = analysis.loglike().unwrap();
    let null = analysis.ts(&name, false).unwrap().loglike_null;
    let source = analysis.delete_source(&name).unwrap();
    approx::assert_relative_eq!(analysis.loglike().unwrap(), null, max_relative = 1e-14);
    assert!(analysis.properties(&name).is_err());
    assert!(analysis.add_source(source.clone(), &[]).is_err());
    assert!(analysis.roi().source(&name).is_err());
    analysis.add_source(source.clone(), std::slice::from_ref(&map)).unwrap();
    assert_eq!(analysis.loglike().unwrap(), before);
    assert!(analysis.add_source(source, &[map]).unwrap_err().to_string().contains(&name));
    let deleted = analysis.delete_sources(&Selection::all().cut("offset", Some(0.0), None)).unwrap();
    assert!(!deleted.is_empty() && analysis.roi().sources().iter().all(|s| s.direction().is_none()));
}

#[test]
fn parameters_from_yaml_are_taken_whole_or_not_at_all() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("parameters.yaml");
    let mut analysis = analysis();
    let name = point(&analysis);
    std::fs::write(&path, format!("{name}: {{Index: {{value: 2.5, min: 1, max: 4, error: 0.1, free: true}}}}"))
        .unwrap();
    analysis.load_parameters_from_yaml(&path).unwrap();
    let info = analysis.params(true).into_iter().find(|p| p.src_name == name && p.par_name == "Index").unwrap();
    assert_eq!((info.value, info.min, info.max, info.error, info.free), (2.5, 1.0, 4.0, 0.1, true));
    let before = analysis.roi().state();
    for (text, word) in [
        (format!("{name}: {{Index: {{value: 3}}, Nix: {{value: 1}}}}"), "Nix"),
        (format!("{name}: {{Index: {{valeu: 3}}}}"), "valeu"),
        (format!("{name}: {{Index: {{value: 9}}}}"), "9"),
    ] {
        std::fs::write(&path, text).unwrap();
        let error = analysis.load_parameters_from_yaml(&path).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
        assert_eq!(analysis.roi().state(), before);
    }
}
