//! The keyword by which a product that was made here tells what it was made from.

use std::path::Path;

use crate::error::Result;
use crate::fits::{FitsFile, Header};

/// A digest of all that a product was made from.
pub(crate) const INPUTS: &str = "INPUTS";

/// Sets the digest, if there is one.
pub(crate) fn set(header: &mut Header, inputs: Option<&str>) {
    if let Some(inputs) = inputs {
        header.set(INPUTS, inputs, "");
    }
}

/// The digest of what a product was made from, which the keyword `INPUTS` of its primary HDU tells; `None` for files of other programs.
///
/// # Errors
/// When the file is no FITS file.
///
/// ```no_run
/// let made_from = lat_io::read_inputs("ltcube_00.fits".as_ref())?;
/// println!("made here: {}", made_from.is_some());
/// # Ok::<(), lat_io::Error>(())
/// ```
pub fn read_inputs(path: &Path) -> Result<Option<String>> {
    Ok(FitsFile::open(path)?.primary()?.header().text(INPUTS).map(str::to_owned))
}
