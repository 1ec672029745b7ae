//! A sum of squares as an objective.

use super::objective::{Derivatives, Objective};
use super::residuals::Residuals;
use crate::error::EvalError;
use ndarray::Array2;

/// Residuals as an objective, `½ Σ r²`, for any optimizer: error definition 0.5 gives the errors of unit variance.
///
/// With a Jacobian `J` it offers the gradient `Jᵀ r`.
#[derive(Debug, Clone)]
pub struct LeastSquares<R> {
    residuals: R,
    buffer: Vec<f64>,
}

impl<R: Residuals> LeastSquares<R> {
    /// The half sum of squares of `residuals`.
    pub fn new(residuals: R) -> Self {
        let buffer = vec![0.0; residuals.count()];
        Self { residuals, buffer }
    }

    /// The residuals again.
    pub fn into_inner(self) -> R {
        self.residuals
    }

    fn half_sum(&self) -> f64 {
        0.5 * self.buffer.iter().map(|r| r * r).sum::<f64>()
    }
}

impl<R: Residuals> Objective for LeastSquares<R> {
    fn dim(&self) -> usize {
        self.residuals.dim()
    }

    fn derivatives(&self) -> Derivatives {
        if self.residuals.has_jacobian() { Derivatives::Gradient } else { Derivatives::None }
    }

    fn value(&mut self, x: &[f64]) -> Result<f64, EvalError> {
        self.residuals.residuals(x, &mut self.buffer)?;
        Ok(self.half_sum())
    }

    fn gradient(&mut self, x: &[f64], gradient: &mut [f64]) -> Result<f64, EvalError> {
        let mut jacobian = Array2::zeros((self.residuals.count(), self.residuals.dim()));
        self.residuals.residuals(x, &mut self.buffer)?;
        self.residuals.jacobian(x, &mut jacobian)?;
        for (slope, column) in gradient.iter_mut().zip(jacobian.columns()) {
            *slope = column.iter().zip(&self.buffer).map(|(j, r)| j * r).sum();
        }
        Ok(self.half_sum())
    }

    fn residuals(&mut self) -> Option<&mut dyn Residuals> {
        Some(&mut self.residuals)
    }
}
