//! Opening an analysis, and what it was opened from.

use std::path::PathBuf;

use numpy::{PyArray1, PyArray3};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use roi_fit::Analysis as Engine;

use crate::border::exceptions::Failure;
use crate::border::objects::dictionary;
use crate::handle::Analysis;

#[pymethods]
impl Analysis {
    /// Opens a fermipy `config.yaml` and everything that it names. `progress` is called with a dictionary an event; `max_memory` is in bytes.
    #[staticmethod]
    #[pyo3(signature = (config, *, progress=None, max_memory=None))]
    fn open(py: Python<'_>, config: PathBuf, progress: Option<Py<PyAny>>, max_memory: Option<u64>) -> PyResult<Self> {
        let options = roi_fit::OpenOptions::default().with_max_memory(max_memory).with_fluxes(true);
        Self::opened(py, progress, |watcher| Engine::open_by(&config, watcher, &options))
    }

    /// Makes anew what has changed since the analysis was opened, with `overwrite` everything that is made from event files, and opens the
    /// configuration again.
    #[pyo3(signature = (overwrite=false))]
    fn setup(&self, py: Python<'_>, overwrite: bool) -> PyResult<()> {
        self.work(py, |analysis| Ok(analysis.setup(overwrite)?))
    }

    /// What the files had to say: keys that were ignored, for example.
    fn notes(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        self.read(py, |analysis| analysis.notes().to_vec())
    }

    /// The title of the model, and its centre: right ascension and declination in degrees.
    fn region<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let (title, center) = self.read(py, |analysis| (analysis.roi().title().to_owned(), analysis.roi().center()))?;
        let dict = PyDict::new(py);
        dict.set_item("title", title)?;
        dict.set_item("ra", center.ra())?;
        dict.set_item("dec", center.dec())?;
        Ok(dict)
    }

    /// Lowest and highest energy of the bins that count, in MeV.
    fn energy_range(&self, py: Python<'_>) -> PyResult<(f64, f64)> {
        self.read(py, Engine::energy_range)
    }

    /// Sets which energies in MeV count from now on; an end that is `None` is that of the data. Ends are edges of bins.
    #[pyo3(signature = (emin=None, emax=None))]
    fn set_energy_range(&self, py: Python<'_>, emin: Option<f64>, emax: Option<f64>) -> PyResult<()> {
        self.work(py, |analysis| Ok(analysis.set_energy_range(emin, emax)?))
    }

    /// A dictionary a component: its name, the file of its counts, energy edges in MeV, counts (and weighted counts) a bin, bins that count, filled bins.
    fn components<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let (components, files) =
            self.read(py, |analysis| (analysis.likelihood().components().to_vec(), analysis.counts_files().to_vec()))?;
        let list = PyList::empty(py);
        for (component, file) in components.into_iter().zip(files) {
            let dict = PyDict::new(py);
            dict.set_item("name", component.name())?;
            dict.set_item("file", file)?;
            dict.set_item("energies", PyArray1::from_slice(py, component.axis().edges()))?;
            dict.set_item("counts", PyArray1::from_slice(py, component.counts_spectrum()))?;
            dict.set_item("counts_wt", PyArray1::from_slice(py, component.weighted_counts_spectrum()))?;
            dict.set_item("bins", (component.bins().start, component.bins().end))?;
            dict.set_item("n_filled", component.n_filled())?;
            list.append(dict)?;
        }
        Ok(list)
    }

    /// Likelihood weights `[energy bin, y, x]`, an array a component; `None` for one without.
    fn weights<'py>(&self, py: Python<'py>) -> PyResult<Vec<Option<Bound<'py, PyArray3<f32>>>>> {
        let components = self.read(py, |analysis| analysis.likelihood().components().to_vec())?;
        let array = |values| PyArray3::from_array(py, values);
        Ok(components.iter().map(|component| component.weights().map(|weights| array(weights.values()))).collect())
    }

    /// Seconds that opening took, and memory.
    fn timing<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let timing = self.read(py, |analysis| serde_json::json!(analysis.timing()))?;
        dictionary(py, &timing)
    }
}

/// The configuration of a file as it is understood, defaults filled in.
#[pyfunction]
pub(crate) fn resolved_config(py: Python<'_>, config: PathBuf) -> PyResult<Bound<'_, PyAny>> {
    let resolved = py.detach(|| roi_fit::resolved_config(&config));
    let resolved = resolved.map_err(|error| Failure::from(roi_fit::Error::from(error)))?;
    let text = serde_json::to_string(&resolved).unwrap_or_default();
    // Lists of a configuration are lists, not arrays.
    py.import("json")?.call_method1("loads", (text,))
}

/// The files that an analysis reads: a pair of what it is and its path each.
#[pyfunction]
pub(crate) fn input_files(py: Python<'_>, config: PathBuf) -> PyResult<Vec<(&'static str, PathBuf)>> {
    let found = py.detach(|| roi_fit::input_files(&config));
    let found = found.map_err(|error| Failure::from(roi_fit::Error::from(error)))?;
    Ok(found.files.into_iter().map(|file| (file.what, file.path)).collect())
}
