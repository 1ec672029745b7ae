//! A line search in free coordinates that asks for sufficient decrease and a flatter slope (weak Wolfe conditions;
//! J. Nocedal, S. Wright, Numerical Optimization, 2nd ed., section 3.1), and steps back from undefined points.

use crate::evaluate::coordinates::{self, Coordinate};
use crate::evaluate::evaluator::{Evaluator, Halt, Point};
use crate::linalg::one_dimension::vertex;
use crate::problem::objective::Derivatives;

/// Share of the decrease that the slope promises which is enough.
const ENOUGH: f64 = 1e-4;
/// Share of the first slope to which the last one must have come down.
const FLATTER: f64 = 0.9;
/// Trials before giving up.
const TRIALS: usize = 30;

/// The ray searched along.
pub(crate) struct Ray<'a> {
    pub(crate) coordinates: &'a [Coordinate],
    pub(crate) origin: &'a [f64],
    pub(crate) direction: &'a [f64],
    /// Slope of the objective at the origin, negative.
    pub(crate) slope: f64,
}

impl Ray<'_> {
    /// Free coordinates at a length.
    pub(crate) fn at(&self, length: f64) -> Vec<f64> {
        self.origin.iter().zip(self.direction).map(|(t, d)| t + length * d).collect()
    }

    fn external(&self, length: f64) -> Vec<f64> {
        coordinates::external(self.coordinates, &self.at(length))
    }

    fn slope_at(&self, length: f64, point: &Point) -> f64 {
        let t = self.at(length);
        (0..t.len()).map(|i| point.g[i] * self.coordinates[i].derivative(t[i]) * self.direction[i]).sum()
    }

    /// The whole step, as far as it is sensible.
    fn full(&self) -> f64 {
        self.longest().min(1.0)
    }

    fn longest(&self) -> f64 {
        self.coordinates
            .iter()
            .zip(self.direction)
            .filter(|(_, d)| **d != 0.0)
            .map(|(c, d)| c.longest_step() / d.abs())
            .fold(f64::INFINITY, f64::min)
    }
}

/// Finds a better point along the ray: its length and the point, or `None` when there is none.
///
/// `edm_at` estimates the distance to the minimum at a point, which decides where values drown in rounding.
pub(crate) fn search(
    evaluator: &mut Evaluator<'_>,
    start: &Point,
    ray: &Ray<'_>,
    edm_at: &dyn Fn(&Point, &[f64]) -> f64,
) -> Result<Option<(f64, Point)>, Halt> {
    let full = ray.full();
    if -0.5 * ray.slope <= evaluator.slack(start.f) {
        let point = evaluator.point(&ray.external(full))?;
        let edm = (-0.5 * ray.slope, if point.is_finite() { edm_at(&point, &ray.at(full)) } else { f64::INFINITY });
        return Ok(evaluator.improves((start.f, edm.0), (point.f, edm.1)).then_some((full, point)));
    }
    if evaluator.derivatives() >= Derivatives::Gradient {
        with_slopes(evaluator, start, ray)
    } else {
        with_values(evaluator, start, ray)
    }
}

/// Bracketing with slopes, for objectives whose gradient costs no more than the value.
fn with_slopes(evaluator: &mut Evaluator<'_>, start: &Point, ray: &Ray<'_>) -> Result<Option<(f64, Point)>, Halt> {
    let longest = ray.longest();
    let (mut low, mut f_low, mut slope_low) = (0.0, start.f, ray.slope);
    let mut high = f64::INFINITY;
    let mut best: Option<(f64, Point)> = None;
    let mut length = ray.full();
    for _ in 0..TRIALS {
        let point = evaluator.point(&ray.external(length))?;
        if !point.is_finite() {
            high = length;
            length = low + 0.2 * (high - low);
        } else if point.f > start.f + ENOUGH * length * ray.slope || point.f >= f_low && low > 0.0 {
            // Too far: the parabola through what is known of the lower end.
            let width = length - low;
            let guess = vertex(slope_low, width, point.f - f_low).unwrap_or(0.5 * width);
            high = length;
            length = low + guess.clamp(0.05 * width, 0.7 * width);
        } else {
            let slope = ray.slope_at(length, &point);
            let f = point.f;
            best = Some((length, point));
            if slope >= FLATTER * ray.slope || length >= longest {
                return Ok(best);
            }
            // Still steeply downhill: further on, guided by the secant of the slopes.
            let secant = if slope > slope_low { -slope * (length - low) / (slope - slope_low) } else { f64::INFINITY };
            (low, f_low, slope_low) = (length, f, slope);
            length = if high.is_finite() {
                low + secant.clamp(0.2 * (high - low), 0.8 * (high - low))
            } else {
                (low + secant.clamp(low, 9.0 * low)).min(longest)
            };
        }
        if length - low <= 1e-14 * length.abs() || length == low {
            break;
        }
    }
    Ok(best)
}

/// A parabola through values, for objectives whose gradient costs many values.
fn with_values(evaluator: &mut Evaluator<'_>, start: &Point, ray: &Ray<'_>) -> Result<Option<(f64, Point)>, Halt> {
    let longest = ray.longest();
    let mut best: Option<(f64, f64)> = None;
    let mut length = ray.full();
    for _ in 0..TRIALS {
        let f = evaluator.value(&ray.external(length))?;
        let enough = f <= start.f + ENOUGH * length * ray.slope;
        let vertex = vertex(ray.slope, length, f - start.f).unwrap_or(f64::INFINITY);
        match best {
            Some((_, lowest)) if f >= lowest => break,
            _ if enough => {
                best = Some((length, f));
                // The vertex is worth a value if it is clearly elsewhere.
                let next = vertex.min(5.0 * length).min(longest);
                if (0.7..1.4).contains(&(next / length)) {
                    break;
                }
                length = next.max(0.1 * length);
            }
            _ if f.is_finite() => length *= (vertex / length).clamp(0.05, 0.5),
            _ => length *= 0.2,
        }
    }
    let Some((length, f)) = best else { return Ok(None) };
    let point = evaluator.complete(&ray.external(length), f)?;
    Ok(point.is_finite().then_some((length, point)))
}
