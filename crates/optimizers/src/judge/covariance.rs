//! From a Hessian to errors: the covariance of parameters within their ranges.
//!
//! Whatever the Hessian was like, what leaves here is a covariance: symmetric, positive semi-definite, no correlation
//! beyond ±1.

use crate::evaluate::evaluator::{Evaluator, Point};
use crate::linalg::nearest_covariance::sound;
use crate::linalg::one_dimension::distance_to_rise;
use ndarray::Array2;

/// Share of the range that the bounds leave from which an error says no more than the range does.
const AT_RANGE: f64 = 0.9;

/// Errors of the free parameters.
#[derive(Debug, Clone)]
pub(crate) struct Errors {
    /// `None` when it is not finite.
    pub(crate) covariance: Option<Array2<f64>>,
    /// Parameters whose error is as long as their range.
    pub(crate) at_range: Vec<bool>,
}

/// The parts of a Hessian by which parameters are treated.
pub(crate) struct Parts<'a> {
    pub(crate) hessian: &'a Array2<f64>,
    /// Parameters that no bound holds, and the inverse of their block of the Hessian after that was made definite.
    pub(crate) unheld: &'a [usize],
    pub(crate) inverse: &'a Array2<f64>,
    pub(crate) at_limit: &'a [bool],
}

/// The errors at a point: the scaled inverse Hessian for the unheld parameters, one-sided errors for the held.
pub(crate) fn errors(evaluator: &Evaluator<'_>, point: &Point, parts: &Parts<'_>) -> Errors {
    let n = parts.at_limit.len();
    let up = evaluator.error_definition();
    let mut covariance = Array2::zeros((n, n));
    for (a, &i) in parts.unheld.iter().enumerate() {
        for (b, &j) in parts.unheld.iter().enumerate() {
            covariance[[i, j]] = 2.0 * up * parts.inverse[[a, b]];
        }
    }
    for i in (0..n).filter(|&i| parts.at_limit[i]) {
        let error = one_sided_error(point.g[i].abs(), profile_curvature(parts, i), up);
        covariance[[i, i]] = error.min(f64::MAX.sqrt()).powi(2);
    }
    within_ranges(evaluator, covariance)
}

/// The covariance with no error longer than the range that the bounds leave: rows and columns are shortened together,
/// so that the correlations stay.
pub(crate) fn within_ranges(evaluator: &Evaluator<'_>, mut covariance: Array2<f64>) -> Errors {
    let n = covariance.nrows();
    let share: Vec<f64> =
        (0..n).map(|i| covariance[[i, i]].max(0.0).sqrt() / (evaluator.upper()[i] - evaluator.lower()[i])).collect();
    for i in 0..n {
        for j in 0..n {
            covariance[[i, j]] /= share[i].max(1.0) * share[j].max(1.0);
        }
    }
    Errors { covariance: sound(covariance), at_range: share.iter().map(|share| *share >= AT_RANGE).collect() }
}

/// Curvature along parameter `i` with the objective minimised over the unheld ones.
fn profile_curvature(parts: &Parts<'_>, i: usize) -> f64 {
    let coupling: Vec<f64> = parts.unheld.iter().map(|&j| parts.hessian[[i, j]]).collect();
    let mut taken = 0.0;
    for (a, ca) in coupling.iter().enumerate() {
        for (b, cb) in coupling.iter().enumerate() {
            taken += ca * parts.inverse[[a, b]] * cb;
        }
    }
    parts.hessian[[i, i]] - taken
}

/// The distance from a bound at which `g d + ½ h d²` reaches `up`; the linear rise alone where the curve never does.
fn one_sided_error(g: f64, h: f64, up: f64) -> f64 {
    let distance = distance_to_rise(g, h, up);
    if distance.is_nan() { up / g } else { distance }
}
