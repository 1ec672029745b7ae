//! The model of a quasi-Newton search brought up to date by a step.

use crate::evaluate::evaluator::Point;
use crate::linalg::dot;
use ndarray::Array2;

/// The secant update with the step from `old` to `new`.
pub(crate) fn update(model: &mut Array2<f64>, old: &Point, new: &Point) {
    let n = old.x.len();
    let s: Vec<f64> = (0..n).map(|i| new.x[i] - old.x[i]).collect();
    let y: Vec<f64> = (0..n).map(|i| new.g[i] - old.g[i]).collect();
    let bs: Vec<f64> = (0..n).map(|i| (0..n).map(|j| model[[i, j]] * s[j]).sum()).collect();
    let sy = dot(&s, &y);
    let sbs = dot(&s, &bs);
    if !(sbs.is_normal() && sbs > 0.0 && sy.is_finite()) {
        return;
    }
    // Powell: mix in the old model's change of slope until the curvature along the step is clearly positive.
    let mix = if sy >= 0.2 * sbs { 1.0 } else { 0.8 * sbs / (sbs - sy) };
    let r: Vec<f64> = (0..n).map(|i| mix * y[i] + (1.0 - mix) * bs[i]).collect();
    let sr = dot(&s, &r);
    for i in 0..n {
        for j in 0..n {
            model[[i, j]] += r[i] * r[j] / sr - bs[i] * bs[j] / sbs;
        }
    }
}
