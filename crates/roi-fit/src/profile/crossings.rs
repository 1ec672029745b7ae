//! Limits and errors of a parameter: where the likelihood itself has fallen by so much from its maximum.
//!
//! The points of a profile enclose each crossing, or do not; between and beyond them the curve is asked for more until the fall is met. Against the square root of
//! the fall, the distance from the maximum is nearly a straight line (for a parabola), or a parabola (for the straight fall of a source without
//! counts): it is interpolated there.

use crate::known::limits::{CL_ERR, CL_LIMIT, ParameterLimits, fall_of_limit, fall_of_probability};
use crate::profile::walk::{Curve, Peak};

/// By what share a fall may be off: about twice the error of the distance.
const ACCURACY: f64 = 2e-4;
/// Evaluations that one crossing may take.
const TRIALS: usize = 40;
/// A bracket narrower than this share of its distance encloses a cliff.
const NARROW: f64 = 1e-10;

/// Points that are higher than the maximum by less are as high.
const HIGHER: f64 = 1e-6;

/// What is known of one side of a curve: how far from the maximum, and how much below it; from near to far.
type Side = Vec<(f64, f64)>;

/// What a search for a crossing does next.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Next {
    /// It lies at this distance.
    Found(f64),
    /// It asks for the curve at this distance.
    Ask(f64),
    /// The curve does not fall that far within its range.
    Nowhere,
}

/// The crossings that limits and errors are made of: upwards or not, and the fall.
pub(crate) fn wanted() -> [(bool, f64); 4] {
    let (limit, error) = (fall_of_limit(CL_LIMIT), fall_of_probability(CL_ERR));
    [(false, error), (true, error), (false, limit), (true, limit)]
}

/// How far from its maximum a curve has fallen by so much; `None` when it does not within `range`.
pub(crate) fn distance_to_fall<C: Curve>(
    curve: &mut C,
    (peak, range): (Peak, (f64, f64)),
    known: &[(f64, f64)],
    (upwards, fall): (bool, f64),
) -> Result<Option<f64>, C::Error> {
    let (sign, end) = if upwards { (1.0, range.1) } else { (-1.0, range.0) };
    crossing(curve, &mut side_of(known, peak, sign), (peak, sign, (end - peak.x).abs()), fall)
}

/// Limits and errors from the distances of [`wanted`]. `dloglike`: how much higher the maximum is than the zero of the profile.
pub(crate) fn limits_at(
    peak: Peak,
    [err_lo, err_hi, below, above]: [Option<f64>; 4],
    dloglike: f64,
) -> ParameterLimits {
    let err = match (err_lo, err_hi) {
        (Some(lo), Some(hi)) => Some(0.5 * (lo + hi)),
        (one, other) => one.or(other),
    };
    let (ul, ll) = (above.map(|distance| peak.x + distance), below.map(|distance| peak.x - distance));
    ParameterLimits { x0: Some(peak.x), ul, ll, err_lo, err_hi, err, lnlmax: Some(dloglike) }
}

/// The maximum of a curve: the one that is known or, where a point of the curve is clearly higher, the top beside that point, by parabolas through the
/// three points around it.
pub(crate) fn maximum<C: Curve>(curve: &mut C, peak: Peak, known: &[(f64, f64)]) -> Result<Peak, C::Error> {
    let mut points: Vec<(f64, f64)> = known.iter().copied().filter(|(x, l)| x.is_finite() && l.is_finite()).collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    points.dedup_by(|a, b| a.0 == b.0);
    let highest = |points: &[(f64, f64)]| (0..points.len()).max_by(|&a, &b| points[a].1.total_cmp(&points[b].1));
    let Some(mut top) = highest(&points).filter(|&top| points[top].1 > peak.loglike + HIGHER) else { return Ok(peak) };
    for _ in 0..TRIALS {
        let Some(&[(a, ya), (b, yb), (c, yc)]) = top.checked_sub(1).and_then(|first| points[first..].first_chunk())
        else {
            break;
        };
        let (left, right) = ((yb - ya) / (b - a), (yc - yb) / (c - b));
        let curvature = (right - left) / (c - a);
        let vertex = 0.5 * (a + b - left / curvature);
        let at = if vertex > a && vertex < c && vertex != b {
            vertex
        } else {
            0.5 * (b + if c - b > b - a { c } else { a })
        };
        let loglike = curve.loglike(at)?;
        let place = points.partition_point(|(x, _)| *x < at);
        if points.get(place).is_some_and(|(x, _)| *x == at) {
            break;
        }
        points.insert(place, (at, loglike));
        let gained = loglike - yb;
        top = highest(&points).unwrap_or(top);
        if gained.abs() < HIGHER {
            break;
        }
    }
    Ok(Peak { x: points[top].0, loglike: points[top].1, ..peak })
}

