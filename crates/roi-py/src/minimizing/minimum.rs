//! A minimum as an object of Python, and its surroundings.

use numpy::{PyArray1, PyArray2};
use optimizers::{ContourPoint, Explorer, MinosErrors, OneSided, Problem};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use super::function::{Raised, of_optimizers};
use super::problem::Work;
use crate::border::exceptions::OptionError;
use crate::border::keywords::Keywords;
use crate::border::objects::object;

/// Where a minimisation ended. `to_dict()` tells what was found; the other methods explore the surroundings of the minimum, and are given the function
/// again.
#[pyclass(frozen, module = "roifit._engine")]
pub(crate) struct Minimum {
    problem: Problem,
    found: optimizers::Minimum,
}

impl Minimum {
    pub(crate) fn new(problem: Problem, found: optimizers::Minimum) -> Self {
        Self { problem, found }
    }

    pub(crate) fn found(&self) -> &optimizers::Minimum {
        &self.found
    }

    /// Explores with a function; keywords are those of a minimisation, `rise` (error definitions) or `cl` (a confidence level for so many parameters).
    fn explore<'py, T>(
        &self,
        (method, parameters): (&'static str, usize),
        function: Bound<'py, PyAny>,
        keywords: Option<&Bound<'py, PyDict>>,
        explore: impl FnOnce(&mut Explorer<'_>, &mut dyn optimizers::Observer) -> optimizers::Result<T>,
    ) -> PyResult<T> {
        let mut given = Keywords::new(method, keywords);
        let raised = Raised::default();
        let mut work = Work::new(function, self.found.values.len(), &mut given, &raised)?;
        let (rise, level): (Option<f64>, Option<f64>) = (given.take("rise")?, given.take("cl")?);
        given.finish()?;
        if rise.is_some() && level.is_some() {
            return Err(OptionError::new_err(format!("{method}(): rise and cl say the same; give one of them")));
        }
        let explorer = Explorer::new(&mut work.function, &self.problem, &self.found);
        let mut explorer = explorer.map_err(|error| of_optimizers(&error))?.with_options(work.options);
        if let Some(rise) = rise {
            explorer = explorer.with_rise(rise).map_err(|error| of_optimizers(&error))?;
        }
        if let Some(level) = level {
            explorer = explorer.with_confidence(level, parameters).map_err(|error| of_optimizers(&error))?;
        }
        let result = explore(&mut explorer, &mut work.watching);
        raised.or(result)
    }
}

#[pymethods]
impl Minimum {
    /// Everything that was found, under the names of the crate; `covariance` and `correlation` are those of the free parameters.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = object(py, &serde_json::json!(self.found))?.cast_into::<PyDict>()?;
        // JSON knows neither NaN nor infinities.
        dict.set_item("fval", self.found.fval)?;
        dict.set_item("edm", self.found.edm)?;
        dict.set_item("values", PyArray1::from_slice(py, &self.found.values))?;
        dict.set_item("errors", PyArray1::from_slice(py, &self.found.errors))?;
        for (key, matrix) in [("covariance", &self.found.covariance), ("correlation", &self.found.correlation)] {
            dict.set_item(key, matrix.as_ref().map(|matrix| PyArray2::from_array(py, matrix)))?;
        }
        dict.set_item("names", self.found.names.clone())?;
        dict.set_item("free", self.problem.free())?;
        dict.set_item("at_limit", self.found.at_limit.clone())?;
        dict.set_item("warnings", self.found.warnings.clone())?;
        dict.set_item("quality", u8::from(self.found.quality))?;
        dict.set_item("message", self.found.status.to_string())?;
        dict.set_item("success", self.found.status.is_converged())?;
        dict.set_item("status", self.found.status.code())?;
        dict.set_item("global_correlations", self.found.global_correlations())?;
        dict.set_item("ncalls", self.found.calls.total())?;
        dict.set_item("errordef", self.problem.error_definition())?;
        Ok(dict)
    }

    /// The table of parameters.
    fn __str__(&self) -> String {
        self.found.to_string()
    }

    /// Asymmetric errors of a parameter.
    #[pyo3(signature = (function, parameter, **keywords))]
    fn minos<'py>(
        &self,
        py: Python<'py>,
        function: Bound<'py, PyAny>,
        parameter: usize,
        keywords: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let errors =
            self.explore(("minos", 1), function, keywords, |explorer, watching| explorer.minos(parameter, watching))?;
        minos_dictionary(py, &errors)
    }

    /// The curve in the plane of two parameters on which the function, minimised over the others, has risen as asked.
    #[pyo3(signature = (function, x, y, points=50, **keywords))]
    fn contour<'py>(
        &self,
        py: Python<'py>,
        function: Bound<'py, PyAny>,
        x: usize,
        y: usize,
        points: usize,
        keywords: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let found = self.explore(("contour", 2), function, keywords, |explorer, watching| {
            explorer.contour(x, y, points, watching)
        })?;
        let dict = PyDict::new(py);
        let numbers = |of: fn(&ContourPoint) -> f64| PyArray1::from_iter(py, found.iter().map(of));
        dict.set_item("x", numbers(|point| point.x))?;
        dict.set_item("y", numbers(|point| point.y))?;
        dict.set_item("fval", numbers(|point| point.fval))?;
        dict.set_item("crossing", found.iter().map(|point| format!("{:?}", point.crossing)).collect::<Vec<_>>())?;
        Ok(dict)
    }

    /// The function at values of a parameter, with `minimize` minimised over the others; without values `points` of them, `sigmas` to either side.
    #[pyo3(signature = (function, parameter, values=None, points=30, sigmas=2.0, minimize=true, **keywords))]
    #[expect(clippy::too_many_arguments, reason = "they are keywords")]
    fn profile<'py>(
        &self,
        py: Python<'py>,
        function: Bound<'py, PyAny>,
        parameter: usize,
        values: Option<Vec<f64>>,
        points: usize,
        sigmas: f64,
        minimize: bool,
        keywords: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let found = self.explore(("profile", 1), function, keywords, |explorer, watching| {
            let at = values.map_or_else(|| explorer.grid(parameter, sigmas, points), Ok)?;
            if minimize { explorer.profile(parameter, &at, watching) } else { explorer.scan(parameter, &at, watching) }
        })?;
        let dict = PyDict::new(py);
        dict.set_item("x", PyArray1::from_iter(py, found.iter().map(|point| point.x)))?;
        dict.set_item("fval", PyArray1::from_iter(py, found.iter().map(|point| point.fval)))?;
        dict.set_item("is_minimum", PyArray1::from_iter(py, found.iter().map(|point| point.is_minimum)))?;
        Ok(dict)
    }
}

fn minos_dictionary<'py>(py: Python<'py>, errors: &MinosErrors) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (side, found) in [("lower", &errors.lower), ("upper", &errors.upper)] {
        let OneSided { error, crossing, values, fval, .. } = found;
        let of_side = PyDict::new(py);
        of_side.set_item("error", error)?;
        of_side.set_item("crossing", format!("{crossing:?}"))?;
        of_side.set_item("values", PyArray1::from_slice(py, values))?;
        of_side.set_item("fval", fval)?;
        dict.set_item(side, of_side)?;
    }
    dict.set_item("is_valid", errors.is_valid())?;
    dict.set_item("new_minimum", errors.new_minimum().map(|values| PyList::new(py, values)).transpose()?)?;
    Ok(dict)
}
