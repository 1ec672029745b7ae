//! The detector response matrix: which part of the events of a true energy is measured in which bin.

use ndarray::{Array2, Axis, Slice};

use crate::error::{Error, Result};

/// A detector response matrix (DRM): `matrix[[l, k]]` is the probability that an event of true-energy bin `l` is measured in energy
/// bin `k`.
///
/// Columns are the bins of the counts cube; rows are the same bins with equally many more below and above. Rows need not add up to 1: what
/// is measured outside the range of the counts cube is lost.
///
/// ```
/// use likelihood_core::DetectorResponse;
/// use ndarray::array;
/// // Two measured bins, one more true bin on either side.
/// let response = DetectorResponse::new(array![[0.1, 0.0], [0.8, 0.1], [0.1, 0.75], [0.0, 0.1]])?;
/// assert_eq!((response.n_bins(), response.n_extra()), (2, 1));
/// assert_eq!(response.largest_row_sum(), Some((1, 0.9)));
/// assert_eq!(response.inner(0)?.matrix(), array![[0.8, 0.1], [0.1, 0.75]]);
/// # Ok::<(), likelihood_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct DetectorResponse {
    matrix: Array2<f64>,
    extra: usize,
}

impl DetectorResponse {
    /// A matrix of shape `[true bins, measured bins]`. Elements must be finite and not negative.
    ///
    /// # Errors
    /// [`Error::Shape`] when the true bins are not the measured ones and an even number more, [`Error::ResponseValue`] for an element that
    /// is no probability.
    pub fn new(matrix: Array2<f64>) -> Result<Self> {
        let (rows, columns) = matrix.dim();
        let extra = rows.checked_sub(columns).filter(|extra| columns > 0 && extra.is_multiple_of(2));
        let Some(extra) = extra else {
            return Err(Error::Shape {
                what: "detector response matrix".into(),
                expected: "[measured bins + an even number of true bins, at least 1 measured bin]".into(),
                found: format!("[{rows}, {columns}]"),
            });
        };
        match matrix.indexed_iter().find(|(_, value)| !(value.is_finite() && **value >= 0.0)) {
            Some(((true_bin, measured_bin), &value)) => Err(Error::ResponseValue { true_bin, measured_bin, value }),
            None => Ok(Self { matrix, extra: extra / 2 }),
        }
    }

    /// The matrix, shape `[true bins, measured bins]`.
    pub fn matrix(&self) -> &Array2<f64> {
        &self.matrix
    }

    /// Number of measured bins.
    pub fn n_bins(&self) -> usize {
        self.matrix.ncols()
    }

    /// The row with the largest sum, from 0, and the sum: above 1 an event of this true bin would be measured more than once.
    pub fn largest_row_sum(&self) -> Option<(usize, f64)> {
        let sums = self.matrix.outer_iter().map(|row| row.sum()).enumerate();
        sums.max_by(|(_, one), (_, other)| one.total_cmp(other))
    }

    /// How many true bins there are below the first measured one, and as many above the last.
    pub fn n_extra(&self) -> usize {
        self.extra
    }

    /// The part with `extra` true bins on either side.
    ///
    /// # Errors
    /// [`Error::TooFewTrueBins`] when there are not so many.
    pub fn inner(&self, extra: usize) -> Result<Self> {
        let Some(skip) = self.extra.checked_sub(extra) else {
            return Err(Error::TooFewTrueBins { found: self.extra, needed: extra });
        };
        let rows = self.matrix.nrows();
        Ok(Self { matrix: self.matrix.slice_axis(Axis(0), Slice::from(skip..rows - skip)).to_owned(), extra })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn what_is_no_response_is_refused() {
        assert!(matches!(DetectorResponse::new(Array2::zeros((3, 2))), Err(Error::Shape { .. })));
        assert!(matches!(DetectorResponse::new(Array2::zeros((1, 2))), Err(Error::Shape { .. })));
        assert!(matches!(DetectorResponse::new(Array2::zeros((2, 0))), Err(Error::Shape { .. })));
        for bad in [f64::NAN, f64::INFINITY, -0.1] {
            let error = DetectorResponse::new(array![[1.0, 0.0], [bad, 1.0]]).unwrap_err();
            assert!(matches!(error, Error::ResponseValue { true_bin: 1, measured_bin: 0, .. }), "{error}");
        }
        let response = DetectorResponse::new(Array2::eye(2)).unwrap();
        assert!(matches!(response.inner(1), Err(Error::TooFewTrueBins { found: 0, needed: 1 })));
    }
}
