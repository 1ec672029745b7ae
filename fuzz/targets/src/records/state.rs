//! Saved analyses: what is taken up is saved again, and is then the same; what is not changes nothing.

use serde_json::Value;

use super::region::{analysis, fitted, point_source, shortened};
use crate::with_file::with_named;

/// Takes up the JSON of a saved analysis.
pub(crate) fn run(data: &[u8]) {
    const FILE: &str = "saved.json";
    let mut present = analysis();
    let before = present.roi().state();
    with_named(FILE, data, |path| {
        if let Err(error) = present.load_roi(path) {
            assert!(!error.to_string().is_empty());
            assert_eq!(present.roi().state(), before, "an error that changed the region: {error}");
            return;
        }
        let loglike = present.loglike().unwrap_or_else(|error| panic!("no likelihood of what was taken up: {error}"));
        let _ = present.loglike_report().map(|report| report.to_json());
        let known = present.all_properties().unwrap_or_default();
        let again = path.with_file_name("again.json");
        if present.write_roi(&again).is_err() {
            return;
        }
        let mut other = analysis();
        other.load_roi(&again).unwrap_or_else(|error| panic!("saved but not taken up: {error}"));
        assert_eq!(other.roi().state(), present.roi().state(), "other parameters after saving");
        let found = other.loglike().unwrap_or_else(|error| panic!("no likelihood after saving: {error}"));
        assert_eq!(found.to_bits(), loglike.to_bits(), "another likelihood after saving");
        let [known, found] = [known, other.all_properties().unwrap_or_default()].map(|all| format!("{all:?}"));
        assert_eq!(known, found, "something else is known after saving");
    });
}

/// A fit, and a model that was only opened.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut fitted = fitted();
    let name = point_source(&fitted);
    let edited = fitted.lock_source(&name, true).and_then(|()| fitted.zero_source(&name));
    edited.unwrap_or_else(|error| panic!("no seed: {error}"));
    [fitted, analysis()].map(saved).to_vec()
}

/// What is read of what is saved: `state` alone.
fn saved(mut analysis: roi_fit::Analysis) -> Vec<u8> {
    let mut state = || -> Result<String, Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let prefix = folder.path().join("saved");
        analysis.write_roi(&prefix)?;
        let all: Value = serde_json::from_str(&std::fs::read_to_string(prefix.with_extension("json"))?)?;
        Ok(serde_json::json!({ "state": shortened(all["state"].clone()) }).to_string())
    };
    state().unwrap_or_else(|error| panic!("no seed: {error}")).into_bytes()
}

pub(crate) const WORDS: &[&str] = &[
    "\"state\":",
    "\"format\":2",
    "\"covariance\":",
    "\"matrix\":",
    "\"parameters\":",
    "\"properties\":",
    "\"sources\":",
    "\"spectrum_type\":",
    "\"PowerLaw\"",
    "\"LogParabola\"",
    "\"value\":",
    "\"scale\":",
    "\"min\":",
    "\"max\":",
    "\"free\":true",
    "\"error\":",
    "\"prior\":",
    "\"locked\":",
    "\"zeroed\":",
    "\"energy_range\":",
    "\"aliases\":",
    "\"NaN\"",
    "\"inf\"",
    "\"-inf\"",
    "null",
    "true",
    "[",
    "]",
    "[]",
    "{",
    "}",
    "{}",
    ",",
    ":",
    "\"\"",
    "0",
    "-1",
    "1e-320",
    "1e308",
    "1e400",
    "0.5",
];
