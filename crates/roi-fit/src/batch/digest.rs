//! Names and digests by which regions are told apart.

use std::fmt::Write as _;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::error::Result;

/// The hexadecimal SHA-256 of some bytes.
pub(super) fn of(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The hexadecimal SHA-256 of a file: for the `settings` of a batch that depend on one.
///
/// # Errors
/// [`Error::Files`] when it cannot be read.
pub fn file_digest(path: &Path) -> Result<String> {
    let failed = |source| lat_io::Error::Io { action: "read", path: path.to_owned(), source };
    Ok(of(&std::fs::read(path).map_err(failed)?))
}

/// Name of the result file of a configuration: the directory's name, and what tells it from others of that name.
pub(super) fn result_name(config: &Path) -> String {
    let directory = config.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    let readable: String =
        directory.chars().map(|c| if c.is_ascii_alphanumeric() || "-_+.".contains(c) { c } else { '_' }).collect();
    let digest = of(config.as_os_str().as_encoded_bytes());
    format!("{}-{}.json", if readable.is_empty() { "region" } else { &readable }, digest.get(..10).unwrap_or(&digest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_sha_256() {
        // FIPS 180-2, appendix B.1.
        assert_eq!(of(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn regions_of_one_name_in_two_places_have_two_results() {
        let (a, b) = (result_name("a/roi 1/config.yaml".as_ref()), result_name("b/roi 1/config.yaml".as_ref()));
        assert_ne!(a, b);
        assert!(a.starts_with("roi_1-") && b.starts_with("roi_1-"));
        assert!(result_name("config.yaml".as_ref()).starts_with("region-"));
    }
}
