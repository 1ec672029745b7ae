//! Outputs that would destroy one another or an input are refused before any work, and what cannot be written is no success.

use std::path::Path;
use std::process::Stdio;

use crate::support::{program, roi_fit, simulated};

fn region() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    simulated(&directory.path().join("base"));
    directory
}

/// Every file of a folder with its bytes.
fn files(folder: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut all: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect();
    all.sort();
    all
}

#[test]
fn two_outputs_of_one_place_and_an_output_on_an_input_are_refused_and_nothing_changes() {
    let directory = region();
    let at = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let base = at("base");
    #[cfg(unix)]
    std::os::unix::fs::symlink(directory.path().join("base/ccube_00.fits"), directory.path().join("link.fits"))
        .unwrap();
    let before = (files(directory.path()), files(&directory.path().join("base")));
    let cases: &[(&[&str], &[&str])] = &[
        (&["optimize", "--json", "o.json", "--write-roi", "o"], &["--json", "--write-roi"]),
        (&["fit", "--json", "f.json", "--write-roi", "f"], &["--json", "--write-roi"]),
        (&["fit", "--xml", "x", "--json", "x"], &["--xml", "--json"]),
        (&["fit", "--xml", "x.xml", "--json", "base/../x.xml"], &["--xml", "--json"]),
        (&["fit", "--json", "base/config.yaml"], &["--json", "configuration"]),
        (&["fit", "--xml", "base/ccube_00.fits"], &["--xml", "ccube"]),
        (&["fit", "--json", "base/srcmdl_00.xml"], &["--json", "xml"]),
        (&["loglike", "--json", "base/srcmap_00.fits"], &["--json", "srcmap"]),
        (&["model-map", "--out", "base/srcmap_00.fits"], &["--out", "srcmap"]),
        (&["model-map", "--out", "m.fits", "--json", "m.fits"], &["--out", "--json"]),
        (&["srcmaps", "--out", "base/ccube_00.fits"], &["--out", "ccube"]),
        (&["params", "--write-roi", "base/ccube_00", "--json", "base/ccube_00.json"], &["--write-roi", "--json"]),
        (&["config", "--json", "base/config.yaml"], &["--json", "configuration"]),
        #[cfg(unix)]
        (&["ts", "--json", "link.fits"], &["--json", "ccube"]),
    ];
    for (words, named) in cases {
        let mut command = program(&[]);
        let (name, options) = words.split_first().unwrap();
        let output = command.current_dir(directory.path()).arg(name).arg(&base).args(options).output().unwrap();
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{words:?}: {message}");
        assert!(named.iter().all(|name| message.contains(name)), "{words:?}: {message}");
        assert_eq!(before, (files(directory.path()), files(&directory.path().join("base"))), "{words:?}");
    }
    let batch = roi_fit(&["batch", &base, "--out", &at("r"), "--json", &at("base/config.yaml")]);
    assert_eq!(batch.status.code(), Some(2));
    let spectrum = [at("base/srcmdl_00.xml"), at("base/srcmdl_00.xml")];
    let spectrum = roi_fit(&["spectrum", &spectrum[0], "galdiff", "--energies", "1000", "--json", &spectrum[1]]);
    assert_eq!(spectrum.status.code(), Some(2));
    let simulate = roi_fit(&["simulate", "--out", &base, "--json", &at("base/config.yaml")]);
    assert_eq!(simulate.status.code(), Some(2));
    assert_eq!(before, (files(directory.path()), files(&directory.path().join("base"))));
}

#[test]
fn a_model_may_take_the_place_of_the_model_and_a_state_that_of_a_state() {
    let directory = region();
    let at = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let base = at("base");
    for words in [
        &["loglike", &base, "--xml", &at("base/srcmdl_00.xml")][..],
        &["loglike", &base, "--write-roi", &at("o")],
        &["loglike", &base, "--model", &at("o.json"), "--write-roi", &at("o")],
        &["loglike", &base, "--json", "/dev/null", "--xml", "/dev/null"],
    ] {
        let output = roi_fit(words);
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn a_model_for_standard_output_stands_there_alone() {
    let directory = region();
    let base = directory.path().join("base");
    let mut command = program(&[]);
    let output = command.current_dir(&base).args(["fit", ".", "--xml", "-"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("<?xml") && text.trim_end().ends_with("</source_library>"), "{text}");
    assert!(!base.join("-").exists());
    let both = roi_fit(&["loglike", base.to_str().unwrap(), "--xml", "-", "--json", "-"]);
    assert_eq!(both.status.code(), Some(2));
}

#[cfg(target_os = "linux")]
#[test]
fn a_table_that_cannot_be_written_is_no_success_and_files_are_written_all_the_same() {
    let directory = region();
    let json = directory.path().join("f.json");
    let base = directory.path().join("base");
    for words in [&["fit"][..], &["params"], &["config"], &["loglike", "--json", "-"]] {
        let (name, options) = words.split_first().unwrap();
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_roi-fit"));
        command.arg(name).arg(&base).args(options);
        if *name == "fit" {
            command.arg("--json").arg(&json);
        }
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = command.stdout(full).stderr(Stdio::piped()).output().unwrap();
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{words:?}: {message}");
        assert!(message.contains("standard output"), "{message}");
    }
    assert!(json.exists());
}
