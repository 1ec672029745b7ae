//! Values, scales, bounds, errors and priors of parameters.

use std::path::PathBuf;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use roi_fit::ParameterSetting;

use crate::border::keywords::Keywords;
use crate::border::objects::dictionary;
use crate::handle::Analysis;

#[pymethods]
impl Analysis {
    /// A dictionary a parameter: `idx`, `src_name`, `par_name`, `is_norm`, `value`, `true_value`, `error`, `scale`, `min`, `max`, `free`.
    #[pyo3(signature = (free_only=false))]
    fn params<'py>(&self, py: Python<'py>, free_only: bool) -> PyResult<Bound<'py, PyList>> {
        let list = PyList::empty(py);
        for parameter in self.read(py, |analysis| analysis.params(free_only))? {
            list.append(dictionary(py, &serde_json::json!(parameter))?)?;
        }
        Ok(list)
    }

    /// Sets a parameter to a true value (times scale; with `true_value=False` the value itself). Keywords: `true_value`, `scale`, `bounds` (never times
    /// scale), `error` (in the units of the value).
    #[pyo3(signature = (name, parameter, value, **keywords))]
    fn set_parameter(
        &self,
        py: Python<'_>,
        name: &str,
        parameter: &str,
        value: f64,
        keywords: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        let mut given = Keywords::new("set_parameter", keywords);
        let is_true = given.take::<bool>("true_value")?.unwrap_or(true);
        let mut setting = if is_true { ParameterSetting::true_value(value) } else { ParameterSetting::value(value) };
        if let Some(scale) = given.take("scale")? {
            setting = setting.scale(scale);
        }
        if let Some([min, max]) = given.take::<[f64; 2]>("bounds")? {
            setting = setting.bounds(min, max);
        }
        if let Some(error) = given.take("error")? {
            setting = setting.error(error);
        }
        given.finish()?;
        self.work(py, |analysis| Ok(analysis.set_parameter(name, parameter, setting)?))
    }

    /// Sets the bounds of a parameter, in units of `value`.
    fn set_parameter_bounds(&self, py: Python<'_>, name: &str, parameter: &str, min: f64, max: f64) -> PyResult<()> {
        self.work(py, |analysis| Ok(analysis.set_parameter_bounds(name, parameter, min, max)?))
    }

    /// Sets the scale of a parameter; true value, bounds and error stay.
    fn set_parameter_scale(&self, py: Python<'_>, name: &str, parameter: &str, scale: f64) -> PyResult<()> {
        self.work(py, |analysis| Ok(analysis.set_parameter_scale(name, parameter, scale)?))
    }

    /// Sets the error of a parameter, in units of `value`.
    fn set_parameter_error(&self, py: Python<'_>, name: &str, parameter: &str, error: f64) -> PyResult<()> {
        self.work(py, |analysis| Ok(analysis.set_parameter_error(name, parameter, error)?))
    }

    /// Multiplies the scale of a parameter, and with it the true value.
    fn scale_parameter(&self, py: Python<'_>, name: &str, parameter: &str, factor: f64) -> PyResult<()> {
        self.work(py, |analysis| Ok(analysis.scale_parameter(name, parameter, factor)?))
    }

    /// The normalisation of a source, in units of `value`.
    fn norm(&self, py: Python<'_>, name: &str) -> PyResult<f64> {
        self.work(py, |analysis| Ok(analysis.norm(name)?))
    }

    /// Sets the normalisation of a source, in units of `value`.
    fn set_norm(&self, py: Python<'_>, name: &str, value: f64) -> PyResult<()> {
        self.work(py, |analysis| Ok(analysis.set_norm(name, value)?))
    }

    /// Sets the bounds of a source's normalisation.
    fn set_norm_bounds(&self, py: Python<'_>, name: &str, min: f64, max: f64) -> PyResult<()> {
        self.work(py, |analysis| Ok(analysis.set_norm_bounds(name, min, max)?))
    }

    /// Sets the scale of a source's normalisation; its true value stays.
    fn set_norm_scale(&self, py: Python<'_>, name: &str, scale: f64) -> PyResult<()> {
        self.work(py, |analysis| Ok(analysis.set_norm_scale(name, scale)?))
    }

    /// Takes the emission of a source away.
    fn zero_source(&self, py: Python<'_>, name: &str) -> PyResult<()> {
        self.work(py, |analysis| Ok(analysis.zero_source(name)?))
    }

    /// Gives a zeroed source its emission back.
    fn unzero_source(&self, py: Python<'_>, name: &str) -> PyResult<()> {
        self.work(py, |analysis| Ok(analysis.unzero_source(name)?))
    }

    /// Gives a parameter a Gaussian prior, mean and sigma in units of `value`.
    fn add_gauss_prior(&self, py: Python<'_>, name: &str, parameter: &str, mean: f64, sigma: f64) -> PyResult<()> {
        self.work(py, |analysis| Ok(analysis.add_gauss_prior(name, parameter, mean, sigma)?))
    }

    /// Takes the prior of a parameter away.
    fn remove_prior(&self, py: Python<'_>, name: &str, parameter: &str) -> PyResult<()> {
        self.work(py, |analysis| Ok(analysis.remove_prior(name, parameter)?))
    }

    /// Takes all priors away.
    fn remove_priors(&self, py: Python<'_>) -> PyResult<()> {
        self.work(py, |analysis| {
            analysis.remove_priors();
            Ok(())
        })
    }

    /// Gives the normalisations of sources priors of their errors times `cov_scale`; returns the sources that got one.
    #[pyo3(signature = (sources, cov_scale=1.0))]
    fn constrain_norms(&self, py: Python<'_>, sources: Vec<String>, cov_scale: f64) -> PyResult<Vec<String>> {
        self.work(py, |analysis| Ok(analysis.constrain_norms(&sources, cov_scale)?))
    }

    /// Sets parameters from a YAML file.
    fn load_parameters_from_yaml(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        self.work(py, |analysis| Ok(analysis.load_parameters_from_yaml(&path)?))
    }
}
