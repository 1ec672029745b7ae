//! Likelihood weights: how much each bin and pixel counts.

use ndarray::Array3;

use crate::error::{Error, Result};

/// Weights of the likelihood, one for each measured energy bin and pixel: `logL = sum w N ln M - sum w M`.
///
/// They lower the say of bins where the model of the diffuse emission is not good enough for the statistics (4FGL, Abdollahi et al. 2020,
/// `ApJS` 247, 33, appendix B). A bin of weight 0 does not count at all.
///
/// ```
/// use likelihood_core::LikelihoodWeights;
/// let weights = LikelihoodWeights::new(ndarray::Array3::from_elem((2, 10, 10), 0.5))?;
/// assert_eq!(weights.values().dim(), (2, 10, 10));
/// # Ok::<(), likelihood_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct LikelihoodWeights {
    values: Array3<f32>,
}

impl LikelihoodWeights {
    /// Weights of shape `[energy bin, y, x]`; finite. Negative ones count as 0, as in the LAT tools.
    ///
    /// # Errors
    /// [`Error::BadValue`] for a weight that is not finite.
    pub fn new(values: Array3<f32>) -> Result<Self> {
        if let Some(((energy, y, x), &value)) = values.indexed_iter().find(|(_, w)| !w.is_finite()) {
            let value = f64::from(value);
            let expected = "weights must be finite";
            return Err(Error::BadValue { what: "likelihood weights".into(), value, energy, y, x, expected });
        }
        Ok(Self { values: values.mapv_into(|w| w.max(0.0)) })
    }

    /// The weights, shape `[energy bin, y, x]`, none of them negative.
    pub fn values(&self) -> &Array3<f32> {
        &self.values
    }

    /// Checks that there is one a bin of the counts cube.
    pub(crate) fn check(&self, shape: (usize, usize, usize)) -> Result<()> {
        if self.values.dim() == shape {
            return Ok(());
        }
        Err(Error::Shape {
            what: "likelihood weights".into(),
            expected: format!("{shape:?} [energy bin, y, x], as the counts cube"),
            found: format!("{:?}", self.values.dim()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_that_are_not_finite_are_refused_and_negative_ones_are_zero() {
        assert!(matches!(
            LikelihoodWeights::new(Array3::from_elem((1, 1, 1), f32::NAN)),
            Err(Error::BadValue { energy: 0, y: 0, x: 0, .. })
        ));
        let weights = LikelihoodWeights::new(Array3::from_elem((1, 1, 1), -1.0)).unwrap();
        assert_eq!(weights.values()[[0, 0, 0]], 0.0);
    }
}
