//! Runs the program and looks at what it says.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

/// The program, without response functions that happen to be installed.
pub(crate) fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_roi-fit"));
    command.env_remove("CALDB").args(arguments);
    command
}

pub(crate) fn roi_fit(arguments: &[&str]) -> Output {
    program(arguments).output().unwrap()
}

/// What a run that succeeds writes on standard output.
pub(crate) fn success(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The JSON on standard output, whatever the exit code.
pub(crate) fn parsed(output: &Output) -> Value {
    assert!(!output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The same of a run that succeeds.
pub(crate) fn json_of(output: &Output) -> Value {
    serde_json::from_str(&success(output)).unwrap()
}

/// The result of a run with these arguments.
pub(crate) fn json(arguments: &[&str]) -> Value {
    json_of(&roi_fit(&[arguments, &["--json", "-"]].concat()))
}

/// Asserts exit code 2 and a message with all of these.
pub(crate) fn is_refusal(output: &Output, words: &[&str]) {
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{message}");
    for word in words {
        assert!(message.contains(word), "no '{word}' in: {message}");
    }
    assert!(!message.contains("panicked"), "{message}");
}

/// The same of a run with these arguments.
pub(crate) fn refused(arguments: &[&str], words: &[&str]) {
    is_refusal(&roi_fit(arguments), words);
}

/// Simulates a small region of two sources; its directory as an argument.
pub(crate) fn simulated(directory: &Path) -> String {
    let out = directory.to_str().unwrap().to_owned();
    success(&roi_fit(&["simulate", "--out", &out, "--npix", "16", "--ebins", "4", "--sources", "2"]));
    out
}
