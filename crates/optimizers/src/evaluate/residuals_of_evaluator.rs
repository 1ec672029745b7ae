//! What the evaluator knows of residuals.

use super::evaluator::{Evaluator, Halt};
use crate::error::EvalError;
use ndarray::Array2;

impl Evaluator<'_> {
    /// Number of residuals, if the objective shows any.
    pub(crate) fn residual_count(&mut self) -> Option<usize> {
        if self.distrusts_derivatives() {
            return None;
        }
        self.objective.residuals().map(|residuals| residuals.count())
    }

    /// The residuals at `x`, `None` where they are not defined. `offset` plus half their sum of squares is the value.
    pub(crate) fn residuals(&mut self, x: &[f64], offset: f64) -> Result<Option<Vec<f64>>, Halt> {
        let Some(r) = self.plain_residuals(x)? else { return Ok(None) };
        let value = offset + 0.5 * r.iter().map(|r| r * r).sum::<f64>();
        Ok(self.settle(x, Some(value)).is_finite().then_some(r))
    }

    fn plain_residuals(&mut self, x: &[f64]) -> Result<Option<Vec<f64>>, Halt> {
        let r = self.ask(
            x,
            |calls| &mut calls.values,
            |objective, x| {
                let residuals = objective.residuals().ok_or(EvalError::NotFinite)?;
                let mut r = vec![0.0; residuals.count()];
                residuals.residuals(x, &mut r).map(|()| r)
            },
        )?;
        Ok(r.filter(|r| r.iter().all(|r| r.is_finite())))
    }

    /// The Jacobian of the residuals with respect to the free parameters, by central differences when the objective
    /// has none; `None` where it is not finite.
    pub(crate) fn jacobian(&mut self, x: &[f64]) -> Result<Option<Array2<f64>>, Halt> {
        let Some(residuals) = self.objective.residuals() else { return Ok(None) };
        let (m, n, dim) = (residuals.count(), x.len(), residuals.dim());
        if residuals.has_jacobian() {
            let mut full = Array2::zeros((m, dim));
            let answer = self.ask(
                x,
                |calls| &mut calls.gradients,
                |objective, x| objective.residuals().ok_or(EvalError::NotFinite)?.jacobian(x, &mut full),
            )?;
            let free = Array2::from_shape_fn((m, n), |(k, i)| full[[k, self.free[i]]]);
            return Ok(answer.map(|()| free).filter(|free| free.iter().all(|v| v.is_finite())));
        }
        let mut jacobian = Array2::zeros((m, n));
        let mut trial = x.to_vec();
        for i in 0..n {
            let h = f64::EPSILON.cbrt() * x[i].abs().max(self.steps[i]);
            let (low, high) = ((x[i] - h).max(self.lower()[i]), (x[i] + h).min(self.upper()[i]));
            let mut at = |value: f64| -> Result<Option<Vec<f64>>, Halt> {
                trial[i] = value;
                let r = self.plain_residuals(&trial);
                trial[i] = x[i];
                r
            };
            let (Some(below), Some(above)) = (at(low)?, at(high)?) else { return Ok(None) };
            for k in 0..m {
                jacobian[[k, i]] = (above[k] - below[k]) / (high - low);
            }
        }
        Ok(Some(jacobian))
    }

    /// The Gauss-Newton approximation `Jᵀ J` of the Hessian, positive semidefinite, for objectives with residuals.
    pub(crate) fn gauss_newton(&mut self, x: &[f64]) -> Result<Option<Array2<f64>>, Halt> {
        if self.residual_count().is_none_or(|m| m < x.len()) {
            return Ok(None);
        }
        Ok(self.jacobian(x)?.map(|jacobian| jacobian.t().dot(&jacobian)))
    }
}
