//! The report, from outside.

use serde_json::Value;

use crate::support::{is_refusal, json, refused, roi_fit, success};

#[test]
fn a_report_of_files_has_maps_spectra_and_goodness() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let simulated = ["simulate", "--response", "--out", &path("."), "--npix", "24", "--ebins", "5", "--sources", "2"];
    success(&roi_fit(&simulated));
    let (config, page, saved) = (path("config.yaml"), path("page.html"), path("fitted"));
    let fitted = ["report", &config, "--optimize-first", "--fit-first", "--out", &page, "--write-roi", &saved];
    let result = json(&[&fitted[..], &["--sed", "all", "--localize", "all", "--nstep", "3"]].concat());
    let names =
        |key: &str| result[key].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect::<Vec<_>>();
    assert_eq!((names("seds").len(), &result["images"], &result["sources"]), (2, &4.into(), &4.into()));
    assert_eq!((&result["fit_success"], &result["report"]), (&true.into(), &page.clone().into()));
    assert_eq!(names("localized").len() + result["problems"].as_array().unwrap().len(), 2);
    // The counts were drawn from a model that the fit can reach.
    let pull = result["goodness"]["deviance_pull"].as_f64().unwrap();
    assert!(pull.abs() < 4.0 && result["goodness"]["impossible"] == 0, "{pull}");
    assert!(result["goodness"]["deviance"].as_f64().unwrap() > 0.0);
    let text = std::fs::read_to_string(&page).unwrap();
    assert_eq!(text.len() as u64, result["bytes"].as_u64().unwrap());
    for part in ["map-0", "map-1", "map-2", "map-3", "counts-0", "pulls", "residuals"] {
        assert!(text.contains(&format!("id=\"{part}\" data-figure")), "{part}");
    }
    for name in names("seds").into_iter().chain(["ccube_00.fits", "--optimize-first", "config.yaml"]) {
        assert!(text.contains(name), "{name}");
    }

    // A saved analysis beside its configuration is enough.
    let again = path("again.html");
    let saved = format!("{saved}.json");
    let result = json(&["report", &saved, "--sed", "none", "--no-tsmap", "--no-residmap", "--out", &again]);
    assert_eq!((&result["images"], &result["fit_success"]), (&2.into(), &Value::Null));
    assert!(std::fs::read_to_string(&again).unwrap().contains("No fit was made for this report"));
    std::fs::create_dir(path("other")).unwrap();
    std::fs::rename(&saved, path("other/fitted.json")).unwrap();
    refused(&["report", &path("other/fitted.json"), "--out", &again], &["no config.yaml lies beside it", "--model"]);
}

#[test]
fn widths_curvatures_and_files_are_shown_where_they_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let simulated = ["simulate", "--response", "--out", &path("."), "--npix", "24", "--ebins", "5", "--sources", "2"];
    success(&roi_fit(&simulated));
    let (config, page) = (path("config.yaml"), path("page.html"));
    let source = "SIM J0534.5+2200";
    let of = ["--sed", source, "--extension", source, "--curvature", source, "--no-tsmap", "--fits"];
    let energies = ["--emin", "100", "--fix", "isodiff", "--out", &page];
    let result = json(&[&["report", &config], &of[..], &energies].concat());
    for key in ["widths", "curvatures", "seds"] {
        assert_eq!(result[key], serde_json::json!([source]), "{key}: {}", result["problems"]);
    }
    let files: Vec<&str> = result["files"].as_array().unwrap().iter().map(|file| file.as_str().unwrap()).collect();
    assert_eq!(
        files,
        ["residual_map.fits", "spectrum_SIM_J0534.5+2200.fits", "width_SIM_J0534.5+2200.fits"]
            .map(|name| format!("page_files/{name}"))
    );
    let text = std::fs::read_to_string(&page).unwrap();
    for file in files {
        assert!(std::fs::read(path(file)).unwrap().starts_with(b"SIMPLE"), "{file}");
        assert!(text.contains(&format!("href=\"./{}\"", file.replace('+', "%2B"))), "{file}");
    }
    for part in ["<caption>Width</caption>", "<caption>Curvature of the spectrum</caption>", "68 % containment radius"]
    {
        assert!(text.contains(part), "{part}");
    }
    // What leads here leads further.
    assert!(text.contains(&format!("{config} --fix isodiff --emin 100")), "{}", &text[..3000]);
}

