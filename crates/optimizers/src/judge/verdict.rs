//! The judgement on a point: is it a minimum, what is the covariance there, and how far can both be trusted?

use crate::evaluate::evaluator::{Evaluator, Hessian, Point};
use crate::linalg;
use crate::linalg::one_dimension::distance_to_rise;
use crate::linalg::quadratic_model::{self, Definite, Step};
use crate::problem::minimum::{FitQuality, Status};
use ndarray::Array2;

/// A pull outwards, in error definitions per standard deviation, below which a bound counts as not felt.
const NEGLIGIBLE: f64 = 1e-6;

/// What is known of a point.
#[derive(Debug, Clone)]
pub(crate) struct Verdict {
    pub(crate) edm: f64,
    pub(crate) covariance: Option<Array2<f64>>,
    pub(crate) quality: FitQuality,
    pub(crate) status: Status,
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
    let (Some(DefiniteModel { matrix, at_limit, is_definite, unheld: free, block: definite, .. }), Some(inverse)) =
        (model, inverse)
    else {
        return Verdict::unknown(n);
    };
    let step = step_in_bounds(evaluator, point, &matrix);
    let edm = step.as_ref().map_or(f64::NAN, |step| step.decrease);

    let covariance = covariance(evaluator, point, h, (&free, &at_limit), &inverse);

    let mut weakest = vec![0.0; n];
    for (&i, v) in free.iter().zip(&definite.weakest) {
        weakest[i] = v * (2.0 * up).sqrt();
    }
    let (quality, status) = if !is_definite && definite.ratio < -hessian.accuracy {
        (FitQuality::Forced, Status::NotPositiveDefinite)
    } else if edm.is_nan() || edm > evaluator.edm_goal {
        (FitQuality::Approximate, Status::NoProgress)
    } else if is_definite {
        (FitQuality::Accurate, Status::Converged)
    } else {
        (FitQuality::Forced, Status::Degenerate)
    };
    let downhill = (definite.ratio < -hessian.accuracy).then(|| weakest.clone());
    let finite = covariance.iter().all(|v: &f64| v.is_finite());
    Verdict {
        edm,
        covariance: finite.then_some(covariance),
        quality: if finite { quality } else { FitQuality::None },
        status,
        at_limit,
        step,
        downhill,
        weakest,
        ratio: definite.ratio,
        units: (0..n)
            .map(|i| {
                let sigma = (2.0 * up / h[[i, i]].abs()).sqrt();
                if sigma.is_normal() { sigma } else { (2.0 * up).sqrt() / inverse_reach(evaluator, point, i) }
            })
            .collect(),
    }
}

/// The covariance of the free parameters: the scaled inverse Hessian of the unheld ones, one-sided errors for the held.
fn covariance(
    evaluator: &Evaluator<'_>,
    point: &Point,
    h: &Array2<f64>,
    (free, at_limit): (&[usize], &[bool]),
    inverse: &Array2<f64>,
) -> Array2<f64> {
    let n = at_limit.len();
    let up = evaluator.error_definition();
    let mut covariance = Array2::zeros((n, n));
    for (a, &i) in free.iter().enumerate() {
        for (b, &j) in free.iter().enumerate() {
            covariance[[i, j]] = 2.0 * up * inverse[[a, b]];
        }
        // No error is longer than the range that the bounds leave.
        let width = evaluator.upper()[i] - evaluator.lower()[i];
        let shrink = (width / covariance[[i, i]].sqrt()).min(1.0);
        if shrink < 1.0 {
            covariance.row_mut(i).mapv_inplace(|v| v * shrink);
            covariance.column_mut(i).mapv_inplace(|v| v * shrink);
        }
    }
    for i in (0..n).filter(|&i| at_limit[i]) {
        let error = one_sided_error(point.g[i].abs(), profile_curvature(h, inverse, free, i), up);
        covariance[[i, i]] = error.min(evaluator.upper()[i] - evaluator.lower()[i]).powi(2);
    }
    covariance
}

/// Inverse of the length over which a parameter may sensibly go when nothing constrains it, for one error definition.
fn inverse_reach(evaluator: &Evaluator<'_>, point: &Point, i: usize) -> f64 {
    let width = evaluator.upper()[i] - evaluator.lower()[i];
    (2.0 * evaluator.error_definition()).sqrt() / width.min(point.x[i].abs() + evaluator.steps[i])
}

/// Curvature along parameter `i` with the objective minimised over the `free` ones.
fn profile_curvature(h: &Array2<f64>, inverse: &Array2<f64>, free: &[usize], i: usize) -> f64 {
    let coupling: Vec<f64> = free.iter().map(|&j| h[[i, j]]).collect();
    let mut taken = 0.0;
    for (a, ca) in coupling.iter().enumerate() {
        for (b, cb) in coupling.iter().enumerate() {
            taken += ca * inverse[[a, b]] * cb;
        }
    }
    h[[i, i]] - taken
}

/// The distance from a bound at which `g d + ½ h d²` reaches `up`; the linear rise alone where the curve never does.
fn one_sided_error(g: f64, h: f64, up: f64) -> f64 {
    let distance = distance_to_rise(g, h, up);
    if distance.is_nan() { up / g } else { distance }
}

impl Verdict {
    /// Of a point where not even a Hessian is known.
    fn unknown(n: usize) -> Self {
        Self {
            edm: f64::NAN,
            covariance: None,
            quality: FitQuality::None,
            status: Status::NoHessian,
            at_limit: vec![false; n],
            step: None,
            downhill: None,
            weakest: vec![0.0; n],
            ratio: 0.0,
            units: vec![1.0; n],
        }
    }

    /// Takes back a claim of quality 3.
    pub(crate) fn reject(&mut self, status: Status) {
        self.quality = FitQuality::Approximate;
        self.status = status;
    }

    /// The free parameters that make up most of the direction that is constrained least.
    pub(crate) fn weakest_parameters(&self) -> Vec<usize> {
        let share = |i: &usize| (self.weakest[*i] / self.units[*i]).abs();
        let largest = (0..self.weakest.len()).map(|i| share(&i)).fold(0.0, f64::max);
        (0..self.weakest.len()).filter(|i| share(i) > 0.3 * largest).collect()
    }
}
