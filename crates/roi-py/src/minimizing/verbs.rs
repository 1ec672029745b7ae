//! Minimisation, and the covariance at a point.

use optimizers::{Registry, optimizer};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::function::{Raised, of_optimizers};
use super::minimum::Minimum;
use super::problem::{Described, Work, problem};
use crate::border::keywords::Keywords;

/// The names of the optimizers.
#[pyfunction(name = "optimizers")]
pub(crate) fn optimizer_names() -> Vec<String> {
    Registry::default().names().into_iter().map(str::to_owned).collect()
}

/// Minimises a function of an array over parameters, each a tuple of name, start value, first step, lower bound, upper bound and whether it is fixed.
/// Keywords: `optimizer`, `errordef`, `start`, `grad`, `hess`, `precision`, `progress`, `tol`, `max_calls`, `max_iterations`, `time_limit` (s), `strategy`,
/// `init_damping`. What the function raises comes out as it is.
#[pyfunction]
#[pyo3(signature = (function, parameters, **keywords))]
pub(crate) fn minimize(
    function: Bound<'_, PyAny>,
    parameters: Vec<Described>,
    keywords: Option<&Bound<'_, PyDict>>,
) -> PyResult<Minimum> {
    let mut given = Keywords::new("minimize", keywords);
    let name: Option<String> = given.take("optimizer")?;
    let algorithm = optimizer(name.as_deref().unwrap_or("MINUIT")).map_err(|error| of_optimizers(&error))?;
    let raised = Raised::default();
    let mut problem = problem(parameters, &mut given)?;
    if let Some(start) = given.take::<Bound<'_, PyAny>>("start")? {
        let start = start.cast::<Minimum>().map_err(PyErr::from)?;
        problem = problem.starting_at(start.get().found()).map_err(|error| of_optimizers(&error))?;
    }
    let mut work = Work::new(function, problem.parameters().len(), &mut given, &raised)?;
    given.finish()?;
    let found = algorithm.minimize(&mut work.function, &problem, &work.options, &mut work.watching);
    Ok(Minimum::new(problem, raised.or(found)?))
}

/// The covariance of the parameters where they stand; keywords are those of `minimize` but `optimizer`.
#[pyfunction]
#[pyo3(signature = (function, parameters, **keywords))]
pub(crate) fn hesse(
    function: Bound<'_, PyAny>,
    parameters: Vec<Described>,
    keywords: Option<&Bound<'_, PyDict>>,
) -> PyResult<Minimum> {
    let mut given = Keywords::new("hesse", keywords);
    let raised = Raised::default();
    let problem = problem(parameters, &mut given)?;
    let mut work = Work::new(function, problem.parameters().len(), &mut given, &raised)?;
    given.finish()?;
    let found = optimizers::hesse(&mut work.function, &problem, &work.options, &mut work.watching);
    Ok(Minimum::new(problem, raised.or(found)?))
}
