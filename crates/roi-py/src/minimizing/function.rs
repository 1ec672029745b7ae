//! A function of Python as an objective.

use numpy::{PyArray1, PyArrayMethods};
use optimizers::{Derivatives, EvalError, Iteration, Objective, Observer};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::cell::RefCell;
use std::ops::ControlFlow;

use optimizers::Error as OptimizerError;

use crate::border::exceptions::{OptionError, RoiFitError};

/// The first exception that came out of a function of Python; it ends the work, and is raised in the end as it was.
#[derive(Default)]
pub(crate) struct Raised(RefCell<Option<PyErr>>);

impl Raised {
    /// Keeps an exception; the first one counts.
    fn keep(&self, exception: PyErr) {
        self.0.borrow_mut().get_or_insert(exception);
    }

    fn is_there(&self) -> bool {
        self.0.borrow().is_some()
    }

    /// The result of the work: the exception, if there was one.
    pub(crate) fn or<T>(&self, result: optimizers::Result<T>) -> PyResult<T> {
        match self.0.borrow_mut().take() {
            Some(exception) => Err(exception),
            None => result.map_err(|error| of_optimizers(&error)),
        }
    }
}

/// The exception of an error of the optimizers.
pub(crate) fn of_optimizers(error: &OptimizerError) -> PyErr {
    match error {
        OptimizerError::Objective(_) => RoiFitError::new_err(error.to_string()),
        _ => OptionError::new_err(error.to_string()),
    }
}

/// A function of an array of parameters, with what derivatives of it there are. It is called with the interpreter held: its own thread is that of the
/// caller.
pub(crate) struct Function<'a, 'py> {
    pub(crate) dim: usize,
    pub(crate) value: Bound<'py, PyAny>,
    pub(crate) gradient: Option<Bound<'py, PyAny>>,
    pub(crate) hessian: Option<Bound<'py, PyAny>>,
    /// Relative rounding noise of the values.
    pub(crate) precision: Option<f64>,
    pub(crate) raised: &'a Raised,
}

impl<'py> Function<'_, 'py> {
    /// The same, an exception kept.
    fn kept<T>(&self, result: PyResult<T>) -> Result<T, EvalError> {
        result.map_err(|exception| {
            let words = exception.to_string();
            self.raised.keep(exception);
            EvalError::Fatal(words.into())
        })
    }

    fn number(&self, x: &[f64]) -> PyResult<f64> {
        let found = call(&self.value, x)?;
        found.extract().map_err(|_| {
            let kind = found.get_type().name().map_or_else(|_| "something else".into(), |name| name.to_string());
            OptionError::new_err(format!("the function returned {kind}; expected a number"))
        })
    }

    /// Numbers of a derivative, as many as there are places for.
    fn numbers(what: &str, function: &Bound<'py, PyAny>, x: &[f64], out: &mut [f64]) -> PyResult<()> {
        let found = call(function, x)?;
        let py = function.py();
        let flat = py.import("numpy")?.call_method1("asarray", (found, "float64"))?.call_method0("ravel")?;
        let flat = flat.cast_into::<PyArray1<f64>>().map_err(PyErr::from)?.to_vec()?;
        if flat.len() != out.len() {
            let (found, wanted) = (flat.len(), out.len());
            return Err(OptionError::new_err(format!("{what} returned {found} number(s); expected {wanted}")));
        }
        out.copy_from_slice(&flat);
        Ok(())
    }
}

/// What a function returns for parameters. Signals come first.
fn call<'py>(function: &Bound<'py, PyAny>, x: &[f64]) -> PyResult<Bound<'py, PyAny>> {
    let py = function.py();
    py.check_signals()?;
    function.call1((PyArray1::from_slice(py, x),))
}

impl Objective for Function<'_, '_> {
    fn dim(&self) -> usize {
        self.dim
    }

    fn derivatives(&self) -> Derivatives {
        match (&self.gradient, &self.hessian) {
            (Some(_), Some(_)) => Derivatives::Hessian,
            (Some(_), None) => Derivatives::Gradient,
            _ => Derivatives::None,
        }
    }

    fn precision(&self) -> f64 {
        self.precision.unwrap_or(4.0 * f64::EPSILON)
    }

    fn value(&mut self, x: &[f64]) -> Result<f64, EvalError> {
        let value = self.number(x);
        self.kept(value)
    }

    fn gradient(&mut self, x: &[f64], gradient: &mut [f64]) -> Result<f64, EvalError> {
        let value = self.value(x)?;
        let Some(function) = &self.gradient else { return Ok(value) };
        let found = Self::numbers("grad", function, x, gradient);
        self.kept(found).map(|()| value)
    }

    fn hessian(
        &mut self,
        x: &[f64],
        gradient: &mut [f64],
        hessian: &mut numpy::ndarray::Array2<f64>,
    ) -> Result<f64, EvalError> {
        let value = self.gradient(x, gradient)?;
        let Some(function) = &self.hessian else { return Ok(value) };
        let mut flat = vec![0.0; self.dim * self.dim];
        let found = Self::numbers("hess", function, x, &mut flat);
        self.kept(found)?;
        hessian.iter_mut().zip(flat).for_each(|(place, number)| *place = number);
        Ok(value)
    }
}

/// Who watches: a function of Python that is told of every iteration, and exceptions that end the work.
pub(crate) struct Watching<'a, 'py> {
    pub(crate) function: Option<Bound<'py, PyAny>>,
    pub(crate) raised: &'a Raised,
}

impl Watching<'_, '_> {
    fn tell(&self, iteration: &Iteration) -> PyResult<()> {
        let Some(function) = &self.function else { return Ok(()) };
        let dict = PyDict::new(function.py());
        dict.set_item("algorithm", iteration.algorithm)?;
        dict.set_item("iteration", iteration.iteration)?;
        dict.set_item("fval", iteration.fval)?;
        dict.set_item("edm", iteration.edm)?;
        dict.set_item("calls", iteration.calls.total())?;
        function.call1((dict,)).map(|_| ())
    }
}

impl Observer for Watching<'_, '_> {
    fn iteration(&mut self, iteration: &Iteration) -> ControlFlow<()> {
        match self.tell(iteration) {
            Ok(()) => ControlFlow::Continue(()),
            Err(exception) => {
                self.raised.keep(exception);
                ControlFlow::Break(())
            }
        }
    }

    fn is_cancelled(&self) -> bool {
        self.raised.is_there()
    }
}
