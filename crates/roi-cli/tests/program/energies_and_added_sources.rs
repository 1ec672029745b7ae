//! The range of energies and sources of files, from the command line.

use crate::support::{json, refused, simulated};

fn region() -> (tempfile::TempDir, String) {
    let directory = tempfile::tempdir().unwrap();
    let base = simulated(&directory.path().join("base"));
    (directory, base)
}

#[test]
fn a_range_of_energies_is_what_counts_and_every_result_says_it() {
    let (directory, base) = region();
    let whole = json(&["loglike", &base]);
    let edges: Vec<f64> =
        whole["components"][0]["energies"].as_array().unwrap().iter().map(|edge| edge.as_f64().unwrap()).collect();
    let [low, high] = [edges[1], edges[3]].map(|edge| format!("{edge}"));
    let upper = json(&["loglike", &base, "--emin", &low, "--emax", &format!("{}GeV", edges[3] / 1000.0)]);
    assert_eq!(upper["energy_range"].as_array().unwrap().len(), 2);
    assert_eq!(upper["energy_range"][0], edges[1]);
    assert_eq!(
        upper["counts"],
        whole["components"][0]["counts"][1].as_f64().unwrap() + whole["components"][0]["counts"][2].as_f64().unwrap()
    );
    // Two ranges beside each other are the whole.
    let lower = json(&["loglike", &base, "--emax", &low]);
    let top = json(&["loglike", &base, "--emin", &high]);
    let sum: f64 = [&lower, &upper, &top].iter().map(|part| part["loglike"].as_f64().unwrap()).sum();
    assert!((sum - whole["loglike"].as_f64().unwrap()).abs() < 1e-8 * sum.abs());
    let npred: f64 =
        [&lower, &upper, &top].iter().map(|part| part["sources"]["isodiff"]["npred"].as_f64().unwrap()).sum();
    assert!((npred / whole["sources"]["isodiff"]["npred"].as_f64().unwrap() - 1.0).abs() < 1e-12);
    for command in [&["fit"][..], &["optimize"], &["ts"], &["params"], &["model"], &["model-map"]] {
        let result = json(&[command, &[&base, "--emin", &low]].concat());
        assert_eq!(result["energy_range"][0], edges[1], "{command:?}");
    }
    // A saved analysis has its range again.
    let prefix = directory.path().join("saved").to_str().unwrap().to_owned();
    let fit = json(&["fit", &base, "--emin", &low, "--write-roi", &prefix]);
    let again = json(&["loglike", &base, "--model", &format!("{prefix}.json")]);
    assert_eq!((&again["energy_range"], &again["loglike"]), (&fit["energy_range"], &fit["loglike"]));
    let flux = &json(&["model", &base, "--emin", &low])["sources"]["isodiff"];
    assert!(flux["flux"].as_f64() < json(&["model", &base])["sources"]["isodiff"]["flux"].as_f64());
    assert_eq!(flux["model_counts"].as_array().unwrap().len(), 3);
}

#[test]
fn energies_that_are_no_edges_are_refused_with_the_nearest() {
    let (_directory, base) = region();
    refused(&["fit", &base, "--emin", "1GeV"], &["emin: 1000 MeV is no edge", "740.0828 and 5477.2255 MeV"]);
    refused(&["fit", &base, "--emax", "1TeV"], &["emax: 1000000 MeV is no edge", "300000.0000 MeV"]);
    refused(&["fit", &base, "--emin", "300GeV", "--emax", "100"], &["no component has an energy bin between"]);
    refused(&["fit", &base, "--emin", "much"], &["--emin", "1GeV"]);
}

#[test]
fn an_energy_may_have_a_unit() {
    let (_directory, base) = region();
    let model = format!("{base}/srcmdl_00.xml");
    let spectrum = json(&["spectrum", &model, "isodiff", "--energies", "100MeV,1GeV, 0.1 TeV,2000"]);
    assert_eq!(spectrum["energies"], serde_json::json!([100.0, 1000.0, 100_000.0, 2000.0]));
    refused(&["spectrum", &model, "isodiff", "--energies", "100erg"], &["expected an energy", "MeV"]);
}

#[test]
fn a_file_of_sources_that_cannot_be_used_is_refused_by_name_and_line() {
    let (directory, base) = region();
    let file = directory.path().join("new.yaml").to_str().unwrap().to_owned();
    let with = |text: &str, words: &[&str]| {
        std::fs::write(&file, text).unwrap();
        refused(&["params", &base, "--add-source", &file], &[&[file.as_str()], words].concat());
    };
    with("name: isodiff\nra: 83.6\ndec: 22\n", &["already", "'isodiff'"]);
    with("name: new\nra: 83.6\ndec: 22\nSpectrumType: PowrLaw\n", &["PowrLaw", "PowerLaw"]);
    with("name: new\nra: 83.6\ndec: 22\nIndx: 2\n", &["line 4", "Indx", "Index"]);
    with("ra: 83.6\ndec: 22\n", &["sources.name"]);
    with("model: {sources: [{name: new}]}\n", &["'model'", "model.sources"]);
    with("[]\n", &["no source"]);
    with("[{name: a}, {name: a}]\n", &["'a'"]);
    with("<source_library/>", &["XML"]);
    refused(&["params", &base, "--add-source", "nowhere.yaml"], &["nowhere.yaml"]);
    // There is neither exposure nor PSF to make a map from.
    std::fs::write(&file, "{name: new, ra: 83.6, dec: 22}").unwrap();
    refused(&["params", &base, "--add-source", &file], &["'new'", "bexpmap"]);
}
