//! The judgement on a point: is it a minimum, what is the covariance there, and how far can both be trusted?

use super::covariance::{self, Errors, Parts};
use crate::evaluate::evaluator::{Evaluator, Hessian, Point};
use crate::linalg;
use crate::linalg::quadratic_model::{self, Definite, Step};
use crate::problem::minimum::{FitQuality, Status};
use ndarray::Array2;

/// A pull outwards, in error definitions per standard deviation, below which a bound counts as not felt.
const NEGLIGIBLE: f64 = 1e-6;
/// An error below this share of a parameter's value is that of a parameter that is constrained.
const WELL_KNOWN: f64 = 0.1;

/// What is known of a point.
#[derive(Debug, Clone)]
pub(crate) struct Verdict {
    pub(crate) edm: f64,
    pub(crate) covariance: Option<Array2<f64>>,
    pub(crate) quality: FitQuality,
    pub(crate) status: Status,
    /// Whether the Hessian is positive definite as it stands in the parameters that no bound holds.
    pub(crate) is_definite: bool,
    /// Free parameters held at a bound.
    pub(crate) at_limit: Vec<bool>,
    /// The step to the model's minimum in the box.
    pub(crate) step: Option<Step>,
    /// A direction of negative curvature, one standard deviation long.
    pub(crate) downhill: Option<Vec<f64>>,
    /// The direction that the objective constrains least, likewise, and its share of the strongest curvature.
    pub(crate) weakest: Vec<f64>,
    pub(crate) ratio: f64,
    /// Conditional standard deviations, the natural lengths of the parameters.
    pub(crate) units: Vec<f64>,
    /// Parameters whose error is as long as their range.
    pub(crate) at_range: Vec<bool>,
    /// The share of each parameter's variance that is due to directions which the objective does not constrain.
    pub(crate) unconstrained: Vec<f64>,
}

/// Which free parameters sit on a bound with the objective falling outwards.
fn held_at_limit(evaluator: &Evaluator<'_>, point: &Point, h: &Array2<f64>) -> Vec<bool> {
    let up = evaluator.error_definition();
    (0..point.x.len())
        .map(|i| {
            let outward = if point.x[i] <= evaluator.lower()[i] {
                point.g[i]
            } else if point.x[i] >= evaluator.upper()[i] {
                -point.g[i]
            } else {
                return false;
            };
            let sigma = (2.0 * up / h[[i, i]].abs()).sqrt().min(evaluator.upper()[i] - evaluator.lower()[i]);
            outward * sigma > NEGLIGIBLE * up || outward > 0.0 && !sigma.is_finite()
        })
        .collect()
}

/// The quadratic model at a point, made positive definite in the parameters that no bound holds.
#[derive(Debug, Clone)]
pub(crate) struct DefiniteModel {
    /// The Hessian of all free parameters, its block of the `unheld` ones made positive definite.
    pub(crate) matrix: Array2<f64>,
    /// Inverse lengths of the unheld parameters where they have no curvature.
    pub(crate) fallback: Vec<f64>,
    /// Whether that block was positive definite already.
    pub(crate) is_definite: bool,
    at_limit: Vec<bool>,
    unheld: Vec<usize>,
    block: Definite,
}

/// The model at `point`; `None` when the Hessian is not finite.
pub(crate) fn definite_model(evaluator: &Evaluator<'_>, point: &Point, hessian: &Hessian) -> Option<DefiniteModel> {
    let h = &hessian.matrix;
    let at_limit = held_at_limit(evaluator, point, h);
    let unheld: Vec<usize> = (0..point.x.len()).filter(|&i| !at_limit[i]).collect();
    let fallback: Vec<f64> = (0..point.x.len()).map(|i| inverse_reach(evaluator, point, i)).collect();
    let m = unheld.len();
    let block = Array2::from_shape_fn((m, m), |(a, b)| h[[unheld[a], unheld[b]]]);
    let block_fallback: Vec<f64> = unheld.iter().map(|&i| fallback[i]).collect();
    let block = quadratic_model::positive_definite(&block, &block_fallback, hessian.accuracy)?;
    let mut matrix = h.clone();
    for (a, &i) in unheld.iter().enumerate() {
        for (b, &j) in unheld.iter().enumerate() {
            matrix[[i, j]] = block.matrix[[a, b]];
        }
    }
    let is_definite = block.ratio > hessian.accuracy;
    Some(DefiniteModel { matrix, fallback, is_definite, at_limit, unheld, block })
}

/// The step from `point` to the minimum of the model with Hessian `matrix` within the bounds.
pub(crate) fn step_in_bounds(evaluator: &Evaluator<'_>, point: &Point, matrix: &Array2<f64>) -> Option<Step> {
    let room = |bound: &[f64]| -> Vec<f64> { bound.iter().zip(&point.x).map(|(b, x)| b - x).collect() };
    quadratic_model::minimize_in_box(matrix, &point.g, &room(evaluator.lower()), &room(evaluator.upper()))
}

/// `x + length p`, exactly on a bound where that is meant.
pub(crate) fn target(evaluator: &Evaluator<'_>, point: &Point, p: &[f64], length: f64) -> Vec<f64> {
    (0..p.len())
        .map(|i| {
            let (x, step) = (point.x[i], length * p[i]);
            let (lower, upper) = (evaluator.lower()[i], evaluator.upper()[i]);
            if step == lower - x {
                lower
            } else if step == upper - x {
                upper
            } else {
                (x + step).clamp(lower, upper)
            }
        })
        .collect()
}

