//! HESSE: the covariance at a point, without a search.

use super::confirm::confirm;
use super::driver::{End, begin, conclude};
use super::verdict;
use crate::error::Result;
use crate::evaluate::evaluator::{Evaluator, Halt};
use crate::evaluate::task::Task;
use crate::problem::minimum::Minimum;
use crate::problem::objective::Objective;
use crate::problem::observer::Observer;
use crate::problem::options::Options;
use crate::problem::parameters::Problem;

/// Calculates the covariance at the problem's start values, without searching: MINUIT's HESSE.
///
/// The objective's own Hessian is used when it offers one, else differences of gradients, else of values. The result's
/// quality 3 claims a minimum as it does elsewhere: away from one, the distance to it (`edm`) is above the goal and the
/// status says so.
///
/// # Errors
/// [`Error::Dimension`](crate::Error::Dimension), [`Error::InvalidOption`](crate::Error::InvalidOption),
/// [`Error::Objective`](crate::Error::Objective).
///
/// ```
/// use optimizers::{EvalError, FitQuality, Objective, Options, Parameter, Problem, Silent, hesse};
/// struct Parabola;
/// impl Objective for Parabola {
///     fn dim(&self) -> usize { 1 }
///     fn value(&mut self, x: &[f64]) -> Result<f64, EvalError> { Ok(0.5 * ((x[0] - 3.0) / 0.2).powi(2)) }
/// }
/// let problem = Problem::new(vec![Parameter::new("mean", 3.0)])?;
/// let minimum = hesse(&mut Parabola, &problem, &Options::default(), &mut Silent)?;
/// assert_eq!(minimum.quality, FitQuality::Accurate);
/// assert!((minimum.errors[0] - 0.2).abs() < 1e-6);
/// # Ok::<(), optimizers::Error>(())
/// ```
pub fn hesse(
    objective: &mut dyn Objective,
    problem: &Problem,
    options: &Options,
    observer: &mut dyn Observer,
) -> Result<Minimum> {
    let span = tracing::debug_span!("hesse", free = problem.free().len());
    let _entered = span.enter();
    let mut evaluator = Evaluator::new(Task { objective, problem, options, observer })?;
    let outcome = judge_here(&mut evaluator);
    conclude(&evaluator, problem, outcome)
}

fn judge_here(evaluator: &mut Evaluator<'_>) -> std::result::Result<End, Halt> {
    let point = match begin(evaluator)? {
        Ok(point) => point,
        Err(end) => return Ok(end),
    };
    let mut verdict = None;
    if let Some(hessian) = evaluator.hessian(&point)? {
        let mut judged = verdict::judge(evaluator, &point, &hessian);
        confirm(evaluator, &point, &hessian, &mut judged)?;
        verdict = Some(judged);
    }
    Ok(End { point, verdict, stopped: None })
}
