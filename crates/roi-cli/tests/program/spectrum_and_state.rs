//! The commands that need no fit, and saved analyses, from outside.

use std::path::Path;

use serde_json::Value;

use crate::support::{json, roi_fit};

fn path(directory: &Path, name: &str) -> String {
    directory.join(name).to_str().unwrap().to_owned()
}

#[test]
fn spectra_configurations_and_saved_analyses() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().to_str().unwrap();
    assert!(roi_fit(&["simulate", "--out", out, "--npix", "20", "--ebins", "5", "--sources", "2"]).status.success());
    let config = path(directory.path(), "config.yaml");
    let model = path(directory.path(), "srcmdl_00.xml");

    // The isotropic table lies beside the model; dN/dE is linear in its normalisation.
    let spectrum = json(&["spectrum", &model, "isodiff", "--energies", "300,1000.5", "--derivatives"]);
    assert_eq!(spectrum["energies"], serde_json::json!([300.0, 1000.5]));
    let derivative = spectrum["derivatives"]["Normalization"].as_array().unwrap();
    assert!(derivative.len() == 2 && derivative[0].as_f64().unwrap() > 0.0);
    let plain = json(&["spectrum", &model, "isodiff", "--energies", "300"]);
    assert!(plain.get("derivatives").is_none());
    for (arguments, word) in [(["nobody", "300"], "nobody"), (["isodiff", "-3"], "-3")] {
        let output = roi_fit(&["spectrum", &model, arguments[0], "--energies", arguments[1]]);
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && message.contains(word), "{message}");
    }

    let resolved = json(&["config", &config]);
    assert_eq!(resolved["optimizer"]["optimizer"], "MINUIT");
    assert_eq!(resolved["components"][0]["gtlike"]["edisp"], false);
    assert!(resolved["components"][0]["files"]["ccube"].as_str().unwrap().ends_with("ccube_00.fits"));

    let prefix = path(directory.path(), "saved");
    let fit = json(&["fit", &config, "--write-roi", &prefix]);
    let saved: Value = serde_json::from_slice(&std::fs::read(format!("{prefix}.json")).unwrap()).unwrap();
    assert_eq!(saved["roi"]["loglike"], fit["logLike"]);
    assert!(Path::new(&format!("{prefix}.fits")).exists() && Path::new(&format!("{prefix}_00.xml")).exists());
}
