//! What follows a fit: spectra bin by bin, curvature, error bands.

use std::path::{Path, PathBuf};

use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use roi_estimators::{CurvatureOptions, SedOptions, SedResult, ToyLimitOptions};

use crate::border::exceptions::Failure;
use crate::border::keywords::Keywords;
use crate::border::objects::dictionary;
use crate::handle::Analysis;
use crate::methods::fitting::take_optimizer;
use crate::methods::selecting::names;

#[pymethods]
impl Analysis {
    /// The spectrum of a source, bin by bin. Keywords: `bin_index`, `use_local_index`, `free_background`, `free_radius`, `free_pars`,
    /// `ul_ts_threshold`, `ul_confidence`, `cov_scale` (a number, or `False` for no priors), `loge_bins`, `llscan_npts`, `optimizer` (a dictionary), and
    /// the files `fits` and `ecsv`.
    #[pyo3(signature = (name, **keywords))]
    fn sed<'py>(
        &self,
        py: Python<'py>,
        name: String,
        keywords: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let mut given = Keywords::new("sed", keywords);
        let mut options = SedOptions::default().with_optimizer(self.read(py, roi_fit::Analysis::fit_options)?);
        take_sed_options(&mut given, &mut options)?;
        let (fits, ecsv): (Option<PathBuf>, Option<PathBuf>) = (given.take("fits")?, given.take("ecsv")?);
        given.finish()?;
        let result = self.beside(py, move |session| Ok(roi_estimators::sed(session, &name, &options)?))?;
        // Here, not beside: nothing is written after Ctrl-C.
        py.detach(|| written(&result, fits.as_deref(), ecsv.as_deref()))?;
        let dict = dictionary(py, &result.to_json())?;
        let model = dict.get_item("model_flux")?.map(Bound::cast_into::<PyDict>).transpose()?;
        if let Some(model) = model {
            model.set_item("dnde_ferr", PyArray1::from_slice(py, &result.model_flux.dnde_ferr))?;
        }
        dict.set_item("param_names", texts(&result))?;
        Ok(dict)
    }

    /// Whether the spectrum of a source is curved. Keywords: `Index2`, `free_Index2`, `optimizer` (a dictionary).
    #[pyo3(signature = (name, **keywords))]
    fn curvature<'py>(
        &self,
        py: Python<'py>,
        name: String,
        keywords: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let mut given = Keywords::new("curvature", keywords);
        let mut options = CurvatureOptions::default().with_optimizer(self.read(py, roi_fit::Analysis::fit_options)?);
        given.set("Index2", &mut options.index2)?;
        given.set("free_Index2", &mut options.free_index2)?;
        take_optimizer(&mut given, &mut options.optimizer)?;
        given.finish()?;
        let result = self.beside(py, move |session| Ok(roi_estimators::curvature(session, &name, &options)?))?;
        dictionary(py, &result.to_json())
    }

    /// The upper limit of the norm of a source by toys. Keywords: `toys`, `confidence`, `seed`, `cls`.
    #[pyo3(signature = (name, **keywords))]
    fn limit<'py>(
        &self,
        py: Python<'py>,
        name: &str,
        keywords: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let mut given = Keywords::new("limit", keywords);
        let mut options = ToyLimitOptions::default();
        given.set("toys", &mut options.toys)?;
        given.set("confidence", &mut options.confidence)?;
        given.set("seed", &mut options.seed)?;
        given.set("cls", &mut options.cls)?;
        given.finish()?;
        let mut watcher = self.watcher(py);
        let work = |analysis: &mut roi_fit::Analysis| {
            let maker = analysis.toy_maker(&mut watcher)?;
            Ok(roi_estimators::toy_limit(analysis, &maker, name, &options, &mut watcher)?)
        };
        self.long_work(py, work, |limit| dictionary(py, &limit.to_json()))
    }

    /// dN/dE of a source with its error band, at energies in MeV, or at 50 over the range of the analysis.
    #[pyo3(signature = (name, energies=None))]
    fn bowtie<'py>(&self, py: Python<'py>, name: &str, energies: Option<Vec<f64>>) -> PyResult<Bound<'py, PyDict>> {
        let band = self.work(py, |analysis| Ok(analysis.bowtie(name, energies.as_deref())?))?;
        let dict = dictionary(py, &band.to_json())?;
        dict.set_item("dnde_ferr", PyArray1::from_slice(py, &band.dnde_ferr))?;
        Ok(dict)
    }
}

/// Writes what was asked for.
fn written(result: &SedResult, fits: Option<&Path>, ecsv: Option<&Path>) -> Result<(), Failure> {
    if let Some(path) = fits {
        result.write_fits(path)?;
    }
    if let Some(path) = ecsv {
        result.write_ecsv(path)?;
    }
    Ok(())
}

fn take_sed_options(given: &mut Keywords<'_, '_>, options: &mut SedOptions) -> PyResult<()> {
    given.set("bin_index", &mut options.bin_index)?;
    given.set("use_local_index", &mut options.use_local_index)?;
    given.set("free_background", &mut options.free_background)?;
    options.free_radius = given.take("free_radius")?;
    options.free_pars = names(given.raw("free_pars")?)?;
    given.set("ul_ts_threshold", &mut options.ul_ts_threshold)?;
    given.set("ul_confidence", &mut options.ul_confidence)?;
    if let Some(scale) = given.raw("cov_scale")? {
        let is_off = scale.extract::<bool>().is_ok_and(|on| !on);
        options.cov_scale = if is_off { None } else { Some(scale.extract()?) };
    }
    options.loge_bins = given.take("loge_bins")?;
    given.set("llscan_npts", &mut options.llscan_npts)?;
    take_optimizer(given, &mut options.optimizer)
}

/// Names of the source's parameters, padded as fermipy does.
fn texts(result: &SedResult) -> Vec<&str> {
    let names = result.parameters.names.iter().map(String::as_str);
    let missing = 10_usize.saturating_sub(result.parameters.names.len());
    names.chain(std::iter::repeat_n("", missing)).collect()
}
