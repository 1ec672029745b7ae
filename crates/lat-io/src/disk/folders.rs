//! Folders made and files removed, with errors that name them.

use std::path::Path;

use crate::error::{Error, Result};

/// Makes a folder and those above it, where they are not there.
///
/// # Errors
/// When it cannot be made.
pub fn create_directory(path: &Path) -> Result<()> {
    std::fs::create_dir_all(path).map_err(|source| Error::io("make the folder", path, source))
}

/// Removes a file.
///
/// # Errors
/// When it cannot be removed.
pub fn remove_file(path: &Path) -> Result<()> {
    std::fs::remove_file(path).map_err(|source| Error::io("remove", path, source))
}
