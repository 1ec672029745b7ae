//! The maximum that a fit has found, with what it measured there: who goes on from it needs no Hessian of its own.

use ndarray::Array2;
use optimizers::{FitQuality, Minimum, inverse};
use roi_model::Roi;

use crate::results::fit_result::FitResult;

/// How far from the maximum a fit may have stopped, in `logL`, to be taken for it.
const AT_MAXIMUM: f64 = 1e-4;

/// A maximum off all bounds, at which `logL` has measured second derivatives.
#[derive(Clone, Debug)]
pub(crate) struct KnownMaximum {
    values: Vec<f64>,
    /// `logL` at the values.
    pub(crate) loglike: f64,
    /// How much higher the maximum is.
    pub(crate) left: f64,
    /// Minus the second derivatives.
    pub(crate) curvature: Array2<f64>,
}

impl KnownMaximum {
    /// Where a fit ended; `None` where the covariance is not the inverse of the second derivatives there.
    pub(crate) fn of_minimum(minimum: &Minimum) -> Option<Self> {
        let is_regular = minimum.quality == FitQuality::Accurate && minimum.at_limit.is_empty();
        let ends = (-minimum.fval, minimum.edm);
        Self::new(&minimum.values, ends, minimum.covariance.as_ref().filter(|_| is_regular)?)
    }

    /// The same of a result.
    pub(crate) fn of_result(result: &FitResult) -> Option<Self> {
        let is_regular = result.fit_success && result.fit_quality == 3 && result.at_limit.is_empty();
        let covariance = result.covariance.as_ref().filter(|_| is_regular)?;
        Self::new(&result.values.to_vec(), (result.loglike, result.edm), covariance)
    }

    fn new(values: &[f64], (loglike, edm): (f64, f64), covariance: &Array2<f64>) -> Option<Self> {
        let curvature = inverse(covariance).filter(|_| (0.0..AT_MAXIMUM).contains(&edm))?;
        Some(Self { values: values.to_vec(), loglike, left: edm, curvature })
    }

    /// Whether a model stands there.
    pub(crate) fn is_that_of(&self, roi: &Roi) -> bool {
        roi.free_values() == self.values
    }
}
