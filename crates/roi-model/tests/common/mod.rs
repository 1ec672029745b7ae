//! Where the shared test data lies.

use std::path::PathBuf;

/// A file or directory of the shared test data, or `None`, with a message, when it is absent.
pub(crate) fn shared_data(relative: &str) -> Option<PathBuf> {
    let root = std::env::var_os("ROI_FIT_TEST_DATA")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")), PathBuf::from);
    let path = root.join(relative);
    if path.exists() {
        return Some(path);
    }
    println!("SKIPPED: {} is absent; set ROI_FIT_TEST_DATA", path.display());
    None
}
