//! Likelihood weights and corrections of the exposure, from files to results.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::path::Path;

use lat_io::CountsCubeFile;
use likelihood_core::CountsCube;
use roi_fit::{Analysis, FitOptions};
use roi_simulate::{SimulationOptions, simulate};

/// A simulated region on disk, and a weights map of a half everywhere beside it.
fn region() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let options = SimulationOptions::default().with_seed(11).with_sources(4).with_npix(30).with_ebins(8);
    simulate(&options).unwrap().write(directory.path()).unwrap();
    let counts = lat_io::read_counts_cube(&directory.path().join("ccube_00.fits")).unwrap();
    let half = counts.cube.counts().mapv(|_| 0.5);
    let cube = CountsCube::new(counts.cube.axis().clone(), half).unwrap();
    lat_io::write_counts_cube(&directory.path().join("half.fits"), &CountsCubeFile { cube, ..counts }).unwrap();
    directory
}

/// The region with another section `gtlike`.
fn open(directory: &Path, gtlike: &str) -> Analysis {
    let text = std::fs::read_to_string(directory.join("config.yaml")).unwrap();
    let changed = text.replace("gtlike: {edisp: false}", &format!("gtlike: {{edisp: false, {gtlike}}}"));
    assert_ne!(text, changed);
    let path = directory.join("changed.yaml");
    std::fs::write(&path, changed).unwrap();
    Analysis::open(path).unwrap()
}

fn options() -> FitOptions {
    let mut options = FitOptions::default();
    options.optimizer = "NEWTON".into();
    options.tol = 1e-9;
    options
}

#[test]
fn weights_of_a_half_halve_the_likelihood_and_double_the_covariance() {
    let directory = region();
    let mut plain = Analysis::open(directory.path().join("config.yaml")).unwrap();
    let mut half = open(directory.path(), "wmap: half.fits");
    let (report, weighted) = (plain.loglike_report().unwrap(), half.loglike_report().unwrap());
    approx::assert_relative_eq!(weighted.loglike, 0.5 * report.loglike, max_relative = 1e-13);
    let (report, weighted) = (report.to_json(), weighted.to_json());
    assert_eq!(weighted["counts"], report["counts"]);
    assert_eq!(weighted["npred"], report["npred"]);
    for (key, whole) in [("counts_wt", "counts"), ("npred_wt", "npred")] {
        let (found, whole) = (weighted[key].as_f64().unwrap(), report[whole].as_f64().unwrap());
        approx::assert_relative_eq!(found, 0.5 * whole, max_relative = 1e-12);
        assert!(report.get(key).is_none(), "{key} without weights");
        assert!(weighted["components"][0].get(key).is_some());
    }
    for (name, source) in weighted["sources"].as_object().unwrap() {
        let (npred_wt, npred) = (source["npred_wt"].as_f64().unwrap(), source["npred"].as_f64().unwrap());
        approx::assert_relative_eq!(npred_wt, 0.5 * npred, max_relative = 1e-12);
        assert_eq!(half.properties(name).unwrap().npred_wt, npred_wt);
        assert_eq!(plain.properties(name).unwrap().npred_wt, plain.properties(name).unwrap().npred);
    }

    let (whole, halved) = (plain.fit(&options()).unwrap(), half.fit(&options()).unwrap());
    assert_eq!((whole.fit_quality, halved.fit_quality), (3, 3));
    for row in 0..whole.values.len() {
        assert!((whole.values[row] - halved.values[row]).abs() < 1e-4 * whole.errors[row]);
        approx::assert_relative_eq!(halved.errors[row], 2f64.sqrt() * whole.errors[row], max_relative = 1e-4);
    }
    // TS is twice a difference of weighted likelihoods, whose rescaling goes by the counts as they are.
    for (name, properties) in &whole.sources {
        let (Some(ts), Some(ts_half)) = (properties.ts, halved.sources[name].ts) else { continue };
        approx::assert_relative_eq!(ts_half, 0.5 * ts, max_relative = 1e-3, epsilon = 1e-3);
    }

    let saved = directory.path().join("saved");
    half.write_roi(&saved).unwrap();
    let mut again = open(directory.path(), "wmap: half.fits");
    again.load_roi(&saved).unwrap();
    assert_eq!(again.all_properties().unwrap(), half.all_properties().unwrap());
}

#[test]
fn half_the_exposure_gives_half_the_counts() {
    let directory = region();
    let mut plain = Analysis::open(directory.path().join("config.yaml")).unwrap();
    let half = open(directory.path(), "expscale: 0.5, src_expscale: {isodiff: 0}");
    for (name, properties) in plain.all_properties().unwrap() {
        let expected = if name == "isodiff" { 0.0 } else { 0.5 * properties.npred };
        approx::assert_relative_eq!(half.properties(&name).unwrap().npred, expected, max_relative = 1e-12);
    }
    assert!(plain.properties("isodiff").unwrap().npred > 0.0);
}
