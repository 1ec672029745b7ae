//! From a Hessian to errors: the covariance of parameters within their ranges.
//!
//! Whatever the Hessian was like, what leaves here is a covariance: symmetric, positive semi-definite, no correlation
//! beyond ±1.

use crate::evaluate::evaluator::{Evaluator, Point};
use crate::linalg;
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

/// The nearest that is a covariance: symmetric, positive semi-definite, correlations within ±1, the same errors.
/// `None` when an error is not a number, or negative.
pub(crate) fn sound(mut covariance: Array2<f64>) -> Option<Array2<f64>> {
    let n = covariance.nrows();
    if !covariance.iter().all(|v| v.is_finite()) || covariance.diag().iter().any(|v| *v < 0.0) {
        return None;
    }
    for i in 0..n {
        for j in 0..i {
            let mean = 0.5 * (covariance[[i, j]] + covariance[[j, i]]);
            covariance[[i, j]] = mean;
            covariance[[j, i]] = mean;
        }
    }
    let error: Vec<f64> = covariance.diag().iter().map(|v| v.sqrt()).collect();
    let correlation = Array2::from_shape_fn((n, n), |(i, j)| {
        let scale = error[i] * error[j];
        if i == j {
            1.0
        } else if scale > 0.0 {
            covariance[[i, j]] / scale
        } else {
            0.0
        }
    });
    if linalg::cholesky(&correlation).is_none() {
        // Negative eigenvalues are cut off and the rows scaled back to unit length (N. J. Higham, IMA Journal of
        // Numerical Analysis 22 (2002) 329, takes this as the first step to the nearest correlation matrix).
        let (values, vectors) = linalg::symmetric_eigen(&correlation)?;
        let root = Array2::from_shape_fn((n, n), |(i, k)| vectors[[i, k]] * values[k].max(0.0).sqrt());
        let length: Vec<f64> = root.rows().into_iter().map(|row| row.dot(&row).sqrt()).collect();
        for i in 0..n {
            for j in 0..i {
                let cosine = root.row(i).dot(&root.row(j)) / (length[i] * length[j]);
                let entry = if cosine.is_finite() { cosine.clamp(-1.0, 1.0) * error[i] * error[j] } else { 0.0 };
                covariance[[i, j]] = entry;
                covariance[[j, i]] = entry;
            }
        }
    }
    Some(covariance)
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

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;
    use proptest::prelude::*;

    #[test]
    fn a_sound_matrix_stays_as_it_is() {
        let c = array![[4.0, 1.0], [1.0, 9.0]];
        assert_eq!(sound(c.clone()), Some(c));
        assert_eq!(sound(array![[f64::NAN]]), None);
        assert_eq!(sound(array![[-1.0]]), None);
    }

    proptest! {
        #[test]
        fn whatever_goes_in_a_covariance_comes_out(entries in prop::collection::vec(-1.0..1.0_f64, 16)) {
            let mut c = Array2::from_shape_vec((4, 4), entries).unwrap();
            c.diag_mut().mapv_inplace(f64::abs);
            let s = sound(c.clone()).unwrap();
            for i in 0..4 {
                prop_assert_eq!(s[[i, i]], c[[i, i]]);
                for j in 0..4 {
                    prop_assert_eq!(s[[i, j]], s[[j, i]]);
                    prop_assert!(s[[i, j]].abs() <= (c[[i, i]] * c[[j, j]]).sqrt() * (1.0 + 1e-12));
                }
            }
            let (values, _) = linalg::symmetric_eigen(&s).unwrap();
            prop_assert!(values[0] > -1e-12, "{values}");
        }
    }
}
