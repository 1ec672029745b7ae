//! What makes a matrix a covariance: symmetric, positive semi-definite, no correlation beyond ±1.

use crate::linalg;
use ndarray::Array2;

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
