//! The pure-Rust backend, on `nalgebra`.

use nalgebra::DMatrix;
use ndarray::{Array1, Array2};

/// More than enough for the implicit QR iteration of a symmetric matrix; a guard against endless loops.
const MAX_SWEEPS: usize = 10_000;

fn to_nalgebra(a: &Array2<f64>) -> DMatrix<f64> {
    // Only the lower triangle counts.
    DMatrix::from_fn(a.nrows(), a.ncols(), |i, j| a[[i.max(j), i.min(j)]])
}

fn to_ndarray(a: &DMatrix<f64>) -> Array2<f64> {
    Array2::from_shape_fn((a.nrows(), a.ncols()), |(i, j)| a[(i, j)])
}

pub(super) fn cholesky(a: &Array2<f64>) -> Option<Array2<f64>> {
    to_nalgebra(a).cholesky().map(|factor| to_ndarray(&factor.l()))
}

pub(super) fn symmetric_eigen(a: &Array2<f64>) -> Option<(Array1<f64>, Array2<f64>)> {
    let eigen = to_nalgebra(a).try_symmetric_eigen(f64::EPSILON, MAX_SWEEPS)?;
    let n = a.nrows();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| eigen.eigenvalues[i].total_cmp(&eigen.eigenvalues[j]));
    let values = order.iter().map(|&k| eigen.eigenvalues[k]).collect();
    let vectors = Array2::from_shape_fn((n, n), |(i, k)| eigen.eigenvectors[(i, order[k])]);
    Some((values, vectors))
}
