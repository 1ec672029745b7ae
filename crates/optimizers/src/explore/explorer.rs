//! The surroundings of a minimum: where does the objective, minimised over the other parameters, reach a given rise?

use super::descent::{Descent, descend, descend_and_judge};
use super::newton_crossing::{self, Goal, Outcome, Place};
use crate::error::{Error, Result};
use crate::evaluate::task::Task;
use crate::linalg;
use crate::linalg::one_dimension::{self, Next};
use crate::problem::minimum::{Calls, FitQuality, Minimum};
use crate::problem::objective::{Derivatives, Objective};
use crate::problem::observer::Observer;
use crate::problem::options::Options;
use crate::problem::parameters::{Problem, no_such_parameter};
use ndarray::Array2;
use statrs::distribution::{ChiSquared, ContinuousCDF};

/// Accuracy of a crossing in standard deviations.
const ACCURACY: f64 = 1e-5;
/// Constrained minimisations a crossing may take.
const TRIALS: usize = 30;
/// The inner minimisations' tolerance, unless a smaller one is asked for.
const TOLERANCE: f64 = 1e-4;

/// Explores the surroundings of a minimum: MINOS errors, contours, profiles.
///
/// Every point is a minimisation over the other free parameters, starting from what the covariance foresees.
///
/// ```
/// use optimizers::{EvalError, Explorer, Objective, Options, Parameter, Problem, Silent, optimizer};
/// // Poisson: -ln L = m - n ln m for n = 10; its errors are not symmetric.
/// struct Ten;
/// impl Objective for Ten {
///     fn dim(&self) -> usize { 1 }
///     fn value(&mut self, x: &[f64]) -> Result<f64, EvalError> { Ok(x[0] - 10.0 * x[0].ln()) }
/// }
/// let problem = Problem::new(vec![Parameter::new("mean", 8.0).with_bounds(0.0, 100.0)])?;
/// let minimum = optimizer("MINUIT")?.minimize(&mut Ten, &problem, &Options::default(), &mut Silent)?;
/// let errors = Explorer::new(&mut Ten, &problem, &minimum)?.minos(0, &mut Silent)?;
/// assert!((errors.lower.error + 2.838).abs() < 1e-3 && (errors.upper.error - 3.504).abs() < 1e-3);
/// # Ok::<(), optimizers::Error>(())
/// ```
pub struct Explorer<'a> {
    objective: &'a mut dyn Objective,
    problem: Problem,
    pub(crate) minimum: &'a Minimum,
    options: Options,
    rise: f64,
    covariance: Array2<f64>,
    calls: Calls,
}

/// How the search for a crossing ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[non_exhaustive]
pub enum Crossing {
    /// The rise was found.
    Found,
    /// A bound of the parameter comes first; the rise there is smaller.
    AtLimit,
    /// A clearly lower value turned up: the minimum was not the lowest. Minimise again from the values found.
    NewMinimum,
    /// The rise was found, but the other parameters did not come to a minimum there: the true crossing may be farther.
    OthersNotMinimised,
    /// The rise was not found within the limits.
    NotFound,
}

/// How much is done about the other parameters while some are held.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Effort<'v> {
    /// They stay at the minimum.
    Evaluate,
    /// They are minimised over.
    Descend,
    /// They are minimised over, and the result is judged.
    Judge,
    /// The same, starting from these values of all parameters.
    From(&'v [f64]),
}

/// Where a search for a crossing ended.
#[derive(Debug, Clone)]
pub(crate) struct Reached {
    pub(crate) crossing: Crossing,
    pub(crate) values: Vec<f64>,
    pub(crate) fval: f64,
}

impl<'a> Explorer<'a> {
    /// An explorer of `minimum`, found for `objective` and `problem`.
    ///
    /// # Errors
    /// [`Error::Dimension`] when they do not belong together; [`Error::InvalidOption`] when the minimum has no usable
    /// covariance.
    pub fn new(objective: &'a mut dyn Objective, problem: &Problem, minimum: &'a Minimum) -> Result<Self> {
        let covariance = minimum.covariance.clone().filter(|_| minimum.quality > FitQuality::None);
        let Some(covariance) = covariance.filter(|c| c.nrows() == problem.free().len()) else {
            return Err(Error::InvalidOption {
                name: "minimum",
                value: minimum.status.to_string(),
                reason: "exploring it needs the covariance of the problem's free parameters; call hesse first",
            });
        };
        let problem = problem.starting_at(minimum)?;
        let options = Options::default().with_tol(TOLERANCE).with_second_look(false);
        Ok(Self { objective, problem, minimum, options, rise: 1.0, covariance, calls: Calls::default() })
    }

    /// Sets the options of the inner minimisations.
    #[must_use]
    pub fn with_options(mut self, options: Options) -> Self {
        let tolerance = options.tol.min(TOLERANCE);
        self.options = options.with_tol(tolerance).with_second_look(false);
        self
    }