/// The points to one side of the maximum.
fn side_of(known: &[(f64, f64)], peak: Peak, sign: f64) -> Side {
    let point = |&(x, loglike): &(f64, f64)| (sign * (x - peak.x), peak.loglike - loglike);
    let mut side: Side =
        known.iter().map(point).filter(|(d, fall)| *d > 0.0 && d.is_finite() && !fall.is_nan()).collect();
    side.sort_by(|a, b| a.0.total_cmp(&b.0));
    side.dedup_by(|a, b| a.0 == b.0);
    side.insert(0, (0.0, 0.0));
    side
}

/// How far from the maximum the curve has fallen by `fall`; `None` when it does not within the range.
fn crossing<C: Curve>(
    curve: &mut C,
    side: &mut Side,
    (peak, sign, farthest): (Peak, f64, f64),
    fall: f64,
) -> Result<Option<f64>, C::Error> {
    for trial in 0..TRIALS {
        match next(side, (peak.step, farthest), fall, trial) {
            Next::Found(distance) => return Ok(Some(distance)),
            Next::Nowhere => return Ok(None),
            Next::Ask(distance) => {
                let loglike = curve.loglike(peak.x + sign * distance)?;
                let at = side.partition_point(|(d, _)| *d < distance);
                side.insert(at, (distance, peak.loglike - loglike));
            }
        }
    }
    Ok(None)
}

/// The next step of a search.
fn next(side: &[(f64, f64)], (step, farthest): (f64, f64), fall: f64, trial: usize) -> Next {
    let is_met = |point: &&(f64, f64)| (point.1 - fall).abs() <= ACCURACY * fall;
    let outer = side.iter().position(|point| point.1 >= fall);
    // The first crossing counts: what lies behind it may be another maximum.
    let near = outer.map_or(side.len(), |outer| outer + 1);
    if let Some(k) = side[..near].iter().position(|point| is_met(&point)) {
        return Next::Found(polished(side, k, fall));
    }
    let Some(outer) = outer else {
        let (last, fallen) = side.last().copied().unwrap_or_default();
        if last >= farthest {
            return Next::Nowhere;
        }
        let farther = if last == 0.0 {
            step
        } else if fallen > 1e-6 * fall {
            last * (1.05 * (fall / fallen).sqrt()).clamp(1.2, 10.0)
        } else {
            last * 10.0
        };
        return if farther.is_finite() { Next::Ask(farther.min(farthest)) } else { Next::Nowhere };
    };
    let (inside, outside) = (side[outer - 1].0, side[outer].0);
    if outside - inside <= NARROW * outside {
        return Next::Found(0.5 * (inside + outside));
    }
    let guess = if trial % 4 == 3 { None } else { interpolated(side, outer, fall) };
    let guess = guess.filter(|guess| *guess > inside && *guess < outside);
    Next::Ask(guess.unwrap_or(0.5 * (inside + outside)))
}

/// A point that meets the fall nearly, moved by the rest of it along the line to its better neighbour.
fn polished(side: &[(f64, f64)], k: usize, fall: f64) -> f64 {
    let (distance, met) = side[k];
    let neighbour = |i: usize| side.get(i).filter(|(_, other)| other.is_finite() && (other - met).abs() > 1e-3 * fall);
    let other = k.checked_sub(1).and_then(neighbour).or_else(|| neighbour(k + 1));
    let Some(&(place, other)) = other else { return distance };
    let root = |fall: f64| fall.max(0.0).sqrt();
    let moved = distance + (place - distance) * (root(fall) - root(met)) / (root(other) - root(met));
    if moved.is_finite() { moved } else { distance }
}

