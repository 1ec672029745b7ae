//! The LAPACK backend, on `ndarray-linalg`.

use ndarray::{Array1, Array2};
use ndarray_linalg::{Cholesky, Eigh, UPLO};

pub(super) fn cholesky(a: &Array2<f64>) -> Option<Array2<f64>> {
    a.cholesky(UPLO::Lower).ok()
}

pub(super) fn symmetric_eigen(a: &Array2<f64>) -> Option<(Array1<f64>, Array2<f64>)> {
    a.eigh(UPLO::Lower).ok()
}
