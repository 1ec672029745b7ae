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
    let error: Vec<f64> = covariance.diag().iter().map(|v| v.sqrt()).collect();
    let mut correlation = Array2::eye(n);
    for i in 0..n {
        for j in 0..i {
            let scale = error[i] * error[j];
            // What has no error varies with nothing.
            let mean = if scale > 0.0 { 0.5 * (covariance[[i, j]] + covariance[[j, i]]) } else { 0.0 };
            covariance[[i, j]] = mean;
            covariance[[j, i]] = mean;
            correlation[[i, j]] = if scale > 0.0 { mean / scale } else { 0.0 };
            correlation[[j, i]] = correlation[[i, j]];
        }
    }
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

    #[test]
    fn correlations_that_exclude_each_other_are_brought_to_the_nearest_that_do_not() {
        // Three quantities, each the opposite of the two others: the eigenvalues of their correlation are 2, 2 and -1, and without the
        // last one each correlation is -1/2. The errors are 1, 2 and 3.
        let s = sound(array![[1.0, -2.0, -3.0], [-2.0, 4.0, -6.0], [-3.0, -6.0, 9.0]]).unwrap();
        let expected = array![[1.0, -1.0, -1.5], [-1.0, 4.0, -3.0], [-1.5, -3.0, 9.0]];
        assert!((&s - &expected).iter().all(|d| d.abs() < 1e-12), "{s}");
        // A correlation of 2 can only mean 1.
        let s = sound(array![[4.0, 12.0], [12.0, 9.0]]).unwrap();
        assert!((&s - &array![[4.0, 6.0], [6.0, 9.0]]).iter().all(|d| d.abs() < 1e-12), "{s}");
    }

    #[test]
    fn the_mean_of_both_halves_counts() {
        assert_eq!(sound(array![[4.0, 0.5], [1.5, 9.0]]), Some(array![[4.0, 1.0], [1.0, 9.0]]));
    }

    #[test]
    fn what_has_no_error_varies_with_nothing() {
        assert_eq!(sound(array![[0.0, 0.5], [0.5, 9.0]]), Some(array![[0.0, 0.0], [0.0, 9.0]]));
        assert_eq!(sound(array![[0.0, 0.0], [0.0, 0.0]]), Some(Array2::zeros((2, 2))));
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
