//! Empty collections that input can make: each ends in a result or a message, never in a panic.

use std::path::Path;

use crate::support::roi_fit;

fn region(options: &[&str]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let size = ["--npix", "12", "--ebins", "3", "--sources", "1"];
    let output = roi_fit(&[&["simulate", "--out", directory.path().to_str().unwrap()][..], &size, options].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    directory
}

/// Every command on a region: what each ended with.
fn all_commands(directory: &Path) -> Vec<(Vec<&'static str>, Option<i32>, String)> {
    let commands: [&[&str]; 11] = [
        &["loglike"],
        &["optimize"],
        &["optimize", "--until-converged"],
        &["fit"],
        &["fit", "--minos", "--reoptimize"],
        &["fit", "--fix-all"],
        &["ts"],
        &["ts", "--reoptimize"],
        &["params", "--all"],
        &["model"],
        &["model-map"],
    ];
    commands
        .into_iter()
        .map(|words| {
            let (name, options) = words.split_first().unwrap();
            let output = roi_fit(&[&[*name, directory.to_str().unwrap()][..], options].concat());
            let message = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(!message.contains("panicked"), "{words:?}: {message}");
            (words.to_vec(), output.status.code(), message)
        })
        .collect()
}

#[test]
fn a_model_without_sources_is_told_as_such() {
    let directory = region(&[]);
    let empty = "<?xml version=\"1.0\"?>\n<source_library title=\"none\"></source_library>\n";
    std::fs::write(directory.path().join("srcmdl_00.xml"), empty).unwrap();
    for (words, code, message) in all_commands(directory.path()) {
        if ["params", "model", "model-map"].contains(&words[0]) {
            assert_eq!(code, Some(0), "{words:?}: {message}");
        } else {
            assert_eq!(code, Some(2), "{words:?}: {message}");
            assert!(message.contains("the model has no source"), "{words:?}: {message}");
        }
    }
}

/// Sets all numbers of the primary image to zero.
fn without_counts(path: &Path) {
    let mut file = std::fs::read(path).unwrap();
    let end = (0..file.len()).step_by(80).find(|&at| file[at..].starts_with(b"END     ")).unwrap();
    let data = (end / 2880 + 1) * 2880;
    file[data..data + 12 * 12 * 3 * 4].fill(0);
    std::fs::write(path, file).unwrap();
}

#[test]
fn data_without_counts_and_no_model_are_no_panic() {
    let directory = region(&[]);
    for name in ["ccube_00.fits", "srcmap_00.fits"] {
        without_counts(&directory.path().join(name));
    }
    for (words, code, message) in all_commands(directory.path()) {
        assert!(matches!(code, Some(0 | 2 | 3)), "{words:?}: {message}");
    }
    let empty = "<?xml version=\"1.0\"?>\n<source_library title=\"none\"></source_library>\n";
    std::fs::write(directory.path().join("srcmdl_00.xml"), empty).unwrap();
    for (words, code, message) in all_commands(directory.path()) {
        assert_eq!(code, Some(0), "{words:?}: {message}");
    }
}

#[test]
fn empty_lists_of_the_command_line_and_of_files_are_refused_in_words() {
    let directory = region(&[]);
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("list"), "# none\n\n").unwrap();
    let config = path("config.yaml");
    for words in [
        &["batch", "--list", &path("list"), "--out", &path("r")][..],
        &["spectrum", &path("srcmdl_00.xml"), "galdiff", "--energies", ""],
        &["profile", &config, "galdiff", "--xvals", ""],
        &["fit", &config, "--free", ""],
        &["fit", &config, "--distance", "3", "--pars", ""],
        &["ts", &config, ""],
        &["model-map", &config, "--source", ""],
        &["optimize", &config, "--skip", ""],
    ] {
        let output = roi_fit(words);
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{words:?}: {message}");
        assert!(!message.contains("panicked"), "{message}");
    }
}

#[test]
fn empty_configurations_and_files_are_refused_in_words() {
    for (name, text) in [
        ("config.yaml", ""),
        ("config.yaml", "components: []\n"),
        ("config.yaml", "model: {catalogs: [], sources: []}\nfiles: {xml: nothing.xml}\n"),
        ("srcmdl_00.xml", ""),
        ("ccube_00.fits", ""),
        ("srcmap_00.fits", ""),
    ] {
        let directory = region(&[]);
        std::fs::write(directory.path().join(name), text).unwrap();
        for (words, code, message) in all_commands(directory.path()) {
            assert!(matches!(code, Some(0 | 2)), "{name} {text:?} {words:?}: {message}");
        }
    }
}
