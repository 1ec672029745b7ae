//! NEWTON: damped Newton steps within the bounds, with the exact Hessian where the objective offers one.
//!
//! Every step minimises the quadratic model within the bounds, the Hessian's diagonal enlarged by Levenberg's and
//! Marquardt's damping. The damping follows the ratio of the actual to the predicted decrease (J. J. Moré, The
//! Levenberg-Marquardt algorithm, Lecture Notes in Mathematics 630 (1978) 105). Where the Hessian is not positive
//! definite its eigenvalues are replaced by their absolute values, so that saddle points repel (Y. Dauphin et al.,
//! Advances in Neural Information Processing Systems 27 (2014) 2933); for a sum of squares the Gauss-Newton matrix
//! takes its place.

use super::damped_step::{Damping, damped_step};
use crate::evaluate::evaluator::{Evaluator, Halt, Hessian, Point, Progress};
use crate::judge::driver::Search;
use crate::judge::verdict;
use crate::linalg;
use crate::linalg::quadratic_model;
use crate::problem::minimum::Status;
use crate::problem::options::Options;
use ndarray::Array2;

/// The search goes on until the distance to the minimum is this small, in error definitions, since the last steps
/// converge quadratically and cost little: one more Hessian.
const AIM: f64 = 1e-9;

/// NEWTON from a point with a finite value.
pub(crate) fn search(evaluator: &mut Evaluator<'_>, start: Point, options: &Options) -> Result<Search, Halt> {
    let up = evaluator.error_definition();
    let target = (AIM * up).min(0.1 * evaluator.edm_goal);
    let mut damping = Damping::with_hessians(options.initial_damping);
    let mut here = start;
    let mut next_hessian = None;
    for _ in 0..options.max_iterations {
        let known = match next_hessian.take() {
            Some(hessian) => Some(hessian),
            None => evaluator.hessian(&here)?,
        };
        let Some(hessian) = known else {
            return Ok(Search { point: here, hessian: None, stopped: Some(Status::NoHessian) });
        };
        let Some((model, edm)) = model(evaluator, &here, &hessian)? else {
            return Ok(Search { point: here, hessian: Some(hessian), stopped: Some(Status::NoProgress) });
        };
        evaluator.approximation = linalg::inverse(&model);
        if edm <= target {
            return Ok(Search { point: here, hessian: Some(hessian), stopped: None });
        }
        let Some(taken) = damped_step(evaluator, &here, &model, edm, &mut damping)? else {
            let stopped = (edm > evaluator.edm_goal).then_some(Status::NoProgress);
            return Ok(Search { point: here, hessian: Some(hessian), stopped });
        };
        (here, next_hessian) = (taken.point, taken.hessian);
        let progress = Progress { fval: here.f, edm, step: taken.share, damping: damping.factor };
        evaluator.report("NEWTON", progress)?;
    }
    Ok(Search { point: here, hessian: None, stopped: Some(Status::IterationLimit) })
}

/// The positive definite model matrix at a point, and the model's decrease to its minimum within the bounds.
fn model(evaluator: &mut Evaluator<'_>, here: &Point, hessian: &Hessian) -> Result<Option<(Array2<f64>, f64)>, Halt> {
    let model = verdict::definite_model(evaluator, here, hessian);
    if model.as_ref().is_none_or(|model| !model.is_definite)
        && let Some(matrix) = evaluator.gauss_newton(&here.x)?
        && let Some(found) = definite(evaluator, here, &Hessian { matrix, accuracy: hessian.accuracy })
    {
        return Ok(Some(found));
    }
    Ok(definite(evaluator, here, hessian))
}

fn definite(evaluator: &Evaluator<'_>, here: &Point, hessian: &Hessian) -> Option<(Array2<f64>, f64)> {
    let model = verdict::definite_model(evaluator, here, hessian)?;
    if let Some(step) = verdict::step_in_bounds(evaluator, here, &model.matrix) {
        return Some((model.matrix, step.decrease));
    }
    // A parameter leaves its bound along which the curvature is negative.
    let whole = quadratic_model::positive_definite(&hessian.matrix, &model.fallback, hessian.accuracy)?;
    let step = verdict::step_in_bounds(evaluator, here, &whole.matrix)?;
    Some((whole.matrix, step.decrease))
}
