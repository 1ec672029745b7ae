//! Limits and errors of a parameter from points of its log-likelihood profile.

use std::f64::consts::SQRT_2;

use serde::{Deserialize, Serialize};

/// Confidence level of the one-sided limits that the field quotes.
pub(crate) const CL_LIMIT: f64 = 0.95;
/// Confidence level of 1 sigma errors.
pub(crate) const CL_ERR: f64 = 0.682_689_492_137_086;

/// What a profile says of its parameter, in the units of its abscissa. `None` where the points do not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ParameterLimits {
    /// Position of the maximum.
    pub x0: Option<f64>,
    /// One-sided upper limit.
    pub ul: Option<f64>,
    /// One-sided lower limit.
    pub ll: Option<f64>,
    /// How far below the maximum the log-likelihood has fallen by the rise of the error.
    pub err_lo: Option<f64>,
    /// How far above it.
    pub err_hi: Option<f64>,
    /// Mean of the two, or the one there is.
    pub err: Option<f64>,
    /// Height of the maximum, relative to the zero of the profile.
    pub lnlmax: Option<f64>,
}

/// Limits from a profile `dloglike(x)`, as fermipy's `get_parameter_limits`: the one-sided limits at `cl_limit` are where the
/// log-likelihood has fallen by `z^2 / 2` below its maximum, `z` the normal quantile (1.3528 for 0.95); the errors are those of the
/// two-sided interval `cl_err` (0.5 for 0.6827).
///
/// The maximum is that of the cubic through the highest point and those nearest to it. A crossing is looked for between the two points
/// that enclose it, on the cubic through the four points nearest to it. Beyond the last point the parabola through the last three
/// goes on, if it is concave and falls; below the first point nothing is assumed. Points that are not finite are left out; with fewer
/// than three there is no limit. Points may come in any order.
///
/// ```
/// let x: Vec<f64> = (0..20).map(|i| 0.5 * f64::from(i)).collect();
/// let dloglike: Vec<f64> = x.iter().map(|x| -0.5 * (x - 4.0) * (x - 4.0)).collect();
/// let limits = roi_fit::parameter_limits(&x, &dloglike, 0.95, 0.682_689_492_137);
/// assert!((limits.ul.unwrap() - (4.0 + 1.644_853_627)).abs() < 1e-6);
/// assert!((limits.err_hi.unwrap() - 1.0).abs() < 1e-6);
/// ```
pub fn parameter_limits(x: &[f64], dloglike: &[f64], cl_limit: f64, cl_err: f64) -> ParameterLimits {
    let mut points: Vec<(f64, f64)> =
        x.iter().copied().zip(dloglike.iter().copied()).filter(|(x, y)| x.is_finite() && y.is_finite()).collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    points.dedup_by(|a, b| a.0 == b.0);
    let highest = (0..points.len()).max_by(|&a, &b| points[a].1.total_cmp(&points[b].1));
    let Some(highest) = highest.filter(|_| points.len() > 2) else { return ParameterLimits::default() };

    let (drop_limit, drop_error) = (fall_of_limit(cl_limit), fall_of_probability(cl_err));
    let mut peak = vertex(&points, highest).unwrap_or(points[highest]);
    // Points too coarse for their curve: the highest one stands for the maximum.
    if peak.1 - points[highest].1 >= drop_limit.min(drop_error) {
        peak = points[highest];
    }
    // Points may lie so far apart that what is between them is beyond all numbers.
    let number = |x: &f64| x.is_finite();
    // The curve of the maximum and that of a crossing are not the same: where points lie far apart a crossing may come out on the maximum's other side, and
    // tells nothing.
    let above = |drop: f64| crossing(&points, highest, peak.1 - drop, true).filter(|x| number(x) && *x > peak.0);
    let below = |drop: f64| crossing(&points, highest, peak.1 - drop, false).filter(|x| number(x) && *x < peak.0);
    let err_hi = above(drop_error).map(|x| x - peak.0).filter(number);
    let err_lo = below(drop_error).map(|x| peak.0 - x).filter(number);
    let err = match (err_lo, err_hi) {
        (Some(lo), Some(hi)) => Some(0.5 * lo + 0.5 * hi),
        (one, other) => one.or(other),
    };
    ParameterLimits {
        x0: Some(peak.0).filter(number),
        ul: above(drop_limit),
        ll: below(drop_limit),
        err_lo,
        err_hi,
        err,
        lnlmax: Some(peak.1).filter(number),
    }
}

