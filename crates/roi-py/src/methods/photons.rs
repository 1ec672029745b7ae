//! What is made of photons: probabilities of theirs, simulated counts in their place; and of the instrument that saw them.

use std::path::PathBuf;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use roi_fit::{ProbabilityOptions, SimulateOptions};
use serde_json::Value;

use crate::border::exceptions::FileError;
use crate::border::keywords::Keywords;
use crate::border::objects::dictionary;
use crate::handle::Analysis;

#[pymethods]
impl Analysis {
    /// Writes the selected photons of each component with a column a source: the probability that the photon came from it. Returns a dictionary a
    /// component with the path, numbers of photons and sums of probabilities.
    #[pyo3(signature = (out=None))]
    fn source_probabilities<'py>(&self, py: Python<'py>, out: Option<PathBuf>) -> PyResult<Bound<'py, PyList>> {
        let options = ProbabilityOptions::default().with_out(out);
        self.long_work(
            py,
            |analysis| Ok(analysis.source_probabilities(&options)?),
            |written| dictionaries(py, written.iter().map(serde_json::to_value)),
        )
    }

    /// Writes a counts cube a component that is drawn from what the model predicts, `ccubemc_NAME.fits`; the analysis stays as it is. Keywords: `sources`
    /// (all by default), `randomize` (True: Poisson numbers, otherwise what is expected), `seed`, `add` (add the counts to the observed ones), `out` (the
    /// file; of several components each has its name in it). Returns a dictionary a component.
    #[pyo3(signature = (**keywords))]
    fn simulate_counts<'py>(
        &self,
        py: Python<'py>,
        keywords: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyList>> {
        let mut given = Keywords::new("simulate_counts", keywords);
        let mut options = SimulateOptions::default();
        given.set("sources", &mut options.sources)?;
        given.set("randomize", &mut options.randomize)?;
        given.set("seed", &mut options.seed)?;
        given.set("add", &mut options.add)?;
        options.out = given.take("out")?;
        given.finish()?;
        let written = self.work(py, |analysis| Ok(analysis.simulate_counts(&options)?))?;
        dictionaries(py, written.iter().map(serde_json::to_value))
    }

    /// Writes the PSF at the centre of each component, `psf_NAME.fits`, and returns the paths; what stands is kept unless `overwrite`.
    #[pyo3(signature = (overwrite=false))]
    fn write_psf(&self, py: Python<'_>, overwrite: bool) -> PyResult<Vec<PathBuf>> {
        self.work(py, |analysis| Ok(analysis.write_psf(overwrite)?))
    }

    /// Writes the detector response matrix of each component, `drm_NAME.fits`, with so many true energy bins more on either side; as `write_psf`.
    #[pyo3(signature = (edisp_bins=1, overwrite=false))]
    fn write_detector_response(&self, py: Python<'_>, edisp_bins: i64, overwrite: bool) -> PyResult<Vec<PathBuf>> {
        self.work(py, |analysis| Ok(analysis.write_detector_response(edisp_bins, overwrite)?))
    }
}

/// What was written of each component, as dictionaries.
fn dictionaries(
    py: Python<'_>,
    written: impl Iterator<Item = serde_json::Result<Value>>,
) -> PyResult<Bound<'_, PyList>> {
    let list = PyList::empty(py);
    for component in written {
        // A path need not be text.
        let value = component.map_err(|error| FileError::new_err(error.to_string()))?;
        list.append(dictionary(py, &value)?)?;
    }
    Ok(list)
}
