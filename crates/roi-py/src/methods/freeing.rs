//! Which parameters a fit varies.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::border::keywords::Keywords;
use crate::handle::Analysis;
use crate::methods::selecting::{names, parameters, selection};

#[pymethods]
impl Analysis {
    /// Frees or fixes parameters of a source: all (norm and shape) for `pars` `None`, `norm`, `shape`, or a list of names.
    #[pyo3(signature = (name, free=true, pars=None))]
    fn free_source(&self, py: Python<'_>, name: &str, free: bool, pars: Option<Bound<'_, PyAny>>) -> PyResult<()> {
        let pars = parameters(pars)?;
        self.work(py, |analysis| Ok(analysis.free_source(name, free, &pars)?))
    }

    /// Frees or fixes parameters of the selected sources, whose names are returned. Keywords: `distance`, `skydir`, `square`, `coordsys`, `minmax_ts`,
    /// `minmax_npred`, `cuts`, `exclude`.
    #[pyo3(signature = (free=true, pars=None, **keywords))]
    fn free_sources<'py>(
        &self,
        py: Python<'py>,
        free: bool,
        pars: Option<Bound<'py, PyAny>>,
        keywords: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Vec<String>> {
        let pars = parameters(pars)?;
        let mut given = Keywords::new("free_sources", keywords);
        let selection = selection(&mut given)?;
        given.finish()?;
        self.work(py, |analysis| Ok(analysis.free_sources(&selection, &pars, free)?))
    }

    /// Frees or fixes parameters of sources by their names.
    #[pyo3(signature = (sources, free=true, pars=None))]
    fn free_sources_by_name(
        &self,
        py: Python<'_>,
        sources: Bound<'_, PyAny>,
        free: bool,
        pars: Option<Bound<'_, PyAny>>,
    ) -> PyResult<Vec<String>> {
        let (sources, pars) = (names(Some(sources))?, parameters(pars)?);
        self.work(py, |analysis| Ok(analysis.free_sources_by_name(&sources, free, &pars)?))
    }

    /// Names of the selected sources, with the keywords of `free_sources`.
    #[pyo3(signature = (**keywords))]
    fn selected(&self, py: Python<'_>, keywords: Option<&Bound<'_, PyDict>>) -> PyResult<Vec<String>> {
        let mut given = Keywords::new("selected", keywords);
        let selection = selection(&mut given)?;
        given.finish()?;
        self.read(py, |analysis| analysis.selected(&selection))
    }

    /// Frees or fixes a parameter.
    #[pyo3(signature = (name, parameter, free=true))]
    fn free_parameter(&self, py: Python<'_>, name: &str, parameter: &str, free: bool) -> PyResult<()> {
        self.work(py, |analysis| Ok(analysis.free_parameter(name, parameter, free)?))
    }

    /// Frees or fixes the spectral indices of a source.
    #[pyo3(signature = (name, free=true))]
    fn free_index(&self, py: Python<'_>, name: &str, free: bool) -> PyResult<()> {
        self.work(py, |analysis| Ok(analysis.free_index(name, free)?))
    }

    /// Locks or unlocks a parameter: nothing frees a locked one.
    #[pyo3(signature = (name, parameter, lock=true))]
    fn lock_parameter(&self, py: Python<'_>, name: &str, parameter: &str, lock: bool) -> PyResult<()> {
        self.work(py, |analysis| Ok(analysis.lock_parameter(name, parameter, lock)?))
    }

    /// Locks or unlocks all parameters of a source.
    #[pyo3(signature = (name, lock=true))]
    fn lock_source(&self, py: Python<'_>, name: &str, lock: bool) -> PyResult<()> {
        self.work(py, |analysis| Ok(analysis.lock_source(name, lock)?))
    }

    /// The locked parameters, pairs of a source and a parameter.
    fn locked_parameters(&self, py: Python<'_>) -> PyResult<Vec<(String, String)>> {
        let owned = |(source, parameter): (&str, &str)| (source.to_owned(), parameter.to_owned());
        self.read(py, |analysis| analysis.locked_parameters().map(owned).collect())
    }

    /// Fixes every parameter.
    fn fix_all(&self, py: Python<'_>) -> PyResult<()> {
        self.work(py, |analysis| Ok(analysis.fix_all()?))
    }

    /// Which parameters are free: sources by name, parameters in the order of their spectrum.
    fn free_vector(&self, py: Python<'_>) -> PyResult<Vec<bool>> {
        self.read(py, roi_fit::Analysis::free_vector)
    }

    /// Frees and fixes parameters as `free_vector` gave them.
    fn set_free_vector(&self, py: Python<'_>, free: Vec<bool>) -> PyResult<()> {
        self.work(py, |analysis| Ok(analysis.set_free_vector(&free)?))
    }
}
