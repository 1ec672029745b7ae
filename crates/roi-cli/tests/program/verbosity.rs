//! `verbosity`: what a fit tells while it runs, on standard error, and nothing of it in the results.

use std::path::Path;

use crate::support::{roi_fit, simulated};

/// Standard output and standard error of a command that must succeed.
fn run(arguments: &[&str]) -> (String, String) {
    let output = roi_fit(arguments);
    let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert!(output.status.success(), "{err}");
    (out, err)
}

/// What a table of a fit says, but for the seconds.
fn table(text: &str) -> String {
    text.split(" Hessians, ").next().unwrap().to_owned()
}

#[test]
fn each_level_of_a_fit_tells_more_and_the_result_is_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let base = simulated(&directory.path().join("base"));
    let at = |level: &str| run(&["fit", &base, "--verbosity", level]);
    let levels = ["0", "1", "2", "3"].map(at);
    let [none, lines, parameters, matrices] = &levels;
    assert_eq!(none.1, "");
    for level in &levels {
        assert_eq!(table(&level.0), table(&none.0));
    }
    for told in [lines, parameters, matrices] {
        assert!(told.1.contains("attempt 1 of 3: MINUIT"), "{}", told.1);
        assert!(told.1.contains("attempt 1: quality 3"), "{}", told.1);
        assert!(told.1.lines().any(|line| line.contains("MIGRAD") && line.contains("logL") && line.contains("EDM")));
    }
    assert!(!lines.1.contains("gradient"));
    assert!(parameters.1.contains("gradient") && parameters.1.contains("galdiff:"), "{}", parameters.1);
    assert!(!parameters.1.contains("covariance"));
    assert!(matrices.1.contains("covariance"), "{}", matrices.1);
    // NEWTON takes second derivatives at each step, so that errors are known there.
    let (_, newton) = run(&["fit", &base, "--verbosity", "3", "--optimizer", "NEWTON"]);
    assert!(newton.contains("second derivatives of logL"), "{newton}");
    let error = newton.lines().find(|line| line.contains("galdiff:")).unwrap();
    assert!(!error.contains("---"), "{error}");
    // -v alone shows the first level, and the configuration may ask, too.
    let (_, verbose) = run(&["fit", &base, "-v"]);
    assert!(verbose.contains("attempt 1 of 3") && !verbose.contains("gradient"), "{verbose}");
    let path = Path::new(&base).join("config.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text + "\noptimizer: {verbosity: 2}\n").unwrap();
    let (json, told) = run(&["fit", &base, "--json", "-"]);
    assert!(told.contains("gradient"), "{told}");
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["config"]["verbosity"], 2);
}

#[test]
fn optimize_tells_a_line_a_fit() {
    let directory = tempfile::tempdir().unwrap();
    let base = simulated(&directory.path().join("base"));
    let (json, told) = run(&["optimize", &base, "--verbosity", "1", "--json", "-"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let lines: Vec<&str> = told.lines().filter(|line| line.contains("optimize step")).collect();
    assert_eq!(lines.len(), json["steps"].as_array().unwrap().len(), "{told}");
    assert!(lines.iter().all(|line| line.contains("npred") && line.contains("TS") && line.contains(" -> ")));
    assert!(!told.contains("attempt"), "{told}");
    let (_, more) = run(&["optimize", &base, "--verbosity", "2"]);
    assert!(more.contains("attempt 1 of"), "{more}");
}
