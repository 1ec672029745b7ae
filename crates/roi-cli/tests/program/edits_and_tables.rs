//! Changes of the model from the command line, tables, `check`, completions and pages of the manual.

use serde_json::Value;

use crate::support::{json, roi_fit, simulated};

/// Standard output of a command that must succeed.
fn text(arguments: &[&str]) -> String {
    let output = roi_fit(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A small region: its directory, and what its first point source is called.
fn region() -> (tempfile::TempDir, String, String) {
    let directory = tempfile::tempdir().unwrap();
    let base = simulated(&directory.path().join("base"));
    let rows = json(&["params", &base, "--all"]);
    let name = rows["parameters"][0]["src_name"].as_str().unwrap().to_owned();
    (directory, base, name)
}

fn parameter<'a>(result: &'a Value, source: &str, name: &str) -> &'a Value {
    let rows = result["parameters"].as_array().unwrap();
    rows.iter().find(|row| row["src_name"] == source && row["par_name"] == name).unwrap()
}

#[test]
fn the_model_is_changed_before_anything_is_done_with_it() {
    let (_directory, base, name) = region();
    let all = ["params", &base, "--all"];
    let set = json(
        &[&all[..], &["--set", "isodiff:Normalization=1.25", "--fix", "galdiff", "--fix", "isodiff:norm"]].concat(),
    );
    assert_eq!(parameter(&set, "isodiff", "Normalization")["value"], 1.25);
    assert_eq!(parameter(&set, "isodiff", "Normalization")["free"], false);
    assert_eq!(parameter(&set, "galdiff", "Prefactor")["free"], false);
    let less = json(&[&all[..], &["--delete", &name]].concat());
    assert!(less["parameters"].as_array().unwrap().iter().all(|row| row["src_name"] != name.as_str()));
    let changed = json(&[&all[..], &["--spectrum", &format!("{name}=PowerLaw2")]].concat());
    assert!(parameter(&changed, &name, "Integral")["value"].is_number());
    // What was set is what is fitted from.
    let fit = json(&["fit", &base, "--set", "isodiff:Normalization=1.25", "--fix", "isodiff"]);
    assert!(fit["src_names"].as_array().unwrap().iter().all(|source| source != "isodiff"));
    for words in [
        &["--set", "isodiff:Normalization"][..],
        &["--set", "isodiff:Norm=1"],
        &["--set", "isodiff:Normalization=nan"],
        &["--delete", "nobody"],
        &["--spectrum", "isodiff=PowrLaw"],
        &["--fix", "isodiff:Norm"],
    ] {
        assert_eq!(roi_fit(&[&all[..], words].concat()).status.code(), Some(2), "{words:?}");
    }
}

#[test]
fn tables_have_units_and_no_numbers_that_mean_nothing() {
    let (_directory, base, name) = region();
    let fit = text(&["fit", &base, "--minos"]);
    assert!(
        fit.contains("minos-") && fit.contains("minos+") && fit.contains("offset [deg]") && fit.contains("[MeV/cm2/s]"),
        "{fit}"
    );
    assert!(fit.contains("e-12") || fit.contains("e-13"), "{fit}");
    let numbers = |line: &str| line.split_whitespace().skip(1).map(str::to_owned).collect::<Vec<_>>();
    let index = fit.lines().find(|line| line.trim_start().starts_with("Index")).map(numbers);
    assert!(index.is_none_or(|row| row.contains(&"---".to_owned())), "{fit}");
    let diffuse = fit.lines().find(|line| line.trim_start().starts_with("galdiff ")).unwrap();
    assert!(!diffuse.contains("0.00 "), "the factor of a map cube has no index: {diffuse}");
    for output in [&fit, &text(&["ts", &base]), &text(&["model", &base])] {
        assert!(
            !output
                .split_whitespace()
                .any(|word| word.starts_with("-0.0") && word.trim_matches(['-', '0', '.']).is_empty())
        );
    }
    let some = json(&["model-map", &base, "--source", &name]);
    assert!(some["components"][0]["significance"].as_array().unwrap().iter().all(Value::is_null));
    let all = json(&["model-map", &base]);
    assert!(all["components"][0]["significance"][0].is_number());
}