/// What was computed is shown, and what else can be written is.
#[test]
fn a_file_that_cannot_be_written_costs_no_other_and_not_the_page() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let simulated = ["simulate", "--response", "--out", &path("."), "--npix", "24", "--ebins", "5", "--sources", "2"];
    success(&roi_fit(&simulated));
    let (config, page) = (path("config.yaml"), path("page.html"));
    // No file can take the place of a folder that is not empty.
    for name in ["residual_map.fits", "width_SIM_J0534.5+2200.fits"] {
        std::fs::create_dir_all(path(&format!("page_files/{name}/full"))).unwrap();
    }
    let source = "SIM J0534.5+2200";
    let of = ["--sed", source, "--extension", source, "--no-tsmap", "--fits", "--out", &page];
    let result = json(&[&["report", &config], &of[..]].concat());
    assert_eq!((&result["seds"], &result["widths"]), (&serde_json::json!([source]), &serde_json::json!([source])));
    assert_eq!(result["files"], serde_json::json!(["page_files/spectrum_SIM_J0534.5+2200.fits"]));
    let told: Vec<&str> =
        result["problems"].as_array().unwrap().iter().map(|problem| problem["what"].as_str().unwrap()).collect();
    assert_eq!(told, ["FITS file of the residual map", "FITS file of the width"]);
    let text = std::fs::read_to_string(&page).unwrap();
    assert!(text.contains("68 % containment radius") && text.contains("FITS file of the width"));
}

/// A source that is named twice, by an alias or in other words, is fitted once.
#[test]
fn a_source_that_is_named_twice_is_shown_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let simulated = ["simulate", "--out", &path("."), "--npix", "20", "--ebins", "4", "--sources", "1"];
    success(&roi_fit(&simulated));
    let (config, page) = (path("config.yaml"), path("page.html"));
    let twice = ["--sed", "SIM J0534.5+2200,simj0534.5+2200", "--no-tsmap", "--no-residmap", "--out", &page];
    let result = json(&[&["report", &config], &twice[..]].concat());
    assert_eq!(result["seds"], serde_json::json!(["SIM J0534.5+2200"]));
}

#[test]
fn what_a_report_cannot_have_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let out = crate::support::simulated(folder.path());
    let page = format!("{out}/page.html");
    // Without an exposure there are no maps of a test source.
    let output = roi_fit(&["report", &out, "--out", &page, "--sed", "none", "--json", "-"]);
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("report without the residual map"));
    assert_eq!((&result["images"], result["problems"].as_array().unwrap().len()), (&2.into(), 2));
    assert!(std::fs::read_to_string(&page).unwrap().contains("The TS map could not be made"));

    refused(&["report", &out, "--out", &format!("{out}/nowhere/page.html")], &["--out"]);
    refused(&["report", &out, "--out", &page, "--sed", "nobody"], &["nobody"]);
    let config = format!("{out}/config.yaml");
    is_refusal(&roi_fit(&["report", &out, "--out", &config]), &["--out", "config.yaml"]);
}

#[test]
fn a_fit_that_fails_is_told_on_the_page_and_by_the_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let out = crate::support::simulated(folder.path());
    let config = std::fs::read_to_string(format!("{out}/config.yaml")).unwrap();
    let hasty = format!("{config}\noptimizer: {{ optimizer: MINUIT, max_iter: 1, retries: 1 }}\n");
    std::fs::write(format!("{out}/config.yaml"), hasty).unwrap();
    let page = format!("{out}/page.html");
    let output = roi_fit(&["report", &out, "--out", &page, "--sed", "none", "--fit-first"]);
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(std::fs::read_to_string(&page).unwrap().contains("The fit failed"));
}