    /// Sets the rise to look for, in error definitions: 1 (the default) for one standard deviation, 4 for two; for
    /// contours of two parameters 2.30 holds 68 % and 5.99 holds 95 %.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] unless it is positive and finite.
    pub fn with_rise(mut self, rise: f64) -> Result<Self> {
        if !(rise.is_finite() && rise > 0.0) {
            return Err(Error::InvalidOption {
                name: "rise",
                value: rise.to_string(),
                reason: "must be positive and finite, in units of the error definition",
            });
        }
        self.rise = rise;
        Ok(self)
    }

    /// Sets the rise by the probability that the true values of `parameters` parameters together lie within it: 1 for
    /// MINOS errors, 2 for contours. It is that quantile of the chi-square distribution of as many degrees of freedom
    /// (Wilks' theorem; F. James, MINUIT Reference Manual, CERN D506, section 7.3).
    ///
    /// ```
    /// # use optimizers::{Explorer, Options, Parameter, Problem, Silent, from_fn, optimizer};
    /// let problem = Problem::new(vec![Parameter::new("x", 1.0)])?;
    /// let mut objective = from_fn(1, |x| 0.5 * x[0] * x[0]);
    /// let minimum = optimizer("MINUIT")?.minimize(&mut objective, &problem, &Options::default(), &mut Silent)?;
    /// let mut explorer = Explorer::new(&mut objective, &problem, &minimum)?.with_confidence(0.95, 1)?;
    /// assert!((explorer.minos(0, &mut Silent)?.upper.error - 1.96).abs() < 1e-3);
    /// # Ok::<(), optimizers::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidOption`] unless the level is between 0 and 1, both excluded, and there is at least one parameter.
    pub fn with_confidence(self, level: f64, parameters: usize) -> Result<Self> {
        let invalid = |reason| Error::InvalidOption { name: "confidence level", value: level.to_string(), reason };
        if !(level > 0.0 && level < 1.0) {
            return Err(invalid("must lie between 0 and 1, both excluded"));
        }
        let chi_square =
            ChiSquared::new(parameters as f64).map_err(|_| invalid("needs at least one parameter that it is of"))?;
        self.with_rise(chi_square.inverse_cdf(level))
    }

    /// Calls of the objective so far.
    pub fn calls(&self) -> Calls {
        self.calls
    }

    pub(crate) fn problem(&self) -> &Problem {
        &self.problem
    }

    /// The value below which a point shows that the minimum was not the lowest.
    pub(crate) fn clearly_lower(&self) -> f64 {
        let goal = self.options.edm_goal(self.problem.error_definition());
        self.minimum.fval - goal.max(1e-10 * self.minimum.fval.abs())
    }

    /// Position of a parameter among the free ones.
    pub(crate) fn position(&self, parameter: usize) -> Result<usize> {
        self.problem.free().iter().position(|&i| i == parameter).ok_or_else(|| no_such_parameter(parameter))
    }

    /// The covariance of two free parameters, by their positions among the free ones.
    pub(crate) fn covariance(&self, a: usize, b: usize) -> f64 {
        self.covariance[[a, b]]
    }

    /// The objective minimised with some parameters held at given values, or merely evaluated there.
    pub(crate) fn held_at(
        &mut self,
        held: &[(usize, f64)],
        effort: Effort<'_>,
        observer: &mut dyn Observer,
    ) -> Result<Descent> {
        let mut problem = self.problem.clone();
        let free = self.problem.free();
        // Minimum values of the others, as the covariance foresees them.
        let rest: Vec<usize> = free.iter().copied().filter(|i| held.iter().all(|(k, _)| k != i)).collect();
        if let Effort::From(values) = effort {
            for &i in &rest {
                problem.set_value(i, values[i])?;
            }
        } else if effort != Effort::Evaluate {
            for (i, value) in self.foreseen(held, &rest) {
                let parameter = &problem.parameters()[i];
                let inside = value.clamp(parameter.lower(), parameter.upper());
                problem.set_value(i, if inside.is_finite() { inside } else { self.minimum.values[i] })?;
            }
        }
        for &(i, value) in held {
            problem.set_value(i, value)?;
            problem.fix(i)?;
        }
        if effort == Effort::Evaluate {
            for &i in &rest {
                problem.fix(i)?;
            }
        }
        let task = Task { objective: self.objective, problem: &problem, options: &self.options, observer };
        let descent = match effort {
            Effort::Judge | Effort::From(_) => descend_and_judge(task)?,
            Effort::Evaluate | Effort::Descend => descend(task)?,
        };
        self.calls += descent.calls;
        Ok(descent)
    }

    fn foreseen(&self, held: &[(usize, f64)], rest: &[usize]) -> Vec<(usize, f64)> {
        let free = self.problem.free();
        let place = |i: usize| free.iter().position(|&k| k == i);
        let held: Vec<(usize, f64)> =
            held.iter().filter_map(|&(i, v)| Some((place(i)?, v - self.minimum.values[i]))).collect();
        let m = held.len();
        let block = Array2::from_shape_fn((m, m), |(a, b)| self.covariance[[held[a].0, held[b].0]]);
        let shifts: Vec<f64> = held.iter().map(|(_, shift)| *shift).collect();
        let Some(weights) = linalg::solve(&block, &shifts) else { return Vec::new() };
        rest.iter()
            .filter_map(|&i| {
                let row = place(i)?;
                let shift: f64 = held.iter().zip(&weights).map(|((k, _), w)| self.covariance[[row, *k]] * w).sum();
                Some((i, self.minimum.values[i] + shift))
            })
            .collect()
    }