#[test]
fn a_failed_fit_tells_its_reason_once() {
    let (_directory, base, _) = region();
    let output = roi_fit(&["fit", &base, "--max-calls", "4"]);
    let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert_eq!((out + &err).matches("every parameter was restored").count(), 1, "{err}");
}

#[test]
fn spectrum_and_profile_are_ecsv() {
    let (_directory, base, name) = region();
    let xml = format!("{base}/srcmdl_00.xml");
    let point = text(&["spectrum", &xml, &name, "--energies", "1000,2000"]);
    assert!(point.starts_with("# %ECSV 1.0\n# ---\n"), "{point}");
    assert!(point.contains("{name: 'dnde', unit: 1 / (cm2 s MeV), datatype: float64}"), "{point}");
    let factor = text(&["spectrum", &xml, "galdiff", "--energies", "1000"]);
    assert!(factor.contains("'factor'") && !factor.contains("dnde"), "{factor}");
    let profile = text(&["profile", &base, "isodiff", "--npts", "9"]);
    let rows: Vec<&str> = profile.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!((rows.len(), rows[0].split_whitespace().next()), (10, Some("value")));
    assert!(rows[1..].iter().all(|row| row.split_whitespace().all(|word| word.parse::<f64>().is_ok())), "{profile}");
}

#[test]
fn check_tells_all_problems_at_once() {
    let (_directory, base, _) = region();
    let good = text(&["check", &base]);
    assert!(good.contains("no problem was found") && good.contains("source maps: "), "{good}");
    assert!(good.contains("memory: about ") && good.contains("a TS map "), "{good}");
    let memory = json(&["check", &base])["memory"].clone();
    for key in ["analysis", "sed", "localize", "extension", "tsmap"] {
        assert!(memory[key].as_u64().is_some_and(|bytes| bytes > 1000), "{key}: {memory}");
    }
    assert!(memory["limit"].is_null() && memory["analysis"].as_u64() > memory["sed"].as_u64(), "{memory}");
    std::fs::write(format!("{base}/srcmap_00.fits"), "SIMPLE").unwrap();
    std::fs::write(format!("{base}/srcmdl_00.xml"), "<source_library>").unwrap();
    let output = roi_fit(&["check", &base, "--json", "-"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &report["is_usable"]), (Some(2), &false.into()));
    assert!(report["memory"].is_null());
    assert!(report["problems"].as_array().unwrap().len() >= 2, "{report:#}");
}

#[test]
fn results_tell_where_they_come_from() {
    let (_directory, base, _) = region();
    for words in
        [&["loglike"][..], &["fit"], &["optimize"], &["ts"], &["params"], &["model"], &["model-map"], &["check"]]
    {
        let from = json(&[&[words[0], &base][..], &words[1..]].concat())["provenance"].clone();
        let inputs = from["inputs"].as_array().unwrap();
        let counts = inputs.iter().find(|input| input["what"] == "ccube").unwrap();
        assert_eq!(counts["sha256"].as_str().unwrap().len(), 64, "{words:?}");
        assert!(from["version"].as_str().unwrap().starts_with(env!("CARGO_PKG_VERSION")));
        assert_eq!((from["date"].as_str().unwrap().len(), &from["options"][0]), (20, &words[0].into()), "{words:?}");
    }
}

#[test]
fn completions_and_pages_of_the_manual_name_every_command() {
    let help = text(&["--help"]);
    for shell in ["bash", "zsh", "fish"] {
        let completions = text(&["completions", shell]);
        assert!(["optimize", "check", "model-map"].iter().all(|name| completions.contains(name)), "{shell}");
    }
    assert!(text(&["man"]).contains(".TH roi-fit"));
    let folder = tempfile::tempdir().unwrap();
    text(&["man", "--out", folder.path().to_str().unwrap()]);
    for command in ["fit", "optimize", "check", "batch", "completions"] {
        assert!(help.contains(command) && folder.path().join(format!("roi-fit-{command}.1")).exists(), "{command}");
    }
}
