//! Spectrum tables in text: isotropic templates.

use std::path::Path;

use roi_model::FileTable;

use crate::disk::read_text;
use crate::error::{Error, Result};

/// Reads a table of energy (MeV) and dN/dE, as the isotropic templates of the LAT come.
///
/// # Errors
/// When the file is missing, is not text, or is no table of positive energies in increasing order.
pub fn read_file_function(path: &Path) -> Result<FileTable> {
    let text = read_text(path)?;
    FileTable::parse(&text).map_err(|source| Error::model(path, source))
}
