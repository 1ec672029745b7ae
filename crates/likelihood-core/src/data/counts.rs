//! Observed counts over energy bins and pixels.

use ndarray::Array3;

use crate::data::energy::EnergyAxis;
use crate::error::{Error, Result};

/// A counts cube: events per energy bin and pixel.
///
/// Counts are stored as `f32`, as in the LAT's files; whole numbers up to 2^24 are exact.
///
/// ```
/// use likelihood_core::{CountsCube, EnergyAxis};
/// let axis = EnergyAxis::new(vec![100.0, 1000.0])?;
/// let cube = CountsCube::new(axis, ndarray::arr3(&[[[1.0, 0.0], [2.0, 5.0]]]))?;
/// assert_eq!(cube.total(), 8.0);
/// # Ok::<(), likelihood_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct CountsCube {
    axis: EnergyAxis,
    counts: Array3<f32>,
}

impl CountsCube {
    /// A cube of shape `[energy bin, y, x]`. Counts must be finite and not negative.
    ///
    /// # Errors
    /// [`Error::Shape`] when the bins are not the axis's or there is no pixel, [`Error::BadValue`] for a count that is not allowed.
    pub fn new(axis: EnergyAxis, counts: Array3<f32>) -> Result<Self> {
        let (bins, ny, nx) = counts.dim();
        if bins != axis.n_bins() || ny == 0 || nx == 0 {
            return Err(Error::Shape {
                what: "counts cube".into(),
                expected: format!("[{} energy bins, at least 1, at least 1]", axis.n_bins()),
                found: format!("[{bins}, {ny}, {nx}]"),
            });
        }
        if let Some(((energy, y, x), &value)) = counts.indexed_iter().find(|(_, n)| !(n.is_finite() && **n >= 0.0)) {
            let value = f64::from(value);
            let expected = "counts must be finite and not negative";
            return Err(Error::BadValue { what: "counts cube".into(), value, energy, y, x, expected });
        }
        // Everything downstream relies on rows of the cube being contiguous in memory.
        let counts = if counts.is_standard_layout() { counts } else { counts.as_standard_layout().into_owned() };
        Ok(Self { axis, counts })
    }

    /// The energy axis.
    pub fn axis(&self) -> &EnergyAxis {
        &self.axis
    }

    /// The counts, shape `[energy bin, y, x]`.
    pub fn counts(&self) -> &Array3<f32> {
        &self.counts
    }

    /// All counts.
    pub fn total(&self) -> f64 {
        self.counts.iter().map(|&n| f64::from(n)).sum()
    }

    /// Counts per energy bin.
    pub fn spectrum(&self) -> Vec<f64> {
        self.counts.outer_iter().map(|plane| plane.iter().map(|&n| f64::from(n)).sum()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_negative_and_misshapen_counts_are_refused_with_their_place() {
        let axis = || EnergyAxis::new(vec![1.0, 2.0, 3.0]).unwrap();
        let mut counts = Array3::zeros((2, 3, 4));
        counts[[1, 2, 3]] = f32::NAN;
        let error = CountsCube::new(axis(), counts.clone()).unwrap_err().to_string();
        assert!(error.contains("energy index 1, y 2, x 3"), "{error}");
        counts[[1, 2, 3]] = -1.0;
        assert!(CountsCube::new(axis(), counts).is_err());
        assert!(matches!(CountsCube::new(axis(), Array3::zeros((3, 3, 4))), Err(Error::Shape { .. })));
        assert!(matches!(CountsCube::new(axis(), Array3::zeros((2, 0, 4))), Err(Error::Shape { .. })));
    }
}
