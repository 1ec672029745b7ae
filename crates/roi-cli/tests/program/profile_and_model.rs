//! Profiles, models and states from outside: `profile`, `--model`, `--xml`, `--write-roi`, `--optimize-first`.

use std::path::Path;

use serde_json::Value;

use crate::support::{json, roi_fit};

struct Region {
    directory: tempfile::TempDir,
    config: String,
}

impl Region {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let out = directory.path().to_str().unwrap();
        let made = roi_fit(&["simulate", "--out", out, "--npix", "20", "--ebins", "5", "--sources", "2"]);
        assert!(made.status.success());
        let config = directory.path().join("config.yaml").to_str().unwrap().to_owned();
        Self { directory, config }
    }

    fn path(&self, name: &str) -> String {
        self.directory.path().join(name).to_str().unwrap().to_owned()
    }

    fn point_source(&self) -> String {
        let model = json(&["model", &self.config]);
        model["sources"].as_object().unwrap().keys().find(|name| name.starts_with("SIM")).unwrap().clone()
    }
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

#[test]
fn a_profile_has_its_points_and_limits() {
    let region = Region::new();
    let name = region.point_source();
    let profile = json(&["profile", &region.config, &name, "--fit-first"]);
    assert_eq!(profile["name"], name.as_str());
    let (x, dloglike) = (numbers(&profile["xvals"]), numbers(&profile["dloglike"]));
    assert_eq!((x.len(), dloglike.len()), (20, 20));
    for key in ["npred", "npred_wt", "dnde", "flux", "eflux", "loglike"] {
        assert_eq!(numbers(&profile[key]).len(), 20, "{key}");
    }
    let limits = &profile["limits"];
    let [x0, ul] = ["x0", "ul"].map(|key| limits[key].as_f64().unwrap());
    assert!(x[0] < x0 && x0 < ul && ul < x[19]);
    // The point above the limit has fallen by more than 1.35, the one below by less.
    let above = x.iter().position(|&x| x > ul).unwrap();
    let top = limits["lnlmax"].as_f64().unwrap();
    assert!(top - dloglike[above] > 1.352 && top - dloglike[above - 1] < 1.353);

    let own = json(&["profile", &region.config, "isodiff", "Normalization", "--xvals", "0.9,1.1"]);
    assert_eq!(numbers(&own["xvals"]), [0.9, 1.1]);
    let text = roi_fit(&["profile", &region.config, "isodiff", "--npts", "7", "--reoptimize"]);
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(text.starts_with("# %ECSV 1.0\n") && text.contains("upper_limit_95"), "{text}");
    assert_eq!(
        text.lines().filter(|line| !line.starts_with('#')).count(),
        8,
        "a line of names, and seven points: {text}"
    );
    let wrong = roi_fit(&["profile", &region.config, "isodiff", "Index"]);
    assert!(wrong.status.code() == Some(2) && String::from_utf8_lossy(&wrong.stderr).contains("Normalization"));
}

#[test]
fn a_fitted_model_or_a_saved_analysis_replaces_the_model_everywhere() {
    let region = Region::new();
    let (xml, prefix) = (region.path("elsewhere.xml"), region.path("saved"));
    let fit = json(&["fit", &region.config, "--xml", &xml, "--write-roi", &prefix]);
    let state = format!("{prefix}.json");
    for model in [&xml, &state, &format!("{prefix}.fits"), &format!("{prefix}_00.xml")] {
        assert_eq!(json(&["loglike", &region.config, "--model", model])["logLike"], fit["logLike"], "{model}");
    }
    assert_ne!(json(&["loglike", &region.config])["logLike"], fit["logLike"]);
    // A state knows TS and limits; an XML does not.
    let name = region.point_source();
    let model = |file: &str| json(&["model", &region.config, "--model", file])["sources"][&name].clone();
    assert_eq!(model(&state), fit["sources"][&name]);
    assert!(model(&xml)["ts"].is_null());
    for command in ["params", "ts", "fit", "optimize"] {
        assert!(roi_fit(&[command, &region.config, "--model", &xml]).status.success(), "{command}");
    }
    assert!(roi_fit(&["profile", &region.config, &name, "--model", &state]).status.success());

    // A source without a map, and a file that is none.
    let text = std::fs::read_to_string(&xml).unwrap();
    let strange = region.path("strange.xml");
    std::fs::write(&strange, text.replace(&name, "SIM nowhere")).unwrap();
    for (file, word) in [(&strange, "SIM nowhere"), (&region.path("absent.xml"), "absent.xml")] {
        let output = roi_fit(&["fit", &region.config, "--model", file]);
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && message.contains(word), "{message}");
    }
}

#[test]
fn the_optimization_before_a_fit_takes_its_options_and_is_told() {
    let region = Region::new();
    let fit = json(&["fit", &region.config, "--optimize-first", "--optimizer", "NEWTON", "--tol", "1e-5"]);
    let optimize = &fit["optimize"];
    assert_eq!(optimize["config"]["optimizer"]["optimizer"], "NEWTON");
    assert_eq!(optimize["config"]["optimizer"]["tol"], 1e-5);
    assert!(optimize["dlogLike"].as_f64().unwrap() > 0.0);
    let (before, gain) = (optimize["logLike1"].as_f64().unwrap(), fit["dlogLike"].as_f64().unwrap());
    assert!((before + gain - fit["logLike"].as_f64().unwrap()).abs() < 1e-9 * before.abs());

    let xml = region.path("optimized.xml");
    let loglike = json(&["loglike", &region.config, "--optimize-first", "--xml", &xml]);
    assert_eq!(loglike["logLike"], loglike["optimize"]["logLike1"]);
    assert!(Path::new(&xml).exists());
    assert!(fit.get("optimize").is_some() && json(&["fit", &region.config]).get("optimize").is_none());
}

#[test]
fn an_infinite_ts_has_a_flag() {
    let region = Region::new();
    // Alone in the model, a source makes all of it.
    let name = region.point_source();
    let ts = json(&["ts", &region.config])["sources"].clone();
    assert_eq!(ts[&name]["ts_infinite"], false);
    let text = std::fs::read_to_string(region.path("srcmdl_00.xml")).unwrap();
    let start = text.find("<source name=\"isodiff\"").or_else(|| text.find("<source ")).unwrap();
    let end = start + text[start..].find("</source>").unwrap() + "</source>".len();
    let header = &text[..text.find("<source ").unwrap()];
    let alone = region.path("alone.xml");
    std::fs::write(&alone, format!("{header}{}\n</source_library>\n", &text[start..end])).unwrap();
    let ts = json(&["ts", &region.config, "--model", &alone])["sources"].clone();
    let only = ts.as_object().unwrap().values().next().unwrap();
    assert!(only["ts"].is_null() && only["ts_infinite"] == true && only["loglike_null"].is_null(), "{ts}");
}
