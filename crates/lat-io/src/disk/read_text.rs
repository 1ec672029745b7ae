//! Whole files: their bytes, their text.

use std::path::Path;

use crate::error::{Error, Result};

/// The bytes of a file.
///
/// # Errors
/// When it does not exist or cannot be read.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|source| Error::io("read", path, source))
}

/// The text of a UTF-8 file.
///
/// # Errors
/// When it does not exist, cannot be read or is not UTF-8.
pub fn read_text(path: &Path) -> Result<String> {
    text_of(path, read_bytes(path)?)
}

/// The text of the bytes of a UTF-8 file; `path` names the file in messages.
///
/// # Errors
/// When they are not UTF-8.
pub fn text_of(path: &Path, bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes)
        .map_err(|error| Error::NotText { path: path.to_owned(), offset: error.utf8_error().valid_up_to() })
}
