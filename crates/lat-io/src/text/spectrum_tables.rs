//! The tables that the spectra of a model need, in the files that it names.

use std::path::{Path, PathBuf};

use roi_model::{BoxError, DarkMatterTable, EblTable, EnergyUnit, FileTable, TableReader};

use crate::disk::{expand_environment, read_text};
use crate::error::{Error, Result};
use crate::text::file_function::read_file_function;

/// Reads tables from files, which `find` finds by the name that the model gives them. The optical depths of EBL model `N` are supplied as
/// `opdep_N.dat` in the format of the LAT tools (energies in MeV for models 14 and 15, else `GeV`), the yields of a `DMFitFunction` that
/// names no file as `gammamc_dif.dat`.
pub struct TableFiles<F> {
    find: F,
}

impl<F> TableFiles<F> {
    /// Tables found by a function.
    pub fn new<E>(find: F) -> Self
    where
        F: Fn(&str) -> std::result::Result<PathBuf, E>,
        E: Into<BoxError>,
    {
        Self { find }
    }
}

/// Tables beside a model file.
pub fn tables_beside(model: &Path) -> TableFiles<impl Fn(&str) -> Result<PathBuf>> {
    let folder = model.parent().unwrap_or_else(|| Path::new("")).to_owned();
    TableFiles::new(move |name: &str| Ok::<_, Error>(folder.join(expand_environment(name)?)))
}

impl<F, E> TableReader for TableFiles<F>
where
    F: Fn(&str) -> std::result::Result<PathBuf, E>,
    E: Into<BoxError>,
{
    fn spectrum(&self, file: &str) -> std::result::Result<FileTable, BoxError> {
        Ok(read_file_function(&(self.find)(file).map_err(E::into)?)?)
    }

    fn library(&self, file: &str) -> std::result::Result<String, BoxError> {
        Ok(read_text(&(self.find)(file).map_err(E::into)?)?)
    }

    fn ebl(&self, model: i64) -> std::result::Result<EblTable, BoxError> {
        // Gilmore et al. 2012 tabulate MeV.
        let unit = if matches!(model, 14 | 15) { EnergyUnit::MeV } else { EnergyUnit::GeV };
        Ok(EblTable::parse(&self.library(&format!("opdep_{model}.dat"))?, unit)?)
    }

    fn dark_matter(&self, file: Option<&str>) -> std::result::Result<DarkMatterTable, BoxError> {
        Ok(DarkMatterTable::parse(&self.library(file.unwrap_or("gammamc_dif.dat"))?)?)
    }
}
