//! A model without data.

use std::path::PathBuf;
use std::sync::Mutex;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use roi_fit::SkyDirection;

use crate::border::exceptions::Failure;
use crate::border::keywords::Keywords;
use crate::border::objects::dictionary;
use crate::border::watcher::held;
use crate::methods::selecting::selection;
use crate::methods::sources::described;

/// The sources that a configuration describes, or those of another model. `ConfiguredModel.read(config)` reads them.
#[pyclass(frozen, module = "roifit._engine")]
pub(crate) struct ConfiguredModel(Mutex<roi_fit::ConfiguredModel>);

impl ConfiguredModel {
    pub(crate) fn new(model: roi_fit::ConfiguredModel) -> Self {
        Self(Mutex::new(model))
    }

    /// A copy of the model, on which others work.
    pub(crate) fn model(&self) -> roi_fit::ConfiguredModel {
        held(&self.0).clone()
    }

    fn center(&self) -> SkyDirection {
        held(&self.0).roi().center()
    }
}

#[pymethods]
impl ConfiguredModel {
    /// Reads a configuration, and the catalogs that it names.
    #[staticmethod]
    fn read(py: Python<'_>, config: PathBuf) -> PyResult<Self> {
        let read = py.detach(|| roi_fit::ConfiguredModel::read(&config));
        Ok(Self::new(read.map_err(Failure::from)?))
    }

    /// Takes up sources of another model, all if none are named; one that is there by one of their names is replaced with `merge`, else it stays.
    #[pyo3(signature = (other, names=Vec::new(), merge=true))]
    fn take(&self, other: &Self, names: Vec<String>, merge: bool) -> PyResult<()> {
        let other = other.model();
        Ok(held(&self.0).take(&other, &names, merge).map_err(Failure::from)?)
    }

    /// Deletes a source; returns its name.
    fn delete_source(&self, name: &str) -> PyResult<String> {
        Ok(held(&self.0).delete_source(name).map_err(Failure::from)?.name().to_owned())
    }

    /// Deletes all sources.
    fn clear(&self) -> PyResult<()> {
        Ok(held(&self.0).clear().map_err(Failure::from)?)
    }

    /// The title of the model, and its centre: right ascension and declination in degrees.
    fn region<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let (model, center) = (self.model(), self.center());
        let dict = PyDict::new(py);
        dict.set_item("title", model.roi().title())?;
        dict.set_item("ra", center.ra())?;
        dict.set_item("dec", center.dec())?;
        Ok(dict)
    }

    /// A dictionary a source, as `Analysis.sources` has it.
    fn sources<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let (model, center) = (self.model(), self.center());
        let list = PyList::empty(py);
        for source in model.roi().sources() {
            list.append(dictionary(py, &described(source, &center))?)?;
        }
        Ok(list)
    }

    /// The name of the source that has this name or alias.
    fn source_name(&self, name: &str) -> PyResult<String> {
        let model = held(&self.0);
        Ok(model.roi().source(name).map_err(roi_fit::Error::from).map_err(Failure::from)?.name().to_owned())
    }

    /// Names of the sources that keywords choose, those of `Analysis.selected`.
    #[pyo3(signature = (**keywords))]
    fn selected(&self, keywords: Option<&Bound<'_, PyDict>>) -> PyResult<Vec<String>> {
        let mut given = Keywords::new("selected", keywords);
        let selection = selection(&mut given)?;
        given.finish()?;
        Ok(held(&self.0).selected(&selection))
    }

    /// Writes the model as XML.
    fn write_xml(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        let model = self.model();
        Ok(py.detach(|| model.write_xml(&path)).map_err(Failure::from)?)
    }
}
