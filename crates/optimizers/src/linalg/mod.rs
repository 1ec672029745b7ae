//! Dense linear algebra of small symmetric matrices, the one place where a backend is chosen.
//!
//! The default backend is `nalgebra`; the feature `lapack` takes LAPACK through `ndarray-linalg` (the final program
//! links the LAPACK of its choice). Both give the same results to rounding.
//!
//! Only the lower triangle of a symmetric argument is read. Every function returns `None` instead of a matrix with
//! a NaN in it: when the argument is not square, not finite, or not positive definite where that is required.
//!
//! ```
//! use ndarray::array;
//! let a = array![[4.0, 2.0], [2.0, 3.0]];
//! let inverse = optimizers::inverse(&a).expect("positive definite");
//! assert!((inverse[[0, 0]] - 0.375).abs() < 1e-15);
//! ```

#[cfg(feature = "lapack")]
mod lapack;
#[cfg(feature = "lapack")]
use lapack as backend;
// Compiled beside LAPACK in tests, which compare the two.
#[cfg(any(not(feature = "lapack"), test))]
#[cfg_attr(
    all(feature = "lapack", not(test)),
    expect(unused, reason = "only the comparison test uses it beside LAPACK")
)]
mod pure;
#[cfg(not(feature = "lapack"))]
use pure as backend;

pub(crate) mod nearest_covariance;
pub(crate) mod one_dimension;
pub(crate) mod quadratic_model;

use ndarray::{Array1, Array2};

fn usable(a: &Array2<f64>) -> bool {
    a.is_square() && a.iter().all(|v| v.is_finite())
}

/// Cholesky factor `L` (lower triangular) of the positive definite `a = L Lᵀ`; `None` when `a` is not positive definite.
pub(crate) fn cholesky(a: &Array2<f64>) -> Option<Array2<f64>> {
    if !usable(a) {
        return None;
    }
    if a.is_empty() {
        return Some(a.clone());
    }
    backend::cholesky(a).filter(usable)
}

/// Eigenvalues, ascending, and the orthonormal eigenvectors of the symmetric `a`, column `k` belonging to value `k`.
pub(crate) fn symmetric_eigen(a: &Array2<f64>) -> Option<(Array1<f64>, Array2<f64>)> {
    if !usable(a) {
        return None;
    }
    if a.is_empty() {
        return Some((Array1::zeros(0), a.clone()));
    }
    backend::symmetric_eigen(a).filter(|(values, vectors)| values.iter().all(|v| v.is_finite()) && usable(vectors))
}

/// Inverse of the positive definite `a`, exactly symmetric.
pub fn inverse(a: &Array2<f64>) -> Option<Array2<f64>> {
    let n = a.nrows();
    let factor = cholesky(a)?;
    let mut inverse = Array2::zeros((n, n));
    let mut column = vec![0.0; n];
    for k in 0..n {
        column.fill(0.0);
        column[k] = 1.0;
        solve_factored(&factor, &mut column);
        for i in k..n {
            inverse[[i, k]] = column[i];
            inverse[[k, i]] = column[i];
        }
    }
    Some(inverse).filter(usable)
}

/// Solves `a x = b` for the positive definite `a`.
pub(crate) fn solve(a: &Array2<f64>, b: &[f64]) -> Option<Vec<f64>> {
    if b.len() != a.nrows() {
        return None;
    }
    let factor = cholesky(a)?;
    let mut x = b.to_vec();
    solve_factored(&factor, &mut x);
    x.iter().all(|v| v.is_finite()).then_some(x)
}

/// Solves `L Lᵀ x = b` in place, given the factor of [`cholesky`].
fn solve_factored(factor: &Array2<f64>, b: &mut [f64]) {
    let n = b.len();
    for i in 0..n {
        let partial: f64 = (0..i).map(|k| factor[[i, k]] * b[k]).sum();
        b[i] = (b[i] - partial) / factor[[i, i]];
    }
    for i in (0..n).rev() {
        let partial: f64 = (i + 1..n).map(|k| factor[[k, i]] * b[k]).sum();
        b[i] = (b[i] - partial) / factor[[i, i]];
    }
}

/// The scalar product.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn hilbert_like(n: usize) -> Array2<f64> {
        Array2::from_shape_fn((n, n), |(i, j)| 1.0 / (1.0 + i as f64 + j as f64) + if i == j { 0.5 } else { 0.0 })
    }

    fn assert_close(a: &Array2<f64>, b: &Array2<f64>, bar: f64) {
        let worst = (a - b).iter().fold(0.0_f64, |m, v| m.max(v.abs()));
        assert!(worst < bar, "matrices differ by {worst}");
    }

    #[test]
    fn factor_inverse_and_solution_belong_together() {
        for n in [1, 2, 7, 30] {
            let a = hilbert_like(n);
            let l = cholesky(&a).unwrap();
            assert_close(&l.dot(&l.t()), &a, 1e-13);
            assert_close(&inverse(&a).unwrap().dot(&a), &Array2::eye(n), 1e-12);
            let b: Vec<f64> = (0..n).map(|i| i as f64 - 1.5).collect();
            let x = Array1::from(solve(&a, &b).unwrap());
            assert!((a.dot(&x) - Array1::from(b)).iter().all(|v| v.abs() < 1e-12));
        }
    }

    #[test]
    fn eigen_decomposition_rebuilds_the_matrix() {
        let a = array![[2.0, -1.0, 0.3], [-1.0, -3.0, 0.0], [0.3, 0.0, 1.0]];
        let (values, vectors) = symmetric_eigen(&a).unwrap();
        assert!(values[0] < 0.0 && values[0] <= values[1] && values[1] <= values[2]);
        assert_close(&vectors.dot(&Array2::from_diag(&values)).dot(&vectors.t()), &a, 1e-14);
    }

    #[test]
    fn unusable_matrices_give_none() {
        assert!(cholesky(&array![[1.0, 2.0], [2.0, 1.0]]).is_none());
        assert!(cholesky(&array![[1.0, f64::NAN], [f64::NAN, 1.0]]).is_none());
        assert!(inverse(&array![[0.0]]).is_none());
        assert!(symmetric_eigen(&Array2::zeros((2, 3))).is_none());
        assert!(solve(&array![[1.0]], &[1.0, 2.0]).is_none());
        assert_eq!(inverse(&Array2::zeros((0, 0))).unwrap().len(), 0);
    }

    #[cfg(feature = "lapack")]
    #[test]
    fn both_backends_agree() {
        let a = hilbert_like(25);
        assert_close(&lapack::cholesky(&a).unwrap(), &pure::cholesky(&a).unwrap(), 1e-14);
        let (ours, _) = pure::symmetric_eigen(&a).unwrap();
        let (theirs, _) = lapack::symmetric_eigen(&a).unwrap();
        assert!((ours - theirs).iter().all(|v| v.abs() < 1e-13));
    }
}