/// How far the log-likelihood falls from its maximum to the one-sided limit of this confidence level: `z^2 / 2`, `z` the normal quantile (Wilks
/// 1938); NaN for what is none.
///
/// ```
/// assert!((roi_fit::fall_of_limit(0.95) - 1.352_772).abs() < 1e-6);
/// ```
pub fn fall_of_limit(confidence: f64) -> f64 {
    fall_of_probability(2.0 * confidence - 1.0)
}

/// How far the log-likelihood falls to the edges of the two-sided interval of this probability; NaN for what is no probability.
pub(crate) fn fall_of_probability(probability: f64) -> f64 {
    if !(0.0..1.0).contains(&probability) {
        return f64::NAN;
    }
    // erf(z / sqrt 2) = probability; erf grows, and is 1 to double precision at z = 9.
    let (mut low, mut high) = (0.0_f64, 9.0_f64);
    for _ in 0..80 {
        let z = 0.5 * (low + high);
        if libm::erf(z / SQRT_2) < probability { low = z } else { high = z }
    }
    let z = 0.5 * (low + high);
    0.5 * z * z
}

/// The top between a point's neighbours, if it has both and the parabola through the three is concave: that of the cubic through them and
/// the next point on the top's side.
fn vertex(points: &[(f64, f64)], at: usize) -> Option<(f64, f64)> {
    let (&(a, ya), &(b, yb), &(c, yc)) = (points.get(at.checked_sub(1)?)?, points.get(at)?, points.get(at + 1)?);
    let (left, right) = ((yb - ya) / (b - a), (yc - yb) / (c - b));
    let curvature = (right - left) / (c - a);
    if curvature.is_nan() || curvature >= 0.0 {
        return None;
    }
    let slope_at_middle = left + curvature * (b - a);
    let (first, last) = if slope_at_middle > 0.0 { (at - 1, at + 2) } else { (at.saturating_sub(2), at + 1) };
    let near = &points[first..=last.min(points.len() - 1)];
    // Ternary search: the highest point lies between a and c.
    let (mut low, mut high) = (a, c);
    for _ in 0..100 {
        let (one, two) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
        if interpolate(near, one) < interpolate(near, two) { low = one } else { high = two }
    }
    let top = 0.5 * (low + high);
    Some((top, interpolate(near, top).max(yb)))
}

/// Where the points, followed away from the highest one, first fall below a level.
fn crossing(points: &[(f64, f64)], highest: usize, level: f64, upwards: bool) -> Option<f64> {
    let is_below = |&i: &usize| points[i].1 < level;
    let outer = if upwards { (highest..points.len()).find(is_below) } else { (0..=highest).rev().find(is_below) };
    let Some(outer) = outer else { return if upwards { beyond_last(points, level) } else { None } };
    let inner = if upwards { outer.checked_sub(1)? } else { outer + 1 };
    let (first, last) = (outer.min(inner).saturating_sub(1), (outer.max(inner) + 1).min(points.len() - 1));
    let near = &points[first..=last];
    let (mut inside, mut outside) = (points.get(inner)?.0, points[outer].0);
    for _ in 0..100 {
        let middle = 0.5 * (inside + outside);
        if interpolate(near, middle) < level { outside = middle } else { inside = middle }
    }
    Some(0.5 * (inside + outside))
}

/// Where the parabola through the last three points falls to a level, beyond them.
fn beyond_last(points: &[(f64, f64)], level: f64) -> Option<f64> {
    let [.., (a, ya), (b, yb), (c, yc)] = *points else { return None };
    let (left, right) = ((yb - ya) / (b - a), (yc - yb) / (c - b));
    let curvature = (right - left) / (c - a);
    let slope = right + curvature * (c - b);
    // yc + slope d + curvature d^2 = level, the positive root of a falling concave parabola.
    let root = (slope * slope - 4.0 * curvature * (yc - level)).sqrt();
    let distance = -(slope + root) / (2.0 * curvature);
    (curvature < 0.0 && slope < 0.0 && distance.is_finite() && distance >= 0.0).then_some(c + distance)
}