/// Judges `point` by its gradient and Hessian alone, without evaluating anything.
pub(crate) fn judge(evaluator: &Evaluator<'_>, point: &Point, hessian: &Hessian) -> Verdict {
    let n = point.x.len();
    let up = evaluator.error_definition();
    let h = &hessian.matrix;
    let model = definite_model(evaluator, point, hessian);
    let inverse = model.as_ref().and_then(|model| linalg::inverse(&model.block.matrix));
    let (Some(DefiniteModel { matrix, at_limit, is_definite, unheld, block: definite, .. }), Some(inverse)) =
        (model, inverse)
    else {
        return Verdict::unknown(n);
    };
    let step = step_in_bounds(evaluator, point, &matrix);
    let edm = step.as_ref().map_or(f64::NAN, |step| step.decrease);
    let parts = Parts { hessian: h, unheld: &unheld, inverse: &inverse, at_limit: &at_limit };
    let Errors { covariance, at_range } = covariance::errors(evaluator, point, &parts);

    let spread = |values: &[f64]| -> Vec<f64> {
        let mut all = vec![0.0; n];
        unheld.iter().zip(values).for_each(|(&i, v)| all[i] = *v);
        all
    };
    let weakest: Vec<f64> = spread(&definite.weakest).iter().map(|v| v * (2.0 * up).sqrt()).collect();
    let (quality, status) = if !is_definite && definite.ratio < -hessian.accuracy {
        (FitQuality::Forced, Status::NotPositiveDefinite)
    } else if edm.is_nan() || edm > evaluator.edm_goal {
        (FitQuality::Approximate, Status::NoProgress)
    } else if is_definite && !at_range.contains(&true) {
        (FitQuality::Accurate, Status::Converged)
    } else {
        (FitQuality::Forced, Status::Degenerate)
    };
    Verdict {
        edm,
        quality: if covariance.is_some() { quality } else { FitQuality::None },
        covariance,
        status,
        is_definite,
        at_limit,
        step,
        downhill: (definite.ratio < -hessian.accuracy).then(|| weakest.clone()),
        weakest,
        ratio: definite.ratio,
        units: units(evaluator, point, h),
        at_range,
        unconstrained: spread(&definite.replaced),
    }
}

/// The lengths over which the objective rises by the error definition along each parameter, or the parameter's reach
/// where it has no curvature.
fn units(evaluator: &Evaluator<'_>, point: &Point, h: &Array2<f64>) -> Vec<f64> {
    let up = evaluator.error_definition();
    let unit = |i: usize| {
        let sigma = (2.0 * up / h[[i, i]].abs()).sqrt();
        if sigma.is_normal() { sigma } else { (2.0 * up).sqrt() / inverse_reach(evaluator, point, i) }
    };
    (0..point.x.len()).map(unit).collect()
}

/// Inverse of the length over which a parameter may sensibly go when nothing constrains it, for one error definition.
fn inverse_reach(evaluator: &Evaluator<'_>, point: &Point, i: usize) -> f64 {
    let width = evaluator.upper()[i] - evaluator.lower()[i];
    (2.0 * evaluator.error_definition()).sqrt() / width.min(point.x[i].abs() + evaluator.steps[i])
}

impl Verdict {
    /// Of a point where not even a Hessian is known.
    fn unknown(n: usize) -> Self {
        Self {
            edm: f64::NAN,
            covariance: None,
            quality: FitQuality::None,
            status: Status::NoHessian,
            is_definite: false,
            at_limit: vec![false; n],
            step: None,
            downhill: None,
            weakest: vec![0.0; n],
            ratio: 0.0,
            units: vec![1.0; n],
            at_range: vec![false; n],
            unconstrained: vec![0.0; n],
        }
    }

    /// Takes back a claim of quality 3.
    pub(crate) fn reject(&mut self, status: Status) {
        self.quality = FitQuality::Approximate;
        self.status = status;
    }

    /// The free parameters that the objective does not constrain: those whose variance is mostly that of directions
    /// along which it hardly changes, but for those that are known well all the same, and those whose error is as long
    /// as their range. Each with the shift that leaves the objective unchanged, 0 where only the range limits it.
    pub(crate) fn unconstrained_parameters(&self, evaluator: &Evaluator<'_>, x: &[f64]) -> Vec<(usize, f64)> {
        let range = |i: usize| evaluator.upper()[i] - evaluator.lower()[i];
        // No farther than the ranges allow.
        let length = (0..x.len()).map(|i| range(i) / self.weakest[i].abs()).fold(1.0, f64::min);
        let error = |i: usize| self.covariance.as_ref().map_or(f64::INFINITY, |c| c[[i, i]].sqrt());
        let is_known = |i: usize| error(i) < WELL_KNOWN * x[i].abs();
        let shift = |i: usize| if self.unconstrained[i] > 0.0 { length * self.weakest[i] } else { 0.0 };
        (0..x.len())
            .filter(|&i| self.at_range[i] || self.unconstrained[i] > 0.5 && !is_known(i))
            .map(|i| (i, shift(i)))
            .collect()
    }
}
