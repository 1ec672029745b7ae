//! Units of the columns of event files, which are those of the mission's files or are not told.

use crate::error::{Error, Result};
use crate::fits::{FitsFile, Hdu};

/// Ways to write a unit, the usual one first.
pub(super) const SECONDS: &[&str] = &["s", "sec", "second", "seconds"];
pub(super) const DEGREES: &[&str] = &["deg", "degree", "degrees"];
pub(super) const MEV: &[&str] = &["MeV"];

/// Refuses a column whose unit is another than the one that is taken for granted. A column without unit is taken to have it.
///
/// # Errors
/// [`Error::Column`].
pub(super) fn check_unit(file: &FitsFile, hdu: &Hdu, column: &str, unit: &[&str]) -> Result<()> {
    let told = hdu.column_unit(column).map(str::trim).filter(|told| !told.is_empty());
    match told {
        Some(told) if !unit.iter().any(|known| told.eq_ignore_ascii_case(known)) => Err(Error::Column {
            path: file.path().to_owned(),
            hdu: hdu.label(),
            column: column.to_owned(),
            reason: format!(
                "its unit (TUNIT) is '{told}', expected '{}' as in the files of the data server; convert the column, or get the file again",
                unit.first().copied().unwrap_or_default()
            ),
        }),
        _ => Ok(()),
    }
}
