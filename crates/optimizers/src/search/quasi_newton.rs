//! DRMNGB and DRMNFB: bounded quasi-Newton minimisation with a secant model of the Hessian, in the parameters' own
//! coordinates.
//!
//! Named after the routines of the PORT library that the Fermi-LAT tools use (D. M. Gay, ACM Transactions on
//! Mathematical Software 9 (1983) 503). The step minimises the model within the bounds; instead of PORT's trust region
//! the model's diagonal is damped, as in [`newton`](super::newton). The model starts as the Hessian's diagonal or, where
//! gradients are cheap, the full Hessian, and is then updated after Broyden, Fletcher, Goldfarb and Shanno, with
//! Powell's modification that keeps it positive definite (J. Nocedal, S. Wright, Numerical Optimization, 2nd ed.,
//! procedure 18.2).

use super::damped_step::{Damping, damped_step};
use super::secant_update::update;
use crate::evaluate::evaluator::{Evaluator, Halt, Point, Progress};
use crate::judge::driver::Search;
use crate::judge::verdict;
use crate::linalg;
use crate::linalg::quadratic_model::positive_definite;
use crate::problem::minimum::Status;
use crate::problem::objective::Derivatives;
use crate::problem::options::Options;
use ndarray::Array2;

/// Updates, per parameter and four, after which the model is measured anew.
const MOST_UPDATES: usize = 5;
/// The share of the goal at which the search leaves the rest to Newton steps.
const NEAR: f64 = 0.3;
/// Smallest eigenvalue ratio of a measured model.
const FLOOR: f64 = 1e-6;

/// Minimises from a point with a finite value.
pub(crate) fn search(evaluator: &mut Evaluator<'_>, start: Point, options: &Options) -> Result<Search, Halt> {
    // With the objective's own Hessian the judgement's corrections go the last way quadratically.
    let is_polished = evaluator.derivatives() == Derivatives::Hessian;
    let target = if is_polished { NEAR * evaluator.edm_goal } else { evaluator.aim() };
    let mut here = start;
    let mut model = match evaluator.warm.take().and_then(|inverse| linalg::inverse(&inverse)) {
        Some(known) => known,
        None => first_model(evaluator, &here)?,
    };
    // Whether the model is the last resort already.
    let mut plain = false;
    let (mut age, mut damping) = (0, Damping::default());
    for _ in 0..options.max_iterations {
        if age > MOST_UPDATES * (here.x.len() + 4) {
            (model, age) = (measured(evaluator, &here)?.unwrap_or(model), 0);
        }
        let Some(step) = verdict::step_in_bounds(evaluator, &here, &model) else {
            if plain {
                return Ok(Search { point: here, hessian: None, stopped: Some(Status::NoProgress) });
            }
            (model, age, plain) = (diagonal(evaluator), 0, true);
            continue;
        };
        let edm = step.decrease;
        if edm <= target {
            return Ok(Search { point: here, hessian: None, stopped: None });
        }
        let Some(taken) = damped_step(evaluator, &here, &model, edm, &mut damping)? else {
            if age == 0 {
                let stopped = (edm > evaluator.edm_goal).then_some(Status::NoProgress);
                return Ok(Search { point: here, hessian: None, stopped });
            }
            (model, age, damping) = (first_model(evaluator, &here)?, 0, Damping::default());
            continue;
        };
        update(&mut model, &here, &taken.point);
        plain = false;
        age += 1;
        here = taken.point;
        let progress = Progress { fval: here.f, edm, step: taken.share, damping: damping.factor };
        evaluator.report("QUASI-NEWTON", progress)?;
    }
    Ok(Search { point: here, hessian: None, stopped: Some(Status::IterationLimit) })
}

fn first_model(evaluator: &mut Evaluator<'_>, here: &Point) -> Result<Array2<f64>, Halt> {
    if evaluator.derivatives() >= Derivatives::Gradient
        && let Some(model) = measured(evaluator, here)?
    {
        return Ok(model);
    }
    Ok(diagonal(evaluator))
}

fn measured(evaluator: &mut Evaluator<'_>, here: &Point) -> Result<Option<Array2<f64>>, Halt> {
    let Some(hessian) = evaluator.hessian(here)? else { return Ok(None) };
    let up = evaluator.error_definition();
    let fallback: Vec<f64> = evaluator.steps.iter().map(|step| (2.0 * up).sqrt() / step).collect();
    Ok(positive_definite(&hessian.matrix, &fallback, FLOOR).map(|definite| definite.matrix))
}

fn diagonal(evaluator: &Evaluator<'_>) -> Array2<f64> {
    let up = evaluator.error_definition();
    Array2::from_diag(
        &evaluator.scales().iter().map(|scale| 2.0 * up / (scale * scale)).collect::<ndarray::Array1<f64>>(),
    )
}
