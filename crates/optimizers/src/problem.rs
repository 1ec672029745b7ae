//! The parameters of a minimisation: where they start, how far they may go, and what "one sigma" means.

use crate::error::{Error, Result};

/// One parameter: start value, first step, bounds, and whether it stays fixed.
///
/// ```
/// use optimizers::Parameter;
/// let flux = Parameter::new("flux", 1.0).with_step(0.1).with_bounds(0.0, 1e3);
/// assert_eq!(flux.upper(), 1e3);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    name: String,
    value: f64,
    step: Option<f64>,
    lower: f64,
    upper: f64,
    fixed: bool,
}

impl Parameter {
    /// A free parameter without bounds.
    pub fn new(name: impl Into<String>, value: f64) -> Self {
        Self { name: name.into(), value, step: None, lower: f64::NEG_INFINITY, upper: f64::INFINITY, fixed: false }
    }

    /// Sets the first step: a guess of the parameter's error. It need not be good.
    #[must_use]
    pub fn with_step(mut self, step: f64) -> Self {
        self.step = Some(step);
        self
    }

    /// Sets the bounds, which are part of the allowed range; an infinite one does not bind.
    #[must_use]
    pub fn with_bounds(mut self, lower: f64, upper: f64) -> Self {
        self.lower = lower;
        self.upper = upper;
        self
    }

    /// Fixes (`true`) or releases (`false`) the parameter.
    #[must_use]
    pub fn with_fixed(mut self, fixed: bool) -> Self {
        self.fixed = fixed;
        self
    }

    /// The name, used in messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The start value.
    pub fn value(&self) -> f64 {
        self.value
    }

    /// The first step: the one that was set, else a tenth of the value, and never more than a tenth of the range.
    pub fn step(&self) -> f64 {
        let guess = self.step.unwrap_or(if self.value == 0.0 { 0.1 } else { 0.1 * self.value.abs() });
        guess.min(0.1 * (self.upper - self.lower))
    }

    /// The lower bound, `-inf` when there is none.
    pub fn lower(&self) -> f64 {
        self.lower
    }

    /// The upper bound, `inf` when there is none.
    pub fn upper(&self) -> f64 {
        self.upper
    }

    /// Whether the parameter keeps its start value.
    pub fn is_fixed(&self) -> bool {
        self.fixed
    }

    fn check(&self, index: usize) -> Result<()> {
        let invalid = |reason: String| Err(Error::InvalidParameter { index, name: self.name.clone(), reason });
        if !self.value.is_finite() {
            return invalid(format!("the start value is {}; give a finite one", self.value));
        }
        if self.step.is_some_and(|step| !(step.is_finite() && step > 0.0)) {
            return invalid("the step must be positive and finite".into());
        }
        if self.lower.is_nan() || self.upper.is_nan() || self.lower >= self.upper {
            return invalid(format!(
                "the bounds [{}, {}] are empty; the lower one must lie below the upper one (fix the parameter to hold it)",
                self.lower, self.upper
            ));
        }
        if !(self.lower..=self.upper).contains(&self.value) {
            return invalid(format!(
                "the start value {} lies outside its bounds [{}, {}]; move it or widen them",
                self.value, self.lower, self.upper
            ));
        }
        Ok(())
    }
}

/// The parameters and the error definition.
///
/// The *error definition* (MINUIT's `UP`) is the rise of the objective that marks one standard deviation: 0.5 for
/// -log likelihood (the default), 1 for chi square.
///
/// ```
/// use optimizers::{Parameter, Problem};
/// let problem = Problem::new(vec![Parameter::new("a", 1.0), Parameter::new("b", 2.0).with_fixed(true)])?;
/// assert_eq!(problem.free(), [0]);
/// # Ok::<(), optimizers::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    parameters: Vec<Parameter>,
    error_definition: f64,
}

impl Problem {
    /// A problem with error definition 0.5.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for a value, step or bound that is not finite or does not fit the others.
    pub fn new(parameters: Vec<Parameter>) -> Result<Self> {
        for (index, parameter) in parameters.iter().enumerate() {
            parameter.check(index)?;
        }
        Ok(Self { parameters, error_definition: 0.5 })
    }

    /// Sets the error definition.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] unless it is positive and finite.
    pub fn with_error_definition(mut self, error_definition: f64) -> Result<Self> {
        if !(error_definition.is_finite() && error_definition > 0.0) {
            return Err(Error::InvalidOption {
                name: "error_definition",
                value: error_definition.to_string(),
                reason: "must be positive and finite: 0.5 for -log likelihood, 1 for chi square",
            });
        }
        self.error_definition = error_definition;
        Ok(self)
    }

    /// All parameters, fixed ones included.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// The rise of the objective that marks one standard deviation.
    pub fn error_definition(&self) -> f64 {
        self.error_definition
    }

    /// Positions of the free parameters.
    pub fn free(&self) -> Vec<usize> {
        (0..self.parameters.len()).filter(|&i| !self.parameters[i].fixed).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_parameters_are_named() {
        let cases = [
            Parameter::new("bad", f64::NAN),
            Parameter::new("bad", 1.0).with_bounds(2.0, 3.0),
            Parameter::new("bad", 1.0).with_bounds(1.0, 1.0),
            Parameter::new("bad", 1.0).with_bounds(f64::NAN, 1.0),
            Parameter::new("bad", 1.0).with_step(0.0),
            Parameter::new("bad", 1.0).with_step(f64::INFINITY),
        ];
        for case in cases {
            let error = Problem::new(vec![Parameter::new("good", 0.0), case]).unwrap_err();
            assert!(matches!(error, Error::InvalidParameter { index: 1, .. }), "{error}");
        }
        assert!(Problem::new(vec![]).unwrap().with_error_definition(-1.0).is_err());
    }

    #[test]
    fn the_step_never_exceeds_a_tenth_of_the_range() {
        assert_eq!(Parameter::new("p", 5.0).step(), 0.5);
        assert_eq!(Parameter::new("p", 5.0).with_step(1.0).with_bounds(4.0, 6.0).step(), 0.2);
        assert_eq!(Parameter::new("p", 0.0).step(), 0.1);
    }
}
