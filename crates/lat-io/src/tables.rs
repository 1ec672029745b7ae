//! The tables that the spectra of a model need, in the files that it names.

use std::path::{Path, PathBuf};

use roi_model::error::BoxError;
use roi_model::spectrum::{DarkMatterTable, EblTable, EnergyUnit, FileTable};
use roi_model::xml::TableReader;

use crate::error::Result;
use crate::file_function::{self, expand_environment};

/// Reads tables from files, which `find` finds by the name that the model gives them. The optical depths of EBL model `N` are supplied as
/// `opdep_N.dat` in the format of the LAT tools (energies in MeV for models 14 and 15, else `GeV`), the yields of a `DMFitFunction` that
/// names no file as `gammamc_dif.dat`.
pub struct TableFiles<F: Fn(&str) -> Result<PathBuf>> {
    find: F,
}

impl<F: Fn(&str) -> Result<PathBuf>> TableFiles<F> {
    /// Tables found by a function.
    pub fn new(find: F) -> Self {
        Self { find }
    }

    fn text(&self, name: &str) -> Result<String> {
        file_function::read_text(&(self.find)(name)?)
    }
}

/// Tables beside a model file.
pub fn beside(model: &Path) -> TableFiles<impl Fn(&str) -> Result<PathBuf>> {
    let folder = model.parent().unwrap_or_else(|| Path::new("")).to_owned();
    TableFiles::new(move |name| Ok(folder.join(expand_environment(name)?)))
}

impl<F: Fn(&str) -> Result<PathBuf>> TableReader for TableFiles<F> {
    fn spectrum(&self, file: &str) -> std::result::Result<FileTable, BoxError> {
        Ok(file_function::read(&(self.find)(file)?)?)
    }

    fn library(&self, file: &str) -> std::result::Result<String, BoxError> {
        Ok(self.text(file)?)
    }

    fn ebl(&self, model: i64) -> std::result::Result<EblTable, BoxError> {
        // Gilmore et al. 2012 tabulate MeV.
        let unit = if matches!(model, 14 | 15) { EnergyUnit::MeV } else { EnergyUnit::GeV };
        Ok(EblTable::parse(&self.text(&format!("opdep_{model}.dat"))?, unit)?)
    }

    fn dark_matter(&self, file: Option<&str>) -> std::result::Result<DarkMatterTable, BoxError> {
        Ok(DarkMatterTable::parse(&self.text(file.unwrap_or("gammamc_dif.dat"))?)?)
    }
}
