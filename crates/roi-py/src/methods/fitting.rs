//! Fits, test statistics, profiles.

use numpy::{PyArray1, PyArray2};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use roi_fit::{FitOptions, FitResult, OptimizeOptions, OptimizeResult, Profile, ProfileOptions};

use crate::border::keywords::Keywords;
use crate::border::objects::{all_properties, dictionary};
use crate::handle::Analysis;

#[pymethods]
impl Analysis {
    /// Fits all free parameters. Keywords are the options of the engine: `update`, `optimizer`, `tol`, `max_iter`, `max_calls`, `init_lambda`,
    /// `retries`, `min_fit_quality`, `verbosity`, `minos`, `reoptimize`, `scan`; their defaults are those of the configuration.
    #[pyo3(signature = (**keywords))]
    fn fit<'py>(&self, py: Python<'py>, keywords: Option<&Bound<'py, PyDict>>) -> PyResult<Bound<'py, PyDict>> {
        let mut given = Keywords::new("fit", keywords);
        let mut options = self.read(py, roi_fit::Analysis::fit_options)?;
        take_fit_options(&mut given, &mut options)?;
        given.finish()?;
        self.long_work(py, |analysis| Ok(analysis.fit(&options)?), |result| fit_dictionary(py, result))
    }

    /// Brings the whole region near its maximum in three steps. Keywords: `npred_frac`, `npred_threshold`, `shape_ts_threshold`, `max_free_sources`,
    /// `skip`, `until_converged`, `max_rounds`, and `optimizer`, a dictionary of options of the fits.
    #[pyo3(signature = (**keywords))]
    fn optimize<'py>(&self, py: Python<'py>, keywords: Option<&Bound<'py, PyDict>>) -> PyResult<Bound<'py, PyDict>> {
        let mut given = Keywords::new("optimize", keywords);
        let mut options = self.read(py, roi_fit::Analysis::optimize_options)?;
        take_optimize_options(&mut given, &mut options)?;
        given.finish()?;
        let object = |result: OptimizeResult| {
            let dict = dictionary(py, &result.to_json())?;
            dict.set_item("sources", all_properties(py, &result.sources)?)?;
            Ok(dict)
        };
        self.long_work(py, |analysis| Ok(analysis.optimize(&options)?), object)
    }

    /// logL of the model as it stands, without the ln N! term.
    fn loglike(&self, py: Python<'_>) -> PyResult<f64> {
        self.work(py, |analysis| Ok(analysis.loglike()?))
    }

    /// logL, predicted counts by source, component and energy bin, and the gradient.
    fn loglike_report<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let report = self.work(py, |analysis| Ok(analysis.loglike_report()?))?;
        dictionary(py, &report.to_json())
    }

    /// logL with its first and second derivatives with respect to the `value` of each free parameter.
    fn derivatives<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let at = self.work(py, |analysis| Ok(analysis.session().clone().derivatives()?))?;
        let dict = PyDict::new(py);
        dict.set_item("loglike", at.loglike)?;
        dict.set_item("gradient", PyArray1::from_vec(py, at.gradient))?;
        dict.set_item("hessian", PyArray2::from_owned_array(py, at.hessian))?;
        Ok(dict)
    }

    /// Test statistic of a source as the model stands.
    #[pyo3(signature = (name, *, reoptimize=false))]
    fn ts<'py>(&self, py: Python<'py>, name: &str, reoptimize: bool) -> PyResult<Bound<'py, PyDict>> {
        let found = self.work(py, |analysis| Ok(analysis.ts(name, reoptimize)?))?;
        let dict = PyDict::new(py);
        dict.set_item("ts", found.ts)?;
        dict.set_item("loglike_null", found.loglike_null)?;
        dict.set_item("ts_definition", found.definition.as_str())?;
        Ok(dict)
    }

    /// Computes the test statistic of every source that has none yet.
    fn compute_missing_ts(&self, py: Python<'_>) -> PyResult<()> {
        self.work(py, |analysis| Ok(analysis.compute_missing_ts()?))
    }

    /// logL along a parameter of a source, its normalisation if none is named. Keywords: `reoptimize`, `xvals`, `npts`, `fix_shape`,
    /// `loge_bounds`.
    #[pyo3(signature = (name, parameter=None, **keywords))]
    fn profile<'py>(
        &self,
        py: Python<'py>,
        name: &str,
        parameter: Option<&str>,
        keywords: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let mut given = Keywords::new("profile", keywords);
        let mut options = ProfileOptions::default();
        options.fix_shape = parameter.is_none();
        given.set("reoptimize", &mut options.reoptimize)?;
        options.xvals = given.take("xvals")?;
        given.set("npts", &mut options.npts)?;
        given.set("fix_shape", &mut options.fix_shape)?;
        options.loge_bounds = given.take_bounds("loge_bounds")?;
        given.finish()?;
        let object = |profile: Profile| {
            let dict = dictionary(py, &profile.to_json())?;
            // A point where the data are impossible lies infinitely low.
            dict.set_item("dloglike", PyArray1::from_slice(py, &profile.dloglike))?;
            dict.set_item("loglike", PyArray1::from_slice(py, &profile.loglike))?;
            Ok(dict)
        };
        let work = |analysis: &mut roi_fit::Analysis| match parameter {
            Some(parameter) => Ok(analysis.profile(name, parameter, &options)?),
            None => Ok(analysis.profile_norm(name, &options)?),
        };
        self.long_work(py, work, object)
    }
}

