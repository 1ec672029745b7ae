//! What follows a fit, from outside: `sed`, `curvature`.

use crate::support::{json, refused, roi_fit};

#[test]
fn spectra_and_curvature_have_the_documented_keys_and_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let made = roi_fit(&["simulate", "--out", &path("."), "--npix", "20", "--ebins", "5", "--sources", "2"]);
    assert!(made.status.success());
    let (config, prefix) = (path("config.yaml"), path("fitted"));
    let model = json(&["optimize", &config, "--write-roi", &prefix]);
    let name = model["sources"].as_object().unwrap().keys().find(|name| name.starts_with("SIM")).unwrap().clone();

    let saved = path("fitted.json");
    let (fits, ecsv) = (path("sed.fits"), path("sed.ecsv"));
    let common = ["sed", &config, &name, "--model", &saved];
    let sed = json(&[&common[..], &["--fits", &fits, "--ecsv", &ecsv, "--ul-confidence", "0.9"]].concat());
    for key in ["e_min", "e_ctr", "norm", "norm_err_lo", "flux_ul95", "dnde_ul", "ts", "fit_status", "norm_scan"] {
        assert_eq!(sed[key].as_array().unwrap().len(), 5, "{key}");
    }
    assert_eq!((&sed["config"]["ul_confidence"], &sed["config"]["bin_index"]), (&0.9.into(), &2.0.into()));
    assert!(sed["norm_ul"][0].as_f64().unwrap() < sed["norm_ul95"][0].as_f64().unwrap());
    assert!(std::fs::read(&fits).unwrap().starts_with(b"SIMPLE"));
    assert!(std::fs::read_to_string(&ecsv).unwrap().contains("- {'UL_CONF': 0.9}"));

    let text = roi_fit(&[&common[..], &["--use-local-index", "--free-background"]].concat());
    let text = String::from_utf8(text.stdout).unwrap();
    assert_eq!(text.lines().count(), 7, "{text}");
    refused(&[&common[..], &["--loge-bins", "2,2.345"]].concat(), &["no edge of the analysis's energy bins"]);
    refused(&[&common[..], &["--fits", &path("nowhere/sed.fits")]].concat(), &["--fits"]);

    let curvature = json(&["curvature", &config, &name, "--model", &saved, "--free-index2"]);
    for key in ["ts_curv", "ple_ts_curv", "loglike_pl", "loglike_ple_free"] {
        assert!(curvature[key].is_number(), "{key}: {curvature}");
    }
    // Without curvature nothing constrains Index2: the fit says so, and there is no statistic.
    assert_eq!(curvature["fits"]["ple_free"]["fit_success"].as_bool(), Some(curvature["ple_free_ts_curv"].is_number()));
    assert!(curvature["ts_curv"].as_f64().unwrap() > -1e-3);
    refused(&["curvature", &config, &name, "--index2", "7"], &["Index2"]);
    refused(&["curvature", &config, "nobody"], &["nobody"]);
}
