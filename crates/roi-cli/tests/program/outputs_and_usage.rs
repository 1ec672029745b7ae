//! Where the program writes, what it says of stale numbers, and misuse that must not pass in silence.

use std::path::Path;
use std::process::Output;
use std::sync::OnceLock;

use serde_json::Value;

use crate::support::{is_refusal, roi_fit, success};

fn simulated(directory: &Path, options: &[&str]) -> Output {
    let size = ["--npix", "20", "--ebins", "5", "--sources", "2"];
    roi_fit(&[&["simulate", "--out", directory.to_str().unwrap()][..], &size, options].concat())
}

/// A small simulated region that no test may change.
fn region() -> &'static Path {
    static DIRECTORY: OnceLock<tempfile::TempDir> = OnceLock::new();
    let directory = DIRECTORY.get_or_init(|| {
        let directory = tempfile::tempdir().unwrap();
        success(&simulated(directory.path(), &[]));
        directory
    });
    directory.path()
}

fn config() -> String {
    region().join("config.yaml").to_str().unwrap().to_owned()
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_pipes_are_written_into() {
    use std::os::unix::fs::FileTypeExt;
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    std::fs::create_dir(at("far")).unwrap();
    std::fs::write(at("far/result.json"), "old").unwrap();
    std::os::unix::fs::symlink("far/result.json", at("link.json")).unwrap();
    success(&roi_fit(&["params", &config(), "--json", &at("link.json")]));
    assert!(std::fs::symlink_metadata(at("link.json")).unwrap().is_symlink());
    let text = std::fs::read_to_string(at("far/result.json")).unwrap();
    assert!(serde_json::from_str::<Value>(&text).unwrap()["parameters"].is_array());
    assert_eq!(std::fs::read_dir(at("far")).unwrap().count(), 1, "no temporary file is left");

    // A link to a file that is not there yet makes it there.
    std::os::unix::fs::symlink("far/new.json", at("dangling.json")).unwrap();
    success(&roi_fit(&["params", &config(), "--json", &at("dangling.json")]));
    assert!(std::fs::symlink_metadata(at("dangling.json")).unwrap().is_symlink());
    assert!(std::fs::read_to_string(at("far/new.json")).is_ok());

    // FITS files too.
    std::os::unix::fs::symlink("far/map.fits", at("map.fits")).unwrap();
    success(&roi_fit(&["model-map", &config(), "--out", &at("map.fits")]));
    assert!(std::fs::symlink_metadata(at("map.fits")).unwrap().is_symlink());
    assert!(std::fs::read(at("far/map.fits")).unwrap().starts_with(b"SIMPLE"));

    let pipe = at("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    // Opened for reading and writing, so that neither side ever waits for the other.
    let mut options = std::fs::OpenOptions::new();
    let reader = options.read(true).write(true).open(&pipe).unwrap();
    success(&roi_fit(&["simulate", "--out", &at("other"), "--npix", "20", "--ebins", "4", "--json", &pipe]));
    assert!(std::fs::symlink_metadata(&pipe).unwrap().file_type().is_fifo());
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(reader), &mut line).unwrap();
    assert_eq!(line, "{\n");
    is_refusal(&roi_fit(&["model-map", &config(), "--out", &pipe]), &[&pipe, "no regular file"]);
    assert!(std::fs::symlink_metadata(&pipe).unwrap().file_type().is_fifo());
}

#[test]
fn pars_without_a_selection_are_refused() {
    let hint = "--pars says what a selection frees; give --distance, --minmax-ts or --minmax-npred too";
    is_refusal(&roi_fit(&["fit", &config(), "--pars", "norm"]), &[hint]);
    let out = tempfile::tempdir().unwrap();
    let batch = ["batch", &config(), "--out", out.path().to_str().unwrap(), "--pars"];
    is_refusal(&roi_fit(&[&batch[..], &["norm"]].concat()), &[hint]);
    let selection = ["--distance", "3"];
    is_refusal(
        &roi_fit(&[&["fit", &config(), "--pars", "norms"][..], &selection].concat()),
        &["--pars", "norms", "norm"],
    );
    is_refusal(&roi_fit(&[&batch[..], &["norms"], &selection].concat()), &["--pars", "norms", "norm"]);
    success(&roi_fit(&[&["fit", &config(), "--no-update", "--pars", "norm"][..], &selection].concat()));
}

#[test]
fn a_missing_output_folder_is_told_before_the_work() {
    // The configuration does not exist either: that the folder is named shows that it was looked at first.
    let no = "nowhere/config.yaml";
    let missing = tempfile::tempdir().unwrap().path().join("missing");
    let message = format!("the folder '{}' does not exist", missing.display());
    let file = missing.join("x").to_str().unwrap().to_owned();
    for option in ["--json", "--xml", "--write-roi"] {
        is_refusal(&roi_fit(&["fit", no, option, &file]), &[&message, option]);
    }
    is_refusal(&roi_fit(&["model-map", no, "--out", &file]), &[&message, "--out"]);
    // In the working directory there is nothing to look for.
    is_refusal(&roi_fit(&["fit", no, "--json", "x.json"]), &["nowhere/config.yaml"]);
}

#[test]
fn numbers_that_a_fit_did_not_update_are_not_shown() {
    let row = |text: &str| -> Vec<String> {
        let table = &text[text.find("sourcename").unwrap()..];
        let line = table.lines().find(|line| line.trim_start().starts_with("isodiff")).unwrap();
        line.split_whitespace().map(str::to_owned).collect()
    };
    let fit = ["fit", &config(), "--fix-all", "--free", "isodiff"];
    let stale = row(&success(&roi_fit(&[&fit[..], &["--no-update"]].concat())));
    // Name, offset, norm, eflux, index, ts, npred, free.
    assert_eq!([&stale[3], &stale[5], &stale[6]], ["---"; 3], "{stale:?}");
    assert_ne!(stale[2], "---");
    let fresh = row(&success(&roi_fit(&fit)));
    assert!(fresh[6].parse::<f64>().unwrap() > 0.0, "{fresh:?}");
    assert_eq!(fresh[2], stale[2]);
}

#[test]
fn a_failed_fit_tells_its_last_attempt_from_the_model() {
    let output = roi_fit(&["fit", &config(), "--max-calls", "1"]);
    assert_eq!(output.status.code(), Some(3));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let start: Value = serde_json::from_str(&success(&roi_fit(&["loglike", &config(), "--json", "-"]))).unwrap();
    let restored = format!("the model is restored: logL {:.6}", start["loglike"].as_f64().unwrap());
    assert!(text.contains("last attempt: logL") && text.contains(&restored), "{restored}\n{text}");
    assert!(!text.contains("NaN") && !text.contains("nan"), "{text}");
}

#[test]
fn a_configuration_that_simulate_did_not_write_is_kept() {
    let directory = tempfile::tempdir().unwrap();
    let config = directory.path().join("config.yaml");
    std::fs::write(&config, "# mine\ndata: {}\n").unwrap();
    is_refusal(&simulated(directory.path(), &[]), &["config.yaml", "--force"]);
    assert_eq!(std::fs::read_to_string(&config).unwrap(), "# mine\ndata: {}\n");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    success(&simulated(directory.path(), &["--force"]));
    // What it wrote itself it may write again.
    success(&simulated(directory.path(), &["--seed", "5"]));
}

#[test]
fn version_and_help_are_those_of_the_program() {
    let version = success(&roi_fit(&["--version"]));
    // With the commit, where it is built from one.
    let commit = version.trim_end().strip_prefix(concat!("roi-fit ", env!("CARGO_PKG_VERSION"))).unwrap();
    assert!(commit.is_empty() || commit.starts_with(" (") && commit.len() == 13, "{version}");
    let help = success(&roi_fit(&["fit", "--help"]));
    let global = help.find("Global options:").unwrap();
    assert!(help.find("--max-memory").unwrap() > global && help.find("--minos").unwrap() < global, "{help}");
    let table = success(&roi_fit(&["loglike", &config()]));
    assert!(table.contains("---") && !table.contains("nan"), "{table}");
}

#[test]
fn a_configuration_may_be_its_folder_and_other_files_are_named() {
    let folder = region().to_str().unwrap();
    let at = |name: &str| region().join(name).to_str().unwrap().to_owned();
    assert_eq!(success(&roi_fit(&["params", folder])), success(&roi_fit(&["params", &config()])));
    success(&roi_fit(&["config", folder]));
    is_refusal(&roi_fit(&["fit", &at("srcmdl_00.xml")]), &["srcmdl_00.xml", "XML", "config.yaml"]);
    is_refusal(&roi_fit(&["fit", &at("ccube_00.fits")]), &["ccube_00.fits", "FITS", "config.yaml"]);
    let output = roi_fit(&["fit", &at("no.yaml")]);
    is_refusal(&output, &["no.yaml", "does not exist"]);
    assert!(!String::from_utf8_lossy(&output.stderr).contains("relative to the configuration"));
    let output = roi_fit(&["fit", &config(), "--model", "no.xml"]);
    is_refusal(&output, &["no.xml", "does not exist"]);
    assert!(!String::from_utf8_lossy(&output.stderr).contains("relative to the configuration"));
}

#[test]
fn a_profile_needs_three_points_and_far_names_are_not_suggested() {
    for npts in ["0", "1", "2"] {
        is_refusal(&roi_fit(&["profile", &config(), "isodiff", "--npts", npts]), &["--npts"]);
    }
    let copy = tempfile::tempdir().unwrap();
    success(&simulated(copy.path(), &[]));
    let config = copy.path().join("config.yaml");
    let text = std::fs::read_to_string(&config).unwrap();
    for (key, near) in [("gtlik", true), ("zzzzqqqq", false)] {
        std::fs::write(&config, text.replacen("gtlike:", &format!("{key}:"), 1)).unwrap();
        let output = roi_fit(&["params", config.to_str().unwrap()]);
        is_refusal(&output, &[key]);
        assert_eq!(String::from_utf8_lossy(&output.stderr).contains("did you mean"), near, "{key}");
    }
}

#[test]
fn remarks_on_the_data_are_warnings_of_the_result() {
    let copy = tempfile::tempdir().unwrap();
    success(&simulated(copy.path(), &[]));
    let config = copy.path().join("config.yaml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replacen("emin: 100", "emin: 300", 1)).unwrap();
    let config = config.to_str().unwrap();
    for command in [&["fit", config, "--no-update"][..], &["optimize", config], &["loglike", config]] {
        let result: Value = serde_json::from_str(&success(&roi_fit(&[command, &["--json", "-"]].concat()))).unwrap();
        let warnings = result["warnings"].as_array().unwrap();
        assert!(warnings.iter().any(|note| note.as_str().unwrap().contains("selection.emin")), "{command:?} {result}");
    }
}

#[test]
fn help_has_examples_for_every_command() {
    for command in ["demo", "simulate", "loglike", "optimize", "fit", "params", "model", "ts"] {
        let output = roi_fit(&[command, "--help"]);
        assert!(output.status.success());
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("Example"), "{command}: {text}");
    }
    let text = String::from_utf8(roi_fit(&["--help"]).stdout).unwrap();
    assert!(text.contains("Exit codes"));
}