/// The options of a fit that keywords give.
pub(crate) fn take_fit_options(given: &mut Keywords<'_, '_>, options: &mut FitOptions) -> PyResult<()> {
    given.set("update", &mut options.update)?;
    given.set("optimizer", &mut options.optimizer)?;
    given.set("tol", &mut options.tol)?;
    given.set("max_iter", &mut options.max_iter)?;
    if let Some(calls) = given.take("max_calls")? {
        options.max_calls = Some(calls);
    }
    given.set("init_lambda", &mut options.init_lambda)?;
    given.set("retries", &mut options.retries)?;
    given.set("min_fit_quality", &mut options.min_fit_quality)?;
    given.set("verbosity", &mut options.verbosity)?;
    given.set("minos", &mut options.minos)?;
    given.set("reoptimize", &mut options.reoptimize)?;
    given.set("scan", &mut options.scan)
}

/// The options of a fit in a keyword `optimizer` that is a dictionary.
pub(crate) fn take_optimizer(given: &mut Keywords<'_, '_>, options: &mut FitOptions) -> PyResult<()> {
    let Some(section) = given.take::<Bound<'_, PyDict>>("optimizer")? else { return Ok(()) };
    let mut given = Keywords::new("optimizer", Some(&section));
    take_fit_options(&mut given, options)?;
    given.finish()
}

fn take_optimize_options(given: &mut Keywords<'_, '_>, options: &mut OptimizeOptions) -> PyResult<()> {
    given.set("npred_frac", &mut options.npred_frac)?;
    given.set("npred_threshold", &mut options.npred_threshold)?;
    given.set("shape_ts_threshold", &mut options.shape_ts_threshold)?;
    given.set("max_free_sources", &mut options.max_free_sources)?;
    given.set("skip", &mut options.skip)?;
    given.set("until_converged", &mut options.until_converged)?;
    given.set("max_rounds", &mut options.max_rounds)?;
    take_optimizer(given, &mut options.fit)
}

/// The result of a fit; its vectors and matrices are handed over, not copied.
fn fit_dictionary(py: Python<'_>, result: FitResult) -> PyResult<Bound<'_, PyDict>> {
    let dict = dictionary(py, &result.to_json())?;
    dict.set_item("sources", all_properties(py, &result.sources)?)?;
    dict.set_item("true_values", PyArray1::from_owned_array(py, result.true_values()))?;
    dict.set_item("true_errors", PyArray1::from_owned_array(py, result.true_errors()))?;
    let matrices = [
        ("true_covariance", result.true_covariance()),
        ("covariance", result.covariance),
        ("correlation", result.correlation),
    ];
    for (key, matrix) in matrices {
        if let Some(matrix) = matrix {
            dict.set_item(key, PyArray2::from_owned_array(py, matrix))?;
        }
    }
    for (key, vector) in [
        ("values", result.values),
        ("start_values", result.start_values),
        ("errors", result.errors),
        ("scales", result.scales),
    ] {
        dict.set_item(key, PyArray1::from_owned_array(py, vector))?;
    }
    dict.set_item("loglike", result.loglike)?;
    dict.set_item("dloglike", result.dloglike)?;
    dict.set_item("edm", result.edm)?;
    for (key, indices) in [("indices", result.indices), ("at_limit", result.at_limit)] {
        let signed = indices.into_iter().map(i64::try_from).collect::<Result<Vec<_>, _>>()?;
        dict.set_item(key, PyArray1::from_vec(py, signed))?;
    }
    dict.set_item("is_norm", PyArray1::from_vec(py, result.is_norm))?;
    Ok(dict)
}