/// The polynomial through all these points (Lagrange).
fn interpolate(points: &[(f64, f64)], at: f64) -> f64 {
    let weight = |i: usize, xi: f64| -> f64 {
        points.iter().enumerate().filter(|&(j, _)| j != i).map(|(_, &(xj, _))| (at - xj) / (xi - xj)).product()
    };
    points.iter().enumerate().map(|(i, &(x, y))| y * weight(i, x)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The log-likelihood of n counts when m are expected, relative to its maximum.
    fn poisson(n: f64, m: f64) -> f64 {
        if n == 0.0 { -m } else { n * (m / n).ln() - (m - n) }
    }

    fn limits(n: f64, x: &[f64]) -> ParameterLimits {
        let y: Vec<f64> = x.iter().map(|&m| poisson(n, m)).collect();
        parameter_limits(x, &y, CL_LIMIT, CL_ERR)
    }

    fn grid(from: f64, to: f64, n: u32) -> Vec<f64> {
        (0..n).map(|i| from + (to - from) * f64::from(i) / f64::from(n - 1)).collect()
    }

    /// Where `poisson` falls by a given amount, by bisection.
    fn exact(n: f64, drop: f64, mut inside: f64, mut outside: f64) -> f64 {
        for _ in 0..200 {
            let middle = 0.5 * (inside + outside);
            if poisson(n, middle) < -drop { outside = middle } else { inside = middle }
        }
        inside
    }

    #[test]
    fn quantiles_are_the_published_ones() {
        for (probability, drop) in [(0.9, 1.352_771_727), (0.98, 2.705_947_257), (CL_ERR, 0.5)] {
            assert!(
                (fall_of_probability(probability) - drop).abs() < 2e-6,
                "{probability}: {}",
                fall_of_probability(probability)
            );
        }
        assert!(
            fall_of_probability(1.5).is_nan()
                && fall_of_probability(-0.1).is_nan()
                && fall_of_probability(f64::NAN).is_nan()
        );
    }

    #[test]
    fn poisson_limits_are_exact() {
        let found = limits(10.0, &grid(4.0, 18.0, 20));
        let close = |found: Option<f64>, exact: f64| (found.unwrap() / exact - 1.0).abs() < 1e-3;
        assert!(close(found.x0, 10.0), "{found:?}");
        assert!(close(found.ul, exact(10.0, 1.352_771_7, 10.0, 40.0)), "{found:?}");
        assert!(close(found.ll, exact(10.0, 1.352_771_7, 10.0, 0.1)), "{found:?}");
        // The Particle Data Group's example: 10 events, -2.838 and +3.504.
        assert!(close(found.err_lo, 2.838) && close(found.err_hi, 3.504), "{found:?}");
        // No counts: the likelihood falls from zero on.
        let none = limits(0.0, &grid(0.0, 3.0, 20));
        assert!(none.x0 == Some(0.0) && close(none.ul, 1.352_771_7), "{none:?}");
        assert_eq!((none.ll, none.err_lo), (None, None));
        assert_eq!(none.err, none.err_hi);
    }

    #[test]
    fn a_crossing_on_the_wrong_side_of_the_maximum_is_no_error_of_zero() {
        // Found among random coarse profiles of 10 counts.
        let x = [0.051_113_074_4, 17.327_398_3, 20.823_763_4, 22.297_913_2, 22.705_218_2];
        let found = limits(10.0, &x);
        assert!(found.err_lo.is_none() && found.err_hi.is_some_and(|hi| hi > 0.0), "{found:?}");
        assert_eq!(found.err, found.err_hi);
    }

    #[test]
    fn what_the_points_do_not_tell_is_none_and_nothing_is_nan() {
        assert_eq!(parameter_limits(&[], &[], 0.95, 0.68), ParameterLimits::default());
        let flat = parameter_limits(&[0.0, 1.0, 2.0], &[0.0; 3], 0.95, 0.68);
        assert!(flat.ul.is_none() && flat.ll.is_none() && flat.err.is_none());
        let holes = parameter_limits(
            &[0.0, f64::NAN, 1.0, 2.0, 3.0, 4.0, 1.0],
            &[f64::NEG_INFINITY, 0.0, -2.0, 0.0, -2.0, f64::NAN, -2.0],
            0.95,
            CL_ERR,
        );
        assert!((holes.err.unwrap() - 0.5).abs() < 1e-12, "{holes:?}");
        // The upper end is foreseen from a falling, concave end, the lower one never.
        let short = limits(10.0, &grid(9.0, 12.0, 6));
        assert!((short.ul.unwrap() / exact(10.0, 1.352_771_7, 10.0, 40.0) - 1.0).abs() < 0.05 && short.ll.is_none());
        let odd = parameter_limits(&[0.0, 1.0, 2.0], &[-1.0, 0.0, -1.0], f64::NAN, 7.0);
        assert!(odd.ul.is_none_or(f64::is_finite) && odd.err.is_none_or(f64::is_finite), "{odd:?}");
    }
}