/// Where the curve through the points around a bracket meets the fall, the distance as a polynomial of the root of the fall.
fn interpolated(side: &[(f64, f64)], outer: usize, fall: f64) -> Option<f64> {
    let first = (0..outer).rev().take(2).min()?;
    let near: Vec<(f64, f64)> = side[first..(outer + 2).min(side.len())]
        .iter()
        .filter(|(_, fall)| fall.is_finite())
        .map(|&(distance, fall)| (fall.max(0.0).sqrt(), distance))
        .collect();
    let is_monotonic = near.windows(2).all(|pair| pair[0].0 < pair[1].0);
    let at = fall.sqrt();
    let value = |points: &[(f64, f64)]| -> f64 {
        let weight = |i: usize| -> f64 {
            let others = points.iter().enumerate().filter(|(j, _)| *j != i);
            others.map(|(_, other)| (at - other.0) / (points[i].0 - other.0)).product()
        };
        points.iter().enumerate().map(|(i, point)| point.1 * weight(i)).sum()
    };
    (is_monotonic && near.len() > 1).then(|| value(&near)).filter(|guess| guess.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::walk::tests::Counted;

    fn limits(curve: impl Fn(f64) -> f64, x: f64, range: (f64, f64), known: &[f64]) -> (ParameterLimits, usize) {
        let peak = Peak { x, loglike: curve(x), step: 1.0 };
        let known: Vec<(f64, f64)> = known.iter().map(|&x| (x, curve(x))).collect();
        let mut counted = Counted(curve, 0);
        let distances = wanted().map(|fall| distance_to_fall(&mut counted, (peak, range), &known, fall).unwrap());
        (limits_at(peak, distances, 0.0), counted.1)
    }

    #[test]
    fn limits_do_not_depend_on_the_points_that_are_known() {
        // Ten counts: -2.838 and +3.504 (Particle Data Group), the 95 % limits by bisection of n ln(m/n) - (m - n).
        let ten = |m: f64| if m > 0.0 { 10.0 * (m / 10.0).ln() - (m - 10.0) } else { f64::NEG_INFINITY };
        let grid: Vec<f64> = (0..20).map(|i| 4.0 + 0.7 * f64::from(i)).collect();
        for known in [&[][..], &[10.0], &[2.0, 30.0], &[3.0, 9.99, 10.01, 11.0], &grid] {
            let (found, calls) = limits(ten, 10.0, (0.0, f64::MAX), known);
            let close = |found: Option<f64>, right: f64| (found.unwrap() / right - 1.0).abs() < 2e-4;
            assert!(close(found.err_lo, 2.8382) && close(found.err_hi, 3.5036), "{known:?}: {found:?}");
            for (found, far) in [(found.ul.unwrap(), 100.0), (found.ll.unwrap(), 1e-3)] {
                let (mut inside, mut outside) = (10.0, far);
                for _ in 0..100 {
                    let middle = 0.5 * (inside + outside);
                    if ten(middle) < -1.352_771_727 { outside = middle } else { inside = middle }
                }
                assert!((found / inside - 1.0).abs() < 5e-5, "{known:?}: {found} {inside}");
            }
            assert!(calls < if known.len() == 20 { 5 } else { 30 }, "{calls} more points than {known:?}");
        }
    }

    #[test]
    fn straight_falls_cliffs_and_ends_are_met() {
        let (none, calls) = limits(|x| -110.54623 * x, 1e-5, (1e-5, f64::MAX), &[0.01, 0.03]);
        assert!((none.ul.unwrap() - 0.012_247_2).abs() < 1e-7 && calls < 6, "{none:?} {calls}");
        assert_eq!((none.ll, none.err_lo, none.x0, none.lnlmax), (None, None, Some(1e-5), Some(0.0)));
        let (cliff, _) = limits(|x| if x < 5.0 { -0.01 * x } else { f64::NEG_INFINITY }, 0.0, (0.0, f64::MAX), &[]);
        assert!((cliff.ul.unwrap() - 5.0).abs() < 1e-6, "{cliff:?}");
        assert_eq!(limits(|_| 1.0, 3.0, (0.0, 10.0), &[]).0.ul, None);
        let (short, _) = limits(|x| -0.5 * x * x, 0.0, (-0.5, 1.5), &[]);
        assert!(short.ul.is_none() && short.ll.is_none() && short.err_lo.is_none());
        assert!((short.err_hi.unwrap() - 1.0).abs() < 1e-4);
    }
}
