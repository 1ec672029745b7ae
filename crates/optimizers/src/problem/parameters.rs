//! The parameters of a minimisation: where they start, how far they may go, and what "one sigma" means.

use super::minimum::Minimum;
use crate::error::{Error, Result};
use crate::linalg;
use ndarray::Array2;

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
        let is_room = self.lower < self.upper || self.fixed && self.lower == self.upper;
        if !is_room {
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
    /// Covariance of an earlier result, over all parameters; 0 on the diagonal where it was fixed.
    covariance: Option<Array2<f64>>,
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
        Ok(Self { parameters, error_definition: 0.5, covariance: None })
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

    /// Fixes a parameter at its value.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] when there is no such parameter.
    pub fn fix(&mut self, index: usize) -> Result<()> {
        self.entry(index)?.fixed = true;
        Ok(())
    }

    /// Releases a fixed parameter.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] when there is no such parameter, [`Error::InvalidParameter`] when its bounds leave it no
    /// room.
    pub fn release(&mut self, index: usize) -> Result<()> {
        let entry = self.entry(index)?;
        let was_fixed = std::mem::replace(&mut entry.fixed, false);
        let checked = entry.check(index);
        if checked.is_err() {
            entry.fixed = was_fixed;
        }
        checked
    }

    /// Moves a parameter's start value.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] when there is no such parameter, [`Error::InvalidParameter`] when the value lies outside
    /// the bounds or is not finite.
    pub fn set_value(&mut self, index: usize, value: f64) -> Result<()> {
        let entry = self.entry(index)?;
        let old = std::mem::replace(&mut entry.value, value);
        let checked = entry.check(index);
        if checked.is_err() {
            entry.value = old;
        }
        checked
    }

    /// A warm start: the same problem, starting at an earlier result, with its errors as steps and its covariance as
    /// the first metric of MIGRAD and the quasi-Newton optimizers.
    ///
    /// Parameters may be fixed, released and moved afterwards; what is known of the others is kept.
    ///
    /// ```
    /// use optimizers::{EvalError, Objective, Options, Parameter, Problem, Silent, optimizer};
    /// # struct Bowl;
    /// # impl Objective for Bowl {
    /// #     fn dim(&self) -> usize { 2 }
    /// #     fn value(&mut self, x: &[f64]) -> Result<f64, EvalError> {
    /// #         Ok((x[0] - 1.0).powi(2) + 10.0 * (x[1] - x[0]).powi(2))
    /// #     }
    /// # }
    /// let problem = Problem::new(vec![Parameter::new("a", 5.0), Parameter::new("b", 0.0)])?;
    /// let minuit = optimizer("MINUIT")?;
    /// let first = minuit.minimize(&mut Bowl, &problem, &Options::default(), &mut Silent)?;
    /// let mut again = problem.starting_at(&first)?;
    /// again.set_value(0, 1.5)?;
    /// again.fix(0)?;
    /// let second = minuit.minimize(&mut Bowl, &again, &Options::default(), &mut Silent)?;
    /// assert!((second.values[1] - 1.5).abs() < 1e-3 && second.calls.total() < first.calls.total());
    /// # Ok::<(), optimizers::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Dimension`] when the result belongs to another problem, [`Error::InvalidParameter`] when its values
    /// violate the bounds of this one.
    pub fn starting_at(&self, minimum: &Minimum) -> Result<Self> {
        let n = self.parameters.len();
        if minimum.values.len() != n {
            return Err(Error::Dimension { objective: minimum.values.len(), problem: n });
        }
        let mut next = self.clone();
        for (index, entry) in next.parameters.iter_mut().enumerate() {
            entry.value = minimum.values[index];
            if minimum.errors[index].is_normal() {
                entry.step = Some(minimum.errors[index]);
            }
            entry.check(index)?;
        }
        let known = minimum.covariance.as_ref().filter(|c| c.nrows() == self.free().len());
        next.covariance = known.map(|covariance| self.spread(covariance));
        Ok(next)
    }

    /// A covariance of the free parameters, in their order, as the first metric of MIGRAD and the quasi-Newton optimizers:
    /// one guessed, or scaled from an earlier result. [`starting_at`](Self::starting_at) takes a result's own.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] when its size is not that of the free parameters, or it is not positive definite.
    pub fn with_covariance(mut self, covariance: &Array2<f64>) -> Result<Self> {
        let free = self.free();
        let is_usable = covariance.nrows() == free.len() && linalg::cholesky(covariance).is_some();
        if !is_usable {
            return Err(Error::InvalidOption {
                name: "covariance",
                value: format!("{:?}", covariance.dim()),
                reason: "must be a positive definite matrix with a row for each free parameter",
            });
        }
        self.covariance = Some(self.spread(covariance));
        Ok(self)
    }

    /// A matrix over the free parameters as one over all.
    fn spread(&self, covariance: &Array2<f64>) -> Array2<f64> {
        let n = self.parameters.len();
        let mut full = Array2::zeros((n, n));
        let free = self.free();
        for (a, &i) in free.iter().enumerate() {
            for (b, &j) in free.iter().enumerate() {
                full[[i, j]] = covariance[[a, b]];
            }
        }
        full
    }

    /// The Hessian of the free parameters according to the known covariance, with those fixed since then held; `None`
    /// when a free one was not free then.
    pub(crate) fn known_hessian(&self) -> Option<Array2<f64>> {
        let covariance = self.covariance.as_ref()?;
        let known: Vec<usize> = (0..self.parameters.len()).filter(|&i| covariance[[i, i]] > 0.0).collect();
        let m = known.len();
        let block = Array2::from_shape_fn((m, m), |(a, b)| covariance[[known[a], known[b]]]);
        let hessian = linalg::inverse(&block)? * (2.0 * self.error_definition);
        let kept: Option<Vec<usize>> = self.free().into_iter().map(|i| known.iter().position(|&k| k == i)).collect();
        let kept = kept?;
        Some(Array2::from_shape_fn((kept.len(), kept.len()), |(a, b)| hessian[[kept[a], kept[b]]]))
    }

    fn entry(&mut self, index: usize) -> Result<&mut Parameter> {
        self.parameters.get_mut(index).ok_or_else(|| no_such_parameter(index))
    }

    /// Positions of the free parameters.
    pub fn free(&self) -> Vec<usize> {
        (0..self.parameters.len()).filter(|&i| !self.parameters[i].fixed).collect()
    }
}

pub(crate) fn no_such_parameter(index: usize) -> Error {
    Error::InvalidOption {
        name: "parameter",
        value: index.to_string(),
        reason: "there is no such free parameter in the problem",
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
