//! Where a curve has fallen by so much from its maximum: on the true curve, by Newton's method.

use crate::curve::point::{Curve, Point};
use crate::error::Result;

/// Evaluations that a search may take.
const TRIALS: usize = 100;

/// Walks from the maximum towards `limit` to where `logL` has fallen by `drop`; `None` when it does not fall that far until there. The
/// points that
/// it visits go to `visited`.
///
/// The square root of the fall is nearly linear in the distance, whatever the curve; Newton's method is applied to it, between the last point
/// that was too near and the last one that was too far. Along a straight line, a source without counts, the first guess is exact.
pub(crate) fn find_crossing<C: Curve>(
    curve: &mut C,
    peak: &Point,
    drop: f64,
    limit: f64,
    visited: &mut Vec<Point>,
) -> Result<Option<f64>> {
    let sign = if limit < peak.x { -1.0 } else { 1.0 };
    let farthest = (limit - peak.x).abs();
    if farthest == 0.0 {
        return Ok(None);
    }
    let (mut near, mut far) = (0.0, f64::INFINITY);
    let mut distance = first_distance(peak, sign, drop).min(farthest);
    for _ in 0..TRIALS {
        let point = curve.at(if distance >= farthest { limit } else { peak.x + sign * distance })?;
        visited.push(point);
        let fall = peak.loglike - point.loglike;
        if (fall - drop).abs() <= curve.precision().fall * drop {
            return Ok(Some(point.x));
        }
        if fall < drop {
            if distance >= farthest {
                return Ok(None);
            }
            near = distance;
        } else {
            far = distance;
        }
        // d sqrt(fall) / d distance.
        let rise = -sign * point.slope / (2.0 * fall.sqrt());
        let guess = distance + (drop.sqrt() - fall.sqrt()) / rise;
        let is_useful = fall > 0.0 && rise > 0.0 && guess > near && guess < far;
        let next = match (is_useful, far.is_finite()) {
            // Far beyond what is known the curve may be another one.
            (true, _) => guess.min(10.0 * distance),
            (false, true) => 0.5 * (near + far),
            (false, false) => 3.0 * distance,
        };
        let next = next.min(farthest);
        if next == distance || !next.is_finite() {
            break;
        }
        distance = next;
    }
    // A cliff between `near` and `far`, which halving has enclosed; or no fall at all.
    Ok(far.is_finite().then_some(peak.x + sign * far))
}

/// Where slope and curvature at the maximum lead down by `drop`.
fn first_distance(peak: &Point, sign: f64, drop: f64) -> f64 {
    let down = (-sign * peak.slope).max(0.0);
    let curvature = peak.curvature.max(0.0);
    // down t + curvature t^2 / 2 = drop, in the form that does not cancel.
    let distance = 2.0 * drop / (down + (down * down + 2.0 * drop * curvature).sqrt());
    if distance.is_finite() && distance > 0.0 { distance } else { peak.x.abs().max(1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::peak::find_peak;

    /// `n ln(b + u x) - u x` for one bin of n counts over a background b.
    struct Poisson {
        n: f64,
        background: f64,
        calls: usize,
    }

    impl Curve for Poisson {
        fn at(&mut self, x: f64) -> Result<Point> {
            self.calls += 1;
            let model = self.background + x;
            if self.n > 0.0 && model <= 0.0 {
                return Ok(Point::impossible(x));
            }
            let log = if self.n > 0.0 { self.n * model.ln() } else { 0.0 };
            let (slope, curvature) =
                if self.n > 0.0 { (self.n / model - 1.0, self.n / model / model) } else { (-1.0, 0.0) };
            Ok(Point { x, loglike: log - x, slope, curvature, is_converged: true })
        }
    }

    #[test]
    fn maxima_and_falls_of_poisson_curves_are_exact_from_any_start() {
        for (n, background) in [(10.0, 0.0), (10.0, 3.0), (1e6, 1e6 - 10.0), (3.0, 20.0), (0.0, 1.0), (1.0, 0.0)] {
            for start in [1e-9, 1e-3, 1.0, 40.0, 1e7] {
                let mut curve = Poisson { n, background, calls: 0 };
                let (peak, found) = find_peak(&mut curve, start, (0.0, 1e9)).unwrap();
                let expected = f64::max(n - background, 0.0);
                assert!(
                    found && (peak.x - expected).abs() < 1e-4 * n.sqrt().max(1.0),
                    "{n} {background} {start}: {peak:?}"
                );
                for drop in [0.5, 1.352_77, 2.7] {
                    let upper =
                        find_crossing(&mut curve, &peak, drop, f64::INFINITY, &mut Vec::new()).unwrap().unwrap();
                    let fall = peak.loglike - curve.at(upper).unwrap().loglike;
                    assert!((fall / drop - 1.0).abs() < 1e-6, "{n} {background} {start}: {fall} {drop}");
                }
                assert!(curve.calls < 120, "{} calls", curve.calls);
            }
        }
        // No counts: the limit is known.
        let mut none = Poisson { n: 0.0, background: 1.0, calls: 0 };
        let peak = none.at(0.0).unwrap();
        let upper = find_crossing(&mut none, &peak, 1.352_77, f64::INFINITY, &mut Vec::new()).unwrap();
        assert!((upper.unwrap() - 1.352_77).abs() < 1e-12 && none.calls == 2);
    }

    #[test]
    fn a_fall_that_is_not_reached_is_none_and_a_cliff_is_found() {
        let mut curve = Poisson { n: 10.0, background: 9.0, calls: 0 };
        let (peak, _) = find_peak(&mut curve, 5.0, (0.0, 1e9)).unwrap();
        assert_eq!(find_crossing(&mut curve, &peak, 0.5, 0.0, &mut Vec::new()).unwrap(), None);
        let mut bare = Poisson { n: 1e-3, background: 0.0, calls: 0 };
        let (peak, _) = find_peak(&mut bare, 5.0, (0.0, 1e9)).unwrap();
        let lower = find_crossing(&mut bare, &peak, 2.7, 0.0, &mut Vec::new()).unwrap().unwrap();
        assert!((0.0..1e-6).contains(&lower), "{lower}");
    }
}
