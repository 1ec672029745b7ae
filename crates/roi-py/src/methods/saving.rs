//! Files of a model and of a whole analysis, maps, printed tables; a model that goes to another analysis.

use std::path::PathBuf;

use pyo3::prelude::*;
use pyo3::types::PyList;
use roi_fit::{ModelMapOptions, Source};

use crate::border::exceptions::Failure;
use crate::border::objects::dictionary;
use crate::configured::ConfiguredModel;
use crate::handle::Analysis;

#[pymethods]
impl Analysis {
    /// Saves the analysis as `PREFIX.json`, `PREFIX.fits` and one `PREFIX_NAME.xml` a component.
    fn write_roi(&self, py: Python<'_>, prefix: PathBuf) -> PyResult<()> {
        self.work(py, |analysis| Ok(analysis.write_roi(&prefix)?))
    }

    /// Takes up an analysis that `write_roi` saved.
    fn load_roi(&self, py: Python<'_>, prefix: PathBuf) -> PyResult<()> {
        self.work(py, |analysis| Ok(analysis.load_roi(&prefix)?))
    }

    /// Takes up the model of an analysis that `write_roi` saved, on data that may be others; where `logL` is another, what was measured
    /// is left behind. Returns whether it is the same to the last bit.
    fn carry_over(&self, py: Python<'_>, prefix: PathBuf) -> PyResult<bool> {
        self.work(py, |analysis| Ok(analysis.carry_over(&prefix)?))
    }

    /// Writes the model as XML.
    fn write_xml(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        self.work(py, |analysis| Ok(analysis.write_xml(&path)?))
    }

    /// Takes parameters from an XML.
    fn load_xml(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        self.work(py, |analysis| Ok(analysis.load_xml(&path)?))
    }

    /// The model as it is, without the data.
    fn model(&self, py: Python<'_>) -> PyResult<ConfiguredModel> {
        self.read(py, |analysis| ConfiguredModel::new(roi_fit::ConfiguredModel::of(analysis.roi())))
    }

    /// Adds sources of another model as they are there, by name or alias, with maps made for them.
    fn add_sources_of(&self, py: Python<'_>, model: &ConfiguredModel, names: Vec<String>) -> PyResult<()> {
        let model = model.model();
        self.work(py, |analysis| {
            let named = names.iter().map(|name| Ok(model.roi().source(name).map_err(roi_fit::Error::from)?.clone()));
            let sources = named.collect::<Result<Vec<Source>, Failure>>()?;
            Ok(analysis.add_sources(&sources)?)
        })
    }

    /// The model as text of an XML.
    fn xml_text(&self, py: Python<'_>) -> PyResult<String> {
        self.work(py, |analysis| Ok(analysis.xml_text()?))
    }

    /// Sums the predicted counts of sources (all, if none are named) over every pixel, and writes them to `out`, one file a component; with `residual`
    /// counts minus model. Returns a dictionary a component with the spectra and the path.
    #[pyo3(signature = (out=None, sources=Vec::new(), residual=false))]
    fn model_map<'py>(
        &self,
        py: Python<'py>,
        out: Option<PathBuf>,
        sources: Vec<String>,
        residual: bool,
    ) -> PyResult<Bound<'py, PyList>> {
        let options = ModelMapOptions::default().with_out(out).with_sources(sources).with_residual(residual);
        let spectra = self.work(py, |analysis| Ok(analysis.model_map(&options)?))?;
        let list = PyList::empty(py);
        for spectrum in spectra {
            list.append(dictionary(py, &serde_json::json!(spectrum))?)?;
        }
        Ok(list)
    }

    /// The table of parameters.
    #[pyo3(signature = (allpars=false))]
    fn print_params(&self, py: Python<'_>, allpars: bool) -> PyResult<String> {
        self.read(py, |analysis| analysis.print_params(allpars))
    }

    /// The table of sources with norms and fluxes.
    fn print_model(&self, py: Python<'_>) -> PyResult<String> {
        self.read(py, roi_fit::Analysis::print_model)
    }

    /// The table of sources.
    fn print_roi(&self, py: Python<'_>) -> PyResult<String> {
        self.read(py, roi_fit::Analysis::print_roi)
    }
}
