//! Maps of the sky and new sources, from outside.

use serde_json::Value;

use crate::support::{json, refused, roi_fit};

#[test]
fn maps_have_the_documented_keys_and_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let made =
        roi_fit(&["simulate", "--response", "--out", &path("."), "--npix", "24", "--ebins", "5", "--sources", "2"]);
    assert!(made.status.success());
    let (config, saved) = (path("config.yaml"), path("fitted.json"));
    json(&["optimize", &config, "--write-roi", &path("fitted")]);
    let common = [&config[..], "--model", &saved];
    let is_map = |value: &Value| {
        value.as_array().is_some_and(|rows| rows.len() == 24 && rows[0].as_array().unwrap().len() == 24)
    };

    let fits = path("residmap.fits");
    let map = json(&[&["residmap"], &common[..], &["--fits", &fits, "--loge-bounds", "3,"]].concat());
    assert!(["sigma", "data", "model", "excess"].iter().all(|key| is_map(&map[key])));
    assert_eq!((&map["projtype"], &map["mask"]), (&"WCS".into(), &Value::Null));
    assert_eq!(map["name"], "pointsource_powerlaw_2.00");
    assert!(std::fs::read(&fits).unwrap().starts_with(b"SIMPLE"));

    let fits = path("tsmap.fits");
    let map =
        json(&[&["tsmap"], &common[..], &["--fits", &fits, "--index", "1.8", "--max-kernel-radius", "2"]].concat());
    assert!(["ts", "sqrt_ts", "npred", "amplitude"].iter().all(|key| is_map(&map[key])));
    assert!(map["loglike"].is_number() && map["config"]["model"]["Index"] == 1.8);
    let file = headers(&fits);
    for name in ["TSMAP_DATA", "NPRED_MAP", "N_MAP", "SQRT_TS_MAP"] {
        assert!(file.contains(name), "{name}");
    }

    let fits = path("tscube.fits");
    let cube = json(&[&["tscube"], &common[..], &["--fits", &fits, "--map-size", "0.5", "--nnorm", "6"]].concat());
    let pixels = cube["ts"].as_array().unwrap().len();
    assert!(pixels > 0 && pixels < 24 && cube["bin_ts"].as_array().unwrap().len() == 5);
    assert_eq!(cube["energies"].as_array().unwrap().len(), 6);
    let file = headers(&fits);
    for name in ["SCANDATA", "FITDATA", "BASELINE", "EBOUNDS", "(6,5)"] {
        assert!(file.contains(name), "{name}");
    }
    let text = roi_fit(&[&["tscube"], &common[..], &["--map-size", "0.3", "--no-sed"]].concat());
    assert!(String::from_utf8(text.stdout).unwrap().contains("highest"));
    refused(&[&["tscube"], &common[..], &["--nnorm", "2"]].concat(), &["nnorm"]);
    refused(&[&["tscube"], &common[..], &["--cov-scale", "-1"]].concat(), &["cov_scale"]);

    let fits = path("psmap.fits");
    let map =
        json(&[&["psmap"], &common[..], &["--fits", &fits, "--spectrum-emax", "1e5", "--nbinloge", "10"]].concat());
    assert!(is_map(&map["psmap"]) && is_map(&map["psmapsigma"]) && map["psmax"].is_number());
    assert_eq!(map["hlogebin"].as_array().unwrap().len(), 11);
    assert!(headers(&fits).contains("PS in sigma"));

    let text = roi_fit(&[&["tsmap"], &common[..]].concat());
    assert!(String::from_utf8(text.stdout).unwrap().contains("highest"));
    refused(&[&["tsmap"], &common[..], &["--loge-bounds", "5"]].concat(), &["LOW,HIGH"]);
    refused(&[&["tsmap"], &common[..], &["--exclude", "nobody"]].concat(), &["nobody"]);
    for map in ["tsmap", "residmap", "find-sources"] {
        refused(&[&[map], &common[..], &["--spatial-width", "0.5"]].concat(), &["of no effect on a point"]);
    }
    refused(&[&["psmap"], &common[..], &["--emin", "-1"]].concat(), &["emin"]);
    refused(&[&["residmap"], &common[..], &["--fits", &path("nowhere/map.fits")]].concat(), &["--fits"]);
    refused(&[&["residmap"], &common[..], &["--spatial-model", "Ring"]].concat(), &["RadialDisk"]);
}

#[test]
fn a_source_that_was_taken_out_is_found_and_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let made =
        roi_fit(&["simulate", "--response", "--out", &path("."), "--npix", "30", "--ebins", "6", "--sources", "2"]);
    assert!(made.status.success());
    let (config, saved) = (path("config.yaml"), path("fitted.json"));
    let model = json(&["optimize", &config, "--write-roi", &path("fitted")]);
    let ts = |name: &str| model["sources"][name]["ts"].as_f64().unwrap();
    let names = model["sources"].as_object().unwrap().keys().filter(|name| name.starts_with("SIM"));
    let brightest = names.max_by(|a, b| ts(a).total_cmp(&ts(b))).unwrap().clone();

    let (xml, fits) = (path("new.xml"), path("found.fits"));
    let common = ["find-sources", &config, "--model", &saved, "--delete", &brightest];
    let found = json(&[&common[..], &["--xml", &xml, "--fits", &fits, "--joint-fit"]].concat());
    let sources = found["sources"].as_array().unwrap();
    assert!(!sources.is_empty(), "{found}");
    for source in sources {
        assert!(source["ts"].as_f64().unwrap() >= 25.0 && source["pos_r95"].is_number(), "{source}");
    }
    assert!(found["peaks"].as_array().unwrap().iter().all(|peak| peak["status"].is_string()));
    let name = sources[0]["name"].as_str().unwrap();
    assert!(std::fs::read_to_string(&xml).unwrap().contains(name));
    assert!(headers(&fits).contains("SOURCES"));
    refused(&[&common[..], &["--sqrt-ts-threshold", "0"]].concat(), &["sqrt_ts_threshold"]);
    refused(&[&common[..], &["--free-params", "Width"]].concat(), &["free_params"]);
}

/// A file as text, for what stands in its headers.
fn headers(path: &str) -> String {
    String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned()
}
