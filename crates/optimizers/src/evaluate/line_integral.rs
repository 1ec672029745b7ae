//! Whether an objective's gradient is the derivative of its value.
//!
//! Along a straight way the value must change by the integral of the slope, however the objective is shaped. So a
//! gradient that is wrong can be told from an objective that is merely not parabolic.

use super::evaluator::{Evaluator, Halt, Point};

/// Share of the change by which value and integral must differ.
const DIFFER: f64 = 0.1;
/// Share of it to which the integrals with ever more points must agree: a kink on the way spoils them.
const AGREE: f64 = 0.02;

/// Whether the values at the ends contradict the integral of the gradient between them, by more than rounding and more
/// than the integral is uncertain.
pub(crate) fn contradicts(evaluator: &mut Evaluator<'_>, from: &Point, to: &[f64]) -> Result<bool, Halt> {
    let blur = 20.0 * evaluator.noise(from.f);
    let way: Vec<f64> = to.iter().zip(&from.x).map(|(a, b)| a - b).collect();
    let change = evaluator.value(to)? - from.f;
    if !change.is_finite() {
        return Ok(false);
    }
    let mut slopes = Vec::with_capacity(9);
    for k in 0..=8 {
        let x: Vec<f64> = from.x.iter().zip(&way).map(|(x, d)| x + f64::from(k) / 8.0 * d).collect();
        let point = evaluator.point(&x)?;
        if !point.is_finite() {
            return Ok(false);
        }
        slopes.push(point.g.iter().zip(&way).map(|(g, d)| g * d).sum::<f64>());
    }
    let integrals = [4, 2, 1].map(|stride| simpson(&slopes, stride));
    let scale = change.abs().max(integrals[2].abs());
    let is_settled = integrals.iter().all(|i| (i - integrals[2]).abs() <= AGREE * scale);
    Ok(is_settled && (change - integrals[2]).abs() > DIFFER * scale + blur)
}

/// Simpson's rule over the unit interval with every `stride`-th of nine equidistant values.
fn simpson(values: &[f64], stride: usize) -> f64 {
    let taken: Vec<f64> = values.iter().copied().step_by(stride).collect();
    let last = taken.len() - 1;
    let weight = |k: usize| {
        if k == 0 || k == last {
            1.0
        } else if k % 2 == 1 {
            4.0
        } else {
            2.0
        }
    };
    taken.iter().enumerate().map(|(k, v)| weight(k) * v).sum::<f64>() / (3.0 * last as f64)
}
