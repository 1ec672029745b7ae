//! Where the tables of spectra come from.

use crate::error::BoxError;
use crate::spectrum::{DarkMatterTable, EblTable, FileTable};

/// Reads the tables that the spectra of a model name. A function from a file name to a [`FileTable`] is one that knows neither
/// optical depths nor dark matter.
pub trait TableReader {
    /// The table of the file that a spectrum names in `file` or `scaling_file`.
    ///
    /// # Errors
    /// Whatever keeps it from being read.
    fn spectrum(&self, file: &str) -> Result<FileTable, BoxError>;

    /// The text of the source library that a composite source names as `xmlFile`.
    ///
    /// # Errors
    /// Whatever keeps it from being read.
    fn library(&self, file: &str) -> Result<String, BoxError> {
        Err(format!("no source library was supplied for {file:?}").into())
    }

    /// The optical depths of the model of this number (`ebl_model` of `EblAtten::X`).
    ///
    /// # Errors
    /// Whatever keeps it from being read.
    fn ebl(&self, model: i64) -> Result<EblTable, BoxError> {
        Err(format!("no table of optical depths was supplied for EBL model {model}").into())
    }

    /// The yields of `DMFitFunction`, from the file that the spectrum names, or else from the usual one.
    ///
    /// # Errors
    /// Whatever keeps it from being read.
    fn dark_matter(&self, file: Option<&str>) -> Result<DarkMatterTable, BoxError> {
        let file = file.unwrap_or("gammamc_dif.dat");
        Err(format!("no table of dark matter yields was supplied for {file:?}").into())
    }
}

impl<F: Fn(&str) -> Result<FileTable, BoxError> + ?Sized> TableReader for F {
    fn spectrum(&self, file: &str) -> Result<FileTable, BoxError> {
        self(file)
    }
}
