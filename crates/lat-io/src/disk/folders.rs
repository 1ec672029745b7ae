//! Folders made and files removed, with errors that name them.

use std::path::Path;

use crate::error::{Error, Result};

/// Makes a folder and those above it, unless it is there.
///
/// # Errors
/// When it cannot be made.
pub fn create_folder(path: &Path) -> Result<()> {
    std::fs::create_dir_all(path).map_err(|source| Error::io("make", path, source))
}

/// Removes a file.
///
/// # Errors
/// When it cannot be removed.
pub fn remove_file(path: &Path) -> Result<()> {
    std::fs::remove_file(path).map_err(|source| Error::io("remove", path, source))
}
