//! The maximum of a curve by Newton's method for the root of its slope, kept within what encloses it.

use crate::curve::point::{Curve, Point};
use crate::error::Result;

/// Evaluations that a search may take.
const TRIALS: usize = 100;

/// What encloses the maximum, and whether the ends were visited.
struct Bracket {
    low: f64,
    high: f64,
    is_low_known: bool,
    is_high_known: bool,
}

impl Bracket {
    /// Takes what a point tells. Impossible data (no slope) call for more of the source.
    fn take(&mut self, point: &Point) {
        if point.slope < 0.0 {
            (self.high, self.is_high_known) = (point.x, true);
        } else {
            (self.low, self.is_low_known) = (point.x, true);
        }
    }

    /// Newton's next point, or the end of the bracket that it leads out of, or what halves the bracket.
    fn next(&self, point: &Point) -> f64 {
        let newton = point.x + point.slope / point.curvature;
        let is_useful = point.curvature > 0.0 && newton.is_finite();
        if is_useful && newton > self.low && newton < self.high {
            return newton;
        }
        if point.slope < 0.0 && !self.is_low_known {
            return self.low;
        }
        if point.slope > 0.0 && !self.is_high_known && self.high.is_finite() && (!is_useful || newton >= self.high) {
            return self.high;
        }
        if self.high.is_finite() { 0.5 * (self.low + self.high) } else { 2.0 * self.low.abs().max(1.0) }
    }
}

/// The highest point of a curve between two limits, which may be the place of the maximum, and whether it was found. `start` lies between them.
pub(crate) fn find_peak<C: Curve>(curve: &mut C, start: f64, (low, high): (f64, f64)) -> Result<(Point, bool)> {
    let mut bracket = Bracket { low, high, is_low_known: false, is_high_known: false };
    let mut point = curve.at(start)?;
    for _ in 0..TRIALS {
        let is_at_end = (point.x <= low && point.slope <= 0.0) || (point.x >= high && point.slope >= 0.0);
        let gain = 0.5 * point.slope * point.slope / point.curvature;
        if is_at_end || point.slope == 0.0 || (point.curvature > 0.0 && gain < curve.precision().gain) {
            return Ok((point, point.is_converged));
        }
        bracket.take(&point);
        let next = bracket.next(&point);
        if next == point.x {
            return Ok((point, point.is_converged));
        }
        point = curve.at(next)?;
    }
    Ok((point, false))
}
