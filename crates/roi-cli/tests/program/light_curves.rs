//! `roi-fit lightcurve`: from event files to a table, interrupted and not.

use std::path::Path;

use serde_json::Value;

use crate::support::{json_of, refused, roi_fit, success};

const SOURCE: &str = "SIM J0534.5+2200";
/// A day in s.
const DAY: f64 = 86400.0;

/// Photons of two days, fitted; the directory as an argument, and the saved model.
fn observed(directory: &Path) -> [String; 2] {
    let out = directory.join("photons").to_str().unwrap().to_owned();
    let simulated = ["simulate", "--out", &out, "--npix", "16", "--ebins", "4", "--sources", "2", "--events"];
    success(&roi_fit(&[&simulated[..], &["--days", "2"]].concat()));
    let fit = format!("{out}/fit");
    success(&roi_fit(&["optimize", &out, "--write-roi", &fit]));
    [out, format!("{fit}.json")]
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn a_light_curve_has_a_record_a_bin_and_leaves_no_others_behind() {
    let directory = tempfile::tempdir().unwrap();
    let [region, model] = &observed(directory.path());
    let file = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let (fits, ecsv, json) = (file("curve.fits"), file("curve.ecsv"), file("curve.json"));
    let files = ["--fits", &fits, "--ecsv", &ecsv, "--json", &json];
    let common = ["lightcurve", region, SOURCE, "--model", model];
    let told = success(&roi_fit(&[&common[..], &["--nbins", "4"], &files].concat()));
    assert!(told.contains("ts_var") && told.contains("constant from"), "{told}");
    let bins = told.lines().filter(|line| line.contains("581")).count();
    assert!(bins >= 4, "{told}");
    let found = read(Path::new(&json));
    assert_eq!(found["fit_success"], serde_json::json!([true, true, true, true]));
    assert!(found["maps"][0].as_str().is_some_and(|maps| maps.contains("maps")), "{}", found["maps"]);
    assert!(found["livetime"][0].as_f64().is_some_and(|livetime| livetime > 0.3 * DAY && livetime < 0.5 * DAY));
    assert!(Path::new(&ecsv).exists() && !Path::new(&format!("{fits}.bins")).exists());
    // Pairs with a gap; a bin before all data is no failure.
    let begin = found["tmin"][0].as_f64().unwrap();
    let pairs = format!("{}:{},{}:{}", begin - 2.0 * DAY, begin - DAY, begin, begin + DAY);
    let gaps = json_of(&roi_fit(&[&common[..], &["--time-bins", &pairs, "--json", "-"]].concat()));
    assert_eq!(gaps["status"], serde_json::json!(["no data", "ok"]));
    assert!(gaps["message"][0].as_str().is_some_and(|why| !why.is_empty()) && gaps["flux"][0].is_null());
    // A whole of one bin has the counts of the whole.
    let counts = |found: &Value| found["counts"].as_array().unwrap().iter().map(|n| n.as_f64().unwrap()).sum::<f64>();
    let whole = json_of(&roi_fit(&[&common[..], &["--nbins", "1", "--json", "-"]].concat()));
    assert_eq!(counts(&whole), counts(&found));
    let difference = whole["loglike_fixed"][0].as_f64().unwrap() - whole["loglike_const"][0].as_f64().unwrap();
    assert!((0.0..0.5).contains(&difference) && whole["ts_var_p_value"].is_null(), "{difference}");
}

#[test]
fn bins_of_a_configuration_and_of_a_significance_are_heeded() {
    let directory = tempfile::tempdir().unwrap();
    let [region, model] = &observed(directory.path());
    let config = Path::new(region).join("config.yaml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, format!("{text}\nlightcurve: {{nbins: 3, systematic: 0.1, ul_confidence: 0.9}}\n"))
        .unwrap();
    let common = ["lightcurve", region, SOURCE, "--model", model, "--json", "-"];
    let found = json_of(&roi_fit(&common));
    assert_eq!(found["tmin"].as_array().unwrap().len(), 3);
    assert_eq!((&found["config"]["systematic"], &found["config"]["ul_confidence"]), (&0.1.into(), &0.9.into()));
    // The model that the photons were drawn from.
    let truth = format!("{region}/model_true.xml");
    let of_truth = ["lightcurve", region, SOURCE, "--model", &truth, "--json", "-", "--adaptive", "0.2"];
    let adaptive = json_of(&roi_fit(&of_truth));
    let ends =
        |key: &str| -> Vec<f64> { adaptive[key].as_array().unwrap().iter().map(|t| t.as_f64().unwrap()).collect() };
    let (begins, ends) = (ends("tmin"), ends("tmax"));
    assert!(begins.iter().skip(1).zip(&ends).all(|(begin, end)| begin == end) && !begins.is_empty());
}

#[test]
fn what_cannot_be_is_refused_in_words() {
    let directory = tempfile::tempdir().unwrap();
    let [region, model] = &observed(directory.path());
    let with = |more: &[&str], words: &[&str]| {
        refused(&[&["lightcurve", region, SOURCE, "--model", model][..], more].concat(), words);
    };
    with(&["--binsz", "-1"], &["binsz", "above 0"]);
    with(&["--nbins", "2", "--binsz", "10"], &["--nbins", "--binsz"]);
    with(&["--time-bins", "5,x"], &["edges T0,T1"]);
    with(&["--time-bins", "5"], &["edges T0,T1"]);
    with(&["--systematic", "-1"], &["systematic"]);
    with(&["--adaptive", "0"], &["adaptive"]);
    with(&["--adaptive", "1000"], &["adaptive", "significance"]);
    with(&["--free-params", "Prefix"], &["free_params", "Prefix"]);
    with(&["--free-sources", "nobody"], &["nobody"]);
    with(&["--source-maps", "none"], &["exact"]);
    refused(&["lightcurve", region, "nobody"], &["nobody"]);
    let counts = crate::support::simulated(&directory.path().join("counts"));
    refused(&["lightcurve", &counts, SOURCE], &["photons", "event files"]);
}
