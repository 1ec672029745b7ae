//! The parameters and options of a minimisation, from keywords.

use std::time::Duration;

use optimizers::{Options, Parameter, Problem, Strategy};
use pyo3::prelude::*;

use super::function::{Function, Raised, Watching, of_optimizers};
use crate::border::exceptions::OptionError;
use crate::border::keywords::Keywords;

/// Name, start value, first step, lower bound, upper bound, whether it is fixed.
pub(crate) type Described = (String, f64, Option<f64>, Option<f64>, Option<f64>, bool);

/// What is minimised: a function, its derivatives, and how.
pub(crate) struct Work<'a, 'py> {
    pub(crate) function: Function<'a, 'py>,
    pub(crate) watching: Watching<'a, 'py>,
    pub(crate) options: Options,
}

impl<'a, 'py> Work<'a, 'py> {
    /// Keywords `grad`, `hess`, `precision`, `progress`, `tol`, `max_calls`, `max_iterations`, `time_limit` (s), `strategy`, `init_damping`.
    pub(crate) fn new(
        value: Bound<'py, PyAny>,
        dim: usize,
        given: &mut Keywords<'_, 'py>,
        raised: &'a Raised,
    ) -> PyResult<Self> {
        let function = Function {
            dim,
            value,
            gradient: given.raw("grad")?,
            hessian: given.raw("hess")?,
            precision: given.take("precision")?,
            raised,
        };
        if function.hessian.is_some() && function.gradient.is_none() {
            return Err(OptionError::new_err(
                "hess: second derivatives are of use only with first ones; give grad too",
            ));
        }
        let watching = Watching { function: given.raw("progress")?, raised };
        Ok(Self { function, watching, options: options(given)? })
    }
}

fn options(given: &mut Keywords<'_, '_>) -> PyResult<Options> {
    let mut options = Options::default();
    given.set("tol", &mut options.tol)?;
    options.max_calls = given.take("max_calls")?;
    given.set("max_iterations", &mut options.max_iterations)?;
    given.set("init_damping", &mut options.initial_damping)?;
    if let Some(seconds) = given.take::<f64>("time_limit")? {
        let wrong = |_| OptionError::new_err(format!("time_limit: {seconds} is not allowed; expected seconds above 0"));
        options.time_limit = Some(Duration::try_from_secs_f64(seconds).map_err(wrong)?);
    }
    if let Some(number) = given.take::<u8>("strategy")? {
        options.strategy = Strategy::try_from(number).map_err(|error| of_optimizers(&error))?;
    }
    Ok(options)
}

/// The problem of described parameters; keyword `errordef`.
pub(crate) fn problem(described: Vec<Described>, given: &mut Keywords<'_, '_>) -> PyResult<Problem> {
    let parameters = described.into_iter().map(|(name, value, step, lower, upper, is_fixed)| {
        let bounds = (lower.unwrap_or(f64::NEG_INFINITY), upper.unwrap_or(f64::INFINITY));
        let parameter = Parameter::new(name, value).with_bounds(bounds.0, bounds.1).with_fixed(is_fixed);
        step.into_iter().fold(parameter, Parameter::with_step)
    });
    let mut made = Problem::new(parameters.collect()).map_err(|error| of_optimizers(&error))?;
    if let Some(rise) = given.take("errordef")? {
        made = made.with_error_definition(rise).map_err(|error| of_optimizers(&error))?;
    }
    Ok(made)
}