    /// Goes from the minimum along a direction of some parameters until the objective, minimised over the others, has
    /// risen as asked. The root of the rise is close to a straight line, so the secant finds it quickly.
    pub(crate) fn cross(&mut self, direction: &[(usize, f64)], observer: &mut dyn Observer) -> Result<Reached> {
        let up = self.problem.error_definition();
        let goal = self.rise.sqrt();
        let longest = self.room(direction);
        let lower = self.clearly_lower();
        let mut reached =
            Reached { crossing: Crossing::NotFound, values: self.minimum.values.clone(), fval: self.minimum.fval };
        if let (&[(parameter, d)], true) = (direction, goal < longest) {
            match self.cross_by_newton(parameter, goal * d, observer)? {
                Outcome::Found(values, fval) => return Ok(Reached { crossing: Crossing::Found, values, fval }),
                Outcome::Stopped => return Ok(reached),
                Outcome::NotThisWay => {}
            }
        }
        let mut crossing = one_dimension::Crossing::new(goal, ACCURACY, longest);
        let mut length = goal.min(longest);
        for _ in 0..TRIALS {
            let held = self.along(direction, length);
            let mut there = self.held_at(&held, Effort::Descend, observer)?;
            if there.is_cut_short() {
                return Ok(reached);
            }
            let height = |there: &Descent| {
                let is_defined = there.fval.is_finite();
                if is_defined { ((there.fval - self.minimum.fval).max(0.0) / up).sqrt() } else { f64::INFINITY }
            };
            let mut high = height(&there);
            if (high - goal).abs() < ACCURACY * goal || high < goal && length >= longest {
                // This is what will be reported: it must be a minimum over the others.
                let from = there.values.clone();
                there = self.held_at(&held, Effort::From(&from), observer)?;
                high = height(&there);
            }
            let is_minimum = there.is_minimum();
            if there.fval.is_finite() {
                reached = Reached { values: there.values, fval: there.fval, ..reached };
                if there.fval < lower {
                    return Ok(Reached { crossing: Crossing::NewMinimum, ..reached });
                }
            }
            let found = if is_minimum { Crossing::Found } else { Crossing::OthersNotMinimised };
            match crossing.after(length, high) {
                Next::Found => return Ok(Reached { crossing: found, ..reached }),
                Next::AtLimit => return Ok(Reached { crossing: Crossing::AtLimit, ..reached }),
                Next::Exhausted => break,
                Next::Try(next) => length = next,
            }
        }
        Ok(reached)
    }

    /// Values of the parameters of a direction, a length from the minimum, within their bounds.
    fn along(&self, direction: &[(usize, f64)], length: f64) -> Vec<(usize, f64)> {
        let at = |&(i, d): &(usize, f64)| {
            let parameter = &self.problem.parameters()[i];
            (i, (self.minimum.values[i] + length * d).clamp(parameter.lower(), parameter.upper()))
        };
        direction.iter().map(at).collect()
    }

    /// The crossing of one parameter near its parabolic error, where the objective has exact second derivatives and nothing limits the number
    /// of calls or the time.
    fn cross_by_newton(&mut self, parameter: usize, shift: f64, observer: &mut dyn Observer) -> Result<Outcome> {
        let is_limited = self.options.max_calls.is_some() || self.options.time_limit.is_some();
        if self.objective.derivatives() != Derivatives::Hessian || is_limited {
            return Ok(Outcome::NotThisWay);
        }
        let best = self.minimum.values[parameter];
        let free = self.problem.free();
        let others: Vec<usize> = free.iter().copied().filter(|&i| i != parameter).collect();
        let mut start = self.minimum.values.clone();
        start[parameter] = best + shift;
        for (i, value) in self.foreseen(&[(parameter, best + shift)], &others) {
            start[i] = value;
        }
        let up = self.problem.error_definition();
        let goal = Goal {
            moving: self.position(parameter)?,
            best,
            lowest: self.minimum.fval,
            rise: self.rise * up,
            // The rise grows with the square of the way.
            accuracy: 2.0 * ACCURACY * self.rise * up,
            edm: self.options.edm_goal(up),
        };
        let place = Place { objective: self.objective, problem: &self.problem, calls: &mut self.calls, observer };
        newton_crossing::solve(place, &goal, start)
    }

    /// How far the bounds let one go along a direction.
    fn room(&self, direction: &[(usize, f64)]) -> f64 {
        direction
            .iter()
            .filter(|(_, d)| *d != 0.0)
            .map(|&(i, d)| {
                let parameter = &self.problem.parameters()[i];
                let bound = if d > 0.0 { parameter.upper() } else { parameter.lower() };
                ((bound - self.minimum.values[i]) / d).max(0.0)
            })
            .fold(f64::INFINITY, f64::min)
    }
}
