//! NEWTON: damped Newton steps within the bounds, with the exact Hessian where the objective offers one.
//!
//! Every step minimises the quadratic model within the bounds, the Hessian's diagonal enlarged by Levenberg's and
//! Marquardt's damping. The damping follows the ratio of the actual to the predicted decrease (J. J. Moré, The
//! Levenberg-Marquardt algorithm, Lecture Notes in Mathematics 630 (1978) 105). Where the Hessian is not positive
//! definite its eigenvalues are replaced by their absolute values, so that saddle points repel (Y. Dauphin et al.,
//! Advances in Neural Information Processing Systems 27 (2014) 2933); for a sum of squares the Gauss-Newton matrix
//! takes its place.

use crate::evaluate::evaluator::{Evaluator, Halt, Hessian, Point, Progress};
use crate::judge::driver::Search;
use crate::judge::verdict;
use crate::linalg;
use crate::linalg::quadratic_model::{self, Step};
use crate::problem::minimum::Status;
use crate::problem::objective::Derivatives;
use crate::problem::options::Options;
use ndarray::Array2;

/// The search goes on until the distance to the minimum is this small, in error definitions, since the last steps
/// converge quadratically and cost little: one more Hessian.
const AIM: f64 = 1e-9;
/// Damping after a first failure without any.
const FIRST_DAMPING: f64 = 1e-9;
/// Damping at which no step can be told from none.
const STUCK: f64 = 1e15;
/// Share of a failed step's predicted decrease below which the next one is tried.
const SHORTER: f64 = 0.8;
/// Share of the predicted decrease that must come true.
const ENOUGH: f64 = 1e-4;

/// NEWTON from a point with a finite value.
pub(crate) fn search(evaluator: &mut Evaluator<'_>, start: Point, options: &Options) -> Result<Search, Halt> {
    let up = evaluator.error_definition();
    let target = (AIM * up).min(0.1 * evaluator.edm_goal);
    let mut damping = options.initial_damping;
    let mut here = start;
    for _ in 0..options.max_iterations {
        let Some(hessian) = evaluator.hessian(&here)? else {
            return Ok(Search { point: here, hessian: None, stopped: Some(Status::NoHessian) });
        };
        let Some((model, edm)) = model(evaluator, &here, &hessian)? else {
            return Ok(Search { point: here, hessian: Some(hessian), stopped: Some(Status::NoProgress) });
        };
        evaluator.approximation = linalg::inverse(&model);
        if edm <= target {
            return Ok(Search { point: here, hessian: Some(hessian), stopped: None });
        }
        let Some((next, _, length)) = damped_step(evaluator, &here, &model, edm, &mut damping)? else {
            let stopped = (edm > evaluator.edm_goal).then_some(Status::NoProgress);
            return Ok(Search { point: here, hessian: Some(hessian), stopped });
        };
        here = next;
        evaluator.report("NEWTON", Progress { fval: here.f, edm, step: length, damping })?;
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

/// Tries steps with growing damping until one is good: the new point, its distance to the minimum by the same model,
/// and the share of the undamped decrease that the step promised.
pub(crate) fn damped_step(
    evaluator: &mut Evaluator<'_>,
    here: &Point,
    model: &Array2<f64>,
    edm: f64,
    damping: &mut f64,
) -> Result<Option<(Point, f64, f64)>, Halt> {
    let mut growth = 8.0;
    let mut rejected = f64::INFINITY;
    while *damping < STUCK {
        let mut damped = model.clone();
        damped.diag_mut().mapv_inplace(|d| d * (1.0 + *damping));
        let Some(Step { p, .. }) = verdict::step_in_bounds(evaluator, here, &damped) else { return Ok(None) };
        let x = verdict::target(evaluator, here, &p, 1.0);
        if x == here.x {
            return Ok(None);
        }
        let predicted = -quadratic_model::model(model, &here.g, &p);
        if predicted > SHORTER * rejected {
            // Hardly shorter than the step that failed: not worth a call.
            *damping = (growth * *damping).max(FIRST_DAMPING);
            continue;
        }
        let visible = edm > evaluator.slack(here.f);
        let next = if evaluator.derivatives() == Derivatives::None {
            // A gradient costs many values: only where the value is good.
            let f = evaluator.value(&x)?;
            let good = !visible || (here.f - f) / predicted > ENOUGH;
            evaluator.complete(&x, if good { f } else { f64::INFINITY })?
        } else {
            evaluator.point(&x)?
        };
        if next.is_finite() {
            let next_edm = verdict::step_in_bounds(evaluator, &next, model).map_or(f64::INFINITY, |s| s.decrease);
            let gain = (here.f - next.f) / predicted;
            if visible && gain > ENOUGH || !visible && evaluator.improves((here.f, edm), (next.f, next_edm)) {
                if gain > 0.75 || !visible {
                    *damping *= 0.1;
                } else if gain < 0.25 {
                    *damping *= 4.0;
                }
                return Ok(Some((next, next_edm, predicted / edm)));
            }
        }
        rejected = predicted;
        // Failures in a row call for ever bolder damping.
        *damping = (growth * *damping).max(FIRST_DAMPING);
        growth *= 2.0;
    }
    *damping = FIRST_DAMPING;
    Ok(None)
}
