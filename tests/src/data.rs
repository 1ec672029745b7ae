//! Where the real data and recorded answers are, if they are anywhere.

use std::path::{Path, PathBuf};

use fixtures::{data_directory, skipped};
use serde::de::DeserializeOwned;

/// The directory, or a line that says that the test was skipped.
pub fn directory_or_skip(test: &str) -> Option<PathBuf> {
    let found = data_directory();
    if found.is_none() {
        skipped(&format!("{test}: no reference data; set ROI_FIT_TEST_DATA to their directory"));
    }
    found
}

/// Reads a JSON file.
///
/// # Errors
/// When it cannot be read or does not have the expected structure.
pub fn json<T: DeserializeOwned>(path: &Path) -> Result<T, Box<dyn std::error::Error>> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?)
}
