//! The covariance that errors of derived quantities come from.

use ndarray::Array2;

/// Covariance of the last successful fit, in units of `value`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Covariance {
    /// Source and parameter name of each row.
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) matrix: Array2<f64>,
}
