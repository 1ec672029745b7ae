//! Names and digests by which regions are told apart.

use std::path::Path;

use lat_io::digest_of_bytes;

use crate::error::Result;

/// The hexadecimal SHA-256 of a file: for the `settings` of a batch that depend on one.
///
/// # Errors
/// [`crate::Error::File`] when it cannot be read.
pub fn file_digest(path: &Path) -> Result<String> {
    Ok(lat_io::digest_of_file(path)?)
}

/// Name of the result file of a configuration: the directory's name, and what tells it from others of that name.
pub(crate) fn result_name(config: &Path) -> String {
    // `config.yaml` alone and `../config.yaml` have no such name.
    let directory = config.parent().and_then(Path::file_name).map_or("".into(), |name| name.to_string_lossy());
    let readable: String =
        directory.chars().map(|c| if c.is_ascii_alphanumeric() || "-_+.".contains(c) { c } else { '_' }).collect();
    let digest = digest_of_bytes(config.as_os_str().as_encoded_bytes());
    format!("{}-{}.json", if readable.is_empty() { "region" } else { &readable }, digest.get(..10).unwrap_or(&digest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_of_one_name_in_two_places_have_two_results() {
        let (a, b) = (result_name("a/roi 1/config.yaml".as_ref()), result_name("b/roi 1/config.yaml".as_ref()));
        assert_ne!(a, b);
        assert!(a.starts_with("roi_1-") && b.starts_with("roi_1-"));
        assert!(result_name("config.yaml".as_ref()).starts_with("region-"));
    }
}
