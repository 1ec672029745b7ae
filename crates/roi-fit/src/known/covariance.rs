//! The covariance that errors of derived quantities come from.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::known::exact_json;

/// Covariance of the last successful fit, in units of `value`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Covariance {
    /// Source and parameter name of each row.
    pub(crate) parameters: Vec<(String, String)>,
    #[serde(with = "exact_json::square")]
    pub(crate) matrix: Array2<f64>,
}

impl Covariance {
    /// The covariance when one parameter's `value` is multiplied by a factor.
    pub(crate) fn rescaled(mut self, source: &str, parameter: &str, factor: f64) -> Self {
        if let Some(row) = self.parameters.iter().position(|(name, par)| name == source && par == parameter) {
            self.matrix.row_mut(row).mapv_inplace(|c| c * factor);
            self.matrix.column_mut(row).mapv_inplace(|c| c * factor);
        }
        self
    }

    /// The covariance of the parameters of the other sources.
    pub(crate) fn without(&self, source: &str) -> Self {
        let kept: Vec<usize> =
            (0..).zip(&self.parameters).filter(|(_, (name, _))| name != source).map(|(row, _)| row).collect();
        let matrix = Array2::from_shape_fn((kept.len(), kept.len()), |(i, j)| self.matrix[[kept[i], kept[j]]]);
        Self { parameters: kept.into_iter().map(|row| self.parameters[row].clone()).collect(), matrix }
    }
}
