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
    skipped(&format!("{relative} is absent; set ROI_FIT_TEST_DATA to the directory of the test data"));
    None
}

/// Says that a test is skipped and why; into the file that `ROI_FIT_SKIPPED` names too, from which `cargo xtask test` counts.
fn skipped(why: &str) {
    println!("SKIPPED: {why}");
    let Some(list) = std::env::var_os("ROI_FIT_SKIPPED") else { return };
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    let mut list = std::fs::OpenOptions::new().create(true).append(true).open(list).unwrap();
    std::io::Write::write_all(&mut list, format!("{test}\t{why}\n").as_bytes()).unwrap();
}
