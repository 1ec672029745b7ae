//! The step of damped Newton and quasi-Newton searches: the minimum of the quadratic model within the bounds, the model's diagonal enlarged by Levenberg's
//! and Marquardt's damping until the step is good.

use crate::evaluate::evaluator::{Evaluator, Halt, Hessian, Point};
use crate::judge::verdict;
use crate::linalg::quadratic_model::{self, Step};
use crate::problem::objective::Derivatives;
use ndarray::Array2;

/// Damping after a first failure without any.
const FIRST_DAMPING: f64 = 1e-9;
/// Damping at which no step can be told from none.
const STUCK: f64 = 1e15;
/// Share of a failed step's predicted decrease below which the next one is tried.
const SHORTER: f64 = 0.8;
/// Share of the predicted decrease that must come true.
const ENOUGH: f64 = 1e-4;
/// Share of the predicted decrease from which a step did what the model foresaw.
const TRUE_TO_MODEL: f64 = 0.75;

/// How the steps of a search are damped.
#[derive(Debug, Default)]
pub(crate) struct Damping {
    /// In units of the model's diagonal.
    pub(crate) factor: f64,
    /// Whether the search goes on with the Hessian at the next point.
    wants_hessian: bool,
    /// Whether the last step did what the model foresaw, so that the next one will do, too.
    is_trusted: bool,
}

impl Damping {
    /// Of a search that goes on with the Hessian at each point.
    pub(crate) fn with_hessians(factor: f64) -> Self {
        Self { factor, wants_hessian: true, is_trusted: false }
    }
}

/// A step that was taken.
pub(crate) struct Taken {
    pub(crate) point: Point,
    /// The Hessian there, where it came with the point.
    pub(crate) hessian: Option<Hessian>,
    /// The share of the undamped decrease that the step promised.
    pub(crate) share: f64,
}

/// Tries steps with growing damping until one is good.
pub(crate) fn damped_step(
    evaluator: &mut Evaluator<'_>,
    here: &Point,
    model: &Array2<f64>,
    edm: f64,
    damping: &mut Damping,
) -> Result<Option<Taken>, Halt> {
    let mut growth = 8.0;
    let mut rejected = f64::INFINITY;
    while damping.factor < STUCK {
        let mut damped = model.clone();
        damped.diag_mut().mapv_inplace(|d| d * (1.0 + damping.factor));
        let Some(Step { p, .. }) = verdict::step_in_bounds(evaluator, here, &damped) else { return Ok(None) };
        let x = verdict::target(evaluator, here, &p, 1.0);
        if x == here.x {
            return Ok(None);
        }
        let predicted = -quadratic_model::model(model, &here.g, &p);
        if predicted > SHORTER * rejected {
            // Hardly shorter than the step that failed: not worth a call.
            damping.factor = (growth * damping.factor).max(FIRST_DAMPING);
            continue;
        }
        let visible = edm > evaluator.slack(here.f);
        let (next, hessian) = if evaluator.derivatives() == Derivatives::None {
            // A gradient costs many values: only where the value is good.
            let f = evaluator.value(&x)?;
            let good = !visible || (here.f - f) / predicted > ENOUGH;
            (evaluator.complete(&x, if good { f } else { f64::INFINITY })?, None)
        } else if damping.wants_hessian && damping.is_trusted {
            evaluator.point_with_hessian(&x)?
        } else {
            (evaluator.point(&x)?, None)
        };
        if next.is_finite() {
            let next_edm = verdict::step_in_bounds(evaluator, &next, model).map_or(f64::INFINITY, |s| s.decrease);
            let gain = (here.f - next.f) / predicted;
            if visible && gain > ENOUGH || !visible && evaluator.improves((here.f, edm), (next.f, next_edm)) {
                damping.is_trusted = gain > TRUE_TO_MODEL || !visible;
                if damping.is_trusted {
                    damping.factor *= 0.1;
                } else if gain < 0.25 {
                    damping.factor *= 4.0;
                }
                return Ok(Some(Taken { point: next, hessian, share: predicted / edm }));
            }
        }
        rejected = predicted;
        damping.is_trusted = false;
        // Failures in a row call for ever bolder damping.
        damping.factor = (growth * damping.factor).max(FIRST_DAMPING);
        growth *= 2.0;
    }
    damping.factor = FIRST_DAMPING;
    Ok(None)
}
