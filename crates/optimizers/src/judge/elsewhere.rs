//! A look elsewhere, where parameters have lost their meaning at a bound.
//!
//! A norm on its bound makes the shape that it multiplies meaningless: the objective does not change with it, whatever
//! it is. But another shape may let the norm rise. The slope at the bound tells, so it is looked up for shapes all over
//! their ranges, and the norm is tried where it falls most steeply.

use super::verdict::Verdict;
use crate::evaluate::evaluator::{Evaluator, Halt, Hessian, Point};
use crate::problem::minimum::Status;
use crate::problem::objective::Derivatives;

/// Shapes looked at for each shape parameter of one norm, and at most.
const SHAPES: usize = 7;
const MOST_SHAPES: usize = 28;
/// Tries inwards from the bound, each a fifth of the last.
const TRIES: i32 = 8;
/// A parameter has no effect where it would take more than this many of its ranges to see one.
const RANGES: f64 = 0.9;

/// Looks for a lower point at other values of parameters that have no effect while others are held at a bound.
pub(crate) fn look(
    evaluator: &mut Evaluator<'_>,
    point: &Point,
    hessian: &Hessian,
    verdict: &Verdict,
) -> Result<Option<Point>, Halt> {
    let n = point.x.len();
    let held: Vec<usize> = (0..n).filter(|&i| verdict.at_limit[i]).collect();
    let idle: Vec<usize> = (0..n).filter(|&i| !verdict.at_limit[i] && is_idle(evaluator, point, hessian, i)).collect();
    if verdict.status != Status::Degenerate || held.is_empty() || idle.is_empty() {
        return Ok(None);
    }
    let mut best: Option<(f64, usize, Vec<f64>)> = None;
    let places = places(hessian, &held, &idle);
    let dimension = places.iter().max().map_or(1, |place| place + 1);
    for k in 0..(SHAPES * dimension).min(MOST_SHAPES) {
        let mut x = point.x.clone();
        for (&i, place) in idle.iter().zip(&places) {
            let (low, high) = window(evaluator, point, i);
            x[i] = low + (high - low) * spread(k, *place, dimension);
        }
        for (i, pull) in pulls(evaluator, point, &held, &x)? {
            if best.as_ref().is_none_or(|(most, ..)| pull > *most) {
                best = Some((pull, i, x.clone()));
            }
        }
    }
    let Some((_, i, mut x)) = best.filter(|(pull, ..)| *pull > 0.0) else { return Ok(None) };
    let bound = point.x[i];
    for k in 0..TRIES {
        x[i] =
            (bound + inward(evaluator, point, i) * 0.2_f64.powi(k)).clamp(evaluator.lower()[i], evaluator.upper()[i]);
        if evaluator.value(&x)? < point.f - evaluator.slack(point.f) {
            return Ok(Some(evaluator.point(&x)?).filter(Point::is_finite));
        }
    }
    Ok(None)
}

/// Whether the objective does not change with a parameter over its whole range, as far as the Hessian says.
fn is_idle(evaluator: &Evaluator<'_>, point: &Point, hessian: &Hessian, i: usize) -> bool {
    let (low, high) = window(evaluator, point, i);
    hessian.matrix[[i, i]].abs() * (RANGES * (high - low)).powi(2) <= 2.0 * evaluator.error_definition()
}

/// Which coordinate of the spread points each idle parameter takes. The shapes of different norms may share one, since
/// a norm's slope depends on its own shapes alone.
fn places(hessian: &Hessian, held: &[usize], idle: &[usize]) -> Vec<usize> {
    let mut taken: Vec<usize> = vec![0; held.len()];
    idle.iter()
        .map(|&i| {
            let norms = (0..held.len()).filter(|&h| hessian.matrix[[held[h], i]] != 0.0);
            let norms: Vec<usize> = norms.collect();
            let place = norms.iter().map(|&h| taken[h]).max().unwrap_or(0);
            for h in norms {
                taken[h] = place + 1;
            }
            place
        })
        .collect()
}

/// Where to look for a parameter: its range, or some steps around its value.
fn window(evaluator: &Evaluator<'_>, point: &Point, i: usize) -> (f64, f64) {
    let reach = 10.0 * evaluator.steps[i].max(0.1 * point.x[i].abs());
    let (lower, upper) = (evaluator.lower()[i], evaluator.upper()[i]);
    if (upper - lower).is_finite() {
        (lower, upper)
    } else {
        ((point.x[i] - reach).max(lower), (point.x[i] + reach).min(upper))
    }
}

/// The `k`-th of evenly spread points of the unit cube, coordinate `j` of `n`: the Kronecker sequence of the powers of
/// the root of `r^(n+1) = r + 1` (M. Roberts, The unreasonable effectiveness of quasirandom sequences, 2018).
pub(super) fn spread(k: usize, j: usize, n: usize) -> f64 {
    let mut root: f64 = 1.5;
    for _ in 0..30 {
        root = (1.0 + root).powf(1.0 / (n as f64 + 1.0));
    }
    (0.5 + (k as f64 + 1.0) / root.powi(i32::try_from(j + 1).unwrap_or(i32::MAX))).fract()
}

/// A step inwards from the bound of a held parameter.
fn inward(evaluator: &Evaluator<'_>, point: &Point, i: usize) -> f64 {
    let length = evaluator.steps[i].max(evaluator.scales()[i]).min(0.5 * (evaluator.upper()[i] - evaluator.lower()[i]));
    if point.x[i] <= evaluator.lower()[i] { length } else { -length }
}

/// How strongly each held parameter is pulled inwards at `x`: the fall of the objective over a step.
fn pulls(evaluator: &mut Evaluator<'_>, point: &Point, held: &[usize], x: &[f64]) -> Result<Vec<(usize, f64)>, Halt> {
    if evaluator.derivatives() >= Derivatives::Gradient {
        let there = evaluator.point(x)?;
        if !there.is_finite() {
            return Ok(Vec::new());
        }
        return Ok(held.iter().map(|&i| (i, -there.g[i] * inward(evaluator, point, i))).collect());
    }
    let mut all = Vec::with_capacity(held.len());
    for &i in held {
        let mut moved = x.to_vec();
        let small = 1e-3 * inward(evaluator, point, i);
        moved[i] += small;
        all.push((i, 1e3 * (point.f - evaluator.value(&moved)?)));
    }
    Ok(all)
}
