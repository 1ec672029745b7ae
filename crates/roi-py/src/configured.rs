//! The model that a configuration describes, without data.

use std::path::PathBuf;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::border::exceptions::Failure;
use crate::border::keywords::Keywords;
use crate::border::objects::dictionary;
use crate::methods::selecting::selection;
use crate::methods::sources::described;

/// The sources that a configuration describes. `ConfiguredModel.read(config)` reads them.
#[pyclass(frozen, module = "roifit._engine")]
pub(crate) struct ConfiguredModel(roi_fit::ConfiguredModel);

#[pymethods]
impl ConfiguredModel {
    /// Reads a configuration, and the catalogs that it names.
    #[staticmethod]
    fn read(py: Python<'_>, config: PathBuf) -> PyResult<Self> {
        let read = py.detach(|| roi_fit::ConfiguredModel::read(&config));
        Ok(Self(read.map_err(Failure::from)?))
    }

    /// The title of the model, and its centre: right ascension and declination in degrees.
    fn region<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        dict.set_item("title", self.0.roi().title())?;
        dict.set_item("ra", self.0.roi().center().ra())?;
        dict.set_item("dec", self.0.roi().center().dec())?;
        Ok(dict)
    }

    /// A dictionary a source, as `Analysis.sources` has it.
    fn sources<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let list = PyList::empty(py);
        for source in self.0.roi().sources() {
            list.append(dictionary(py, &described(source, &self.0.roi().center()))?)?;
        }
        Ok(list)
    }

    /// The name of the source that has this name or alias.
    fn source_name(&self, name: &str) -> PyResult<&str> {
        Ok(self.0.roi().source(name).map_err(roi_fit::Error::from).map_err(Failure::from)?.name())
    }

    /// Names of the sources that keywords choose, those of `Analysis.selected`.
    #[pyo3(signature = (**keywords))]
    fn selected(&self, keywords: Option<&Bound<'_, PyDict>>) -> PyResult<Vec<String>> {
        let mut given = Keywords::new("selected", keywords);
        let selection = selection(&mut given)?;
        given.finish()?;
        Ok(self.0.selected(&selection))
    }

    /// Writes the model as XML.
    fn write_xml(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        Ok(py.detach(|| self.0.write_xml(&path)).map_err(Failure::from)?)
    }
}
