//! The upper limit that holds a part of the probability: for few counts, of which a fall of `logL` is no measure.

use crate::curve::crossing::find_crossing;
use crate::curve::point::{Curve, Point};
use crate::error::Result;

/// `logL` is followed down to where the likelihood is `exp(-DEPTH)` of its maximum: what lies beyond is less than 1e-8 of the whole.
const DEPTH: f64 = 20.0;
/// Points at which it is evaluated on the way, about.
const POINTS: usize = 24;
/// Points that are added at most where `logL` is steep.
const MORE: usize = 100;
/// The change of `logL` between two points that asks for one between them, where the likelihood there is this part of the whole.
const STEEP: f64 = 2.0;
const PART: f64 = 1e-5;
/// Steps of the sum between two of them.
const STEPS: usize = 64;

/// Where the likelihood along a parameter from 0 on, all values taken for equally likely beforehand, holds a part `confidence` of its integral (Helene 1983, Nucl.
/// Instr. Meth. 212, 319): `int_0^x L / int_0^inf L`. Without counts `L = exp(-n x)`, and the limit is `-ln(1 - confidence) / n`. `None` where the
/// likelihood does not fall. `peak` is the maximum of the curve, at 0 or above.
pub(crate) fn posterior_limit<C: Curve>(curve: &mut C, peak: &Point, confidence: f64) -> Result<Option<f64>> {
    let mut points = vec![*peak];
    let Some(end) = find_crossing(curve, peak, DEPTH, f64::INFINITY, &mut points)? else { return Ok(None) };
    let begin = find_crossing(curve, peak, DEPTH, 0.0, &mut points)?.unwrap_or(0.0);
    let step = (end - begin) / POINTS as f64;
    for index in 0..=POINTS {
        points.push(curve.at(begin + step * index as f64)?);
    }
    points.retain(|point| (begin..=end).contains(&point.x) && point.loglike.is_finite() && point.slope.is_finite());
    points.sort_by(|a, b| a.x.total_cmp(&b.x));
    // Points that are nearly one have no slope between them.
    points.dedup_by(|next, before| next.x - before.x < 1e-6 * (end - begin));
    refine(curve, &mut points, peak.loglike)?;
    Ok(quantile(&points, peak.loglike, confidence))
}

/// Halves what lies between points where `logL` is steep: without background it falls without end near 0.
fn refine<C: Curve>(curve: &mut C, points: &mut Vec<Point>, top: f64) -> Result<()> {
    let whole = points.last().map_or(0.0, |last| last.x) - points.first().map_or(0.0, |first| first.x);
    for _ in 0..MORE {
        let asks = |pair: &[Point]| {
            let [a, b] = pair else { return false };
            let weight = (b.x - a.x) * (a.loglike.max(b.loglike) - top).exp();
            (a.loglike - b.loglike).abs() > STEEP && weight > PART * whole
        };
        let Some(at) = points.windows(2).position(asks) else { break };
        let middle = curve.at(0.5 * (points[at].x + points[at + 1].x))?;
        if !(middle.loglike.is_finite() && middle.slope.is_finite()) {
            break;
        }
        points.insert(at + 1, middle);
    }
    Ok(())
}

/// Where the integral of the likelihood between points holds a part of the whole.
fn quantile(points: &[Point], top: f64, part: f64) -> Option<f64> {
    let mut sums = vec![(points.first()?.x, 0.0)];
    let mut sum = 0.0;
    for (index, pair) in points.windows(2).enumerate() {
        let (a, b) = (pair.first()?, pair.get(1)?);
        let h = (b.x - a.x) / STEPS as f64;
        let likelihood = |t: f64| (between(a, b, t) - top).exp();
        for step in 0..STEPS {
            let t = step as f64 / STEPS as f64;
            // Simpson's rule.
            let (middle, next) = (t + 0.5 / STEPS as f64, t + 1.0 / STEPS as f64);
            sum += h / 6.0 * (likelihood(t) + 4.0 * likelihood(middle) + likelihood(next));
            sums.push((points.get(index)?.x + h * (step + 1) as f64, sum));
        }
    }
    let wanted = part * sum;
    let after = sums.partition_point(|(_, sum)| *sum < wanted);
    let ((x, low), (next, high)) = (*sums.get(after.checked_sub(1)?)?, *sums.get(after)?);
    Some(x + (next - x) * (wanted - low) / (high - low))
}

/// `logL` between two points by values and slopes (a cubic), `t` from 0 to 1.
fn between(a: &Point, b: &Point, t: f64) -> f64 {
    let (h, s) = (b.x - a.x, 1.0 - t);
    let ends = s * s * (1.0 + 2.0 * t) * a.loglike + t * t * (3.0 - 2.0 * t) * b.loglike;
    let cubic = ends + h * t * s * (s * a.slope - t * b.slope);
    // Only where it turns between them `logL` is above both.
    let turns = a.slope > 0.0 && b.slope < 0.0;
    if turns { cubic } else { cubic.min(a.loglike.max(b.loglike)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::peak::find_peak;

    /// `n ln(b + x) - x`.
    struct Poisson {
        n: f64,
        background: f64,
    }

    impl Curve for Poisson {
        fn at(&mut self, x: f64) -> Result<Point> {
            let model = self.background + x;
            if self.n > 0.0 && model <= 0.0 {
                return Ok(Point::impossible(x));
            }
            let log = if self.n > 0.0 { self.n * model.ln() } else { 0.0 };
            let (slope, curvature) = (self.n / model - 1.0, self.n / model / model);
            Ok(Point {
                x,
                loglike: log - x,
                slope: if self.n > 0.0 { slope } else { -1.0 },
                curvature,
                is_converged: true,
            })
        }
    }

    #[test]
    fn limits_of_poisson_counts_are_those_of_published_tables_and_of_sums() {
        // Without background the limit is the classical one of Poisson counts (Gehrels 1986, ApJ 303, 336, table 1).
        for (n, cl, expected) in
            [(0.0, 0.95, 2.996), (0.0, 0.99, 4.605), (1.0, 0.95, 4.744), (3.0, 0.95, 7.754), (10.0, 0.99, 20.14)]
        {
            let mut curve = Poisson { n, background: 0.0 };
            let (peak, _) = find_peak(&mut curve, 1.0, (0.0, 1e9)).unwrap();
            let found = posterior_limit(&mut curve, &peak, cl).unwrap().unwrap();
            assert!((found / expected - 1.0).abs() < 1e-3, "{n} {cl}: {found}");
        }
        // With background (Helene 1983): 1 - cl = exp(-x) sum_{k <= n} (b + x)^k / k! over sum_{k <= n} b^k / k!.
        for (n, background) in [(0, 3.0), (2, 3.0), (7, 3.0), (40, 35.0)] {
            let sum = |mean: f64| {
                (1..=n)
                    .fold((1.0, 1.0), |(term, sum), k| (term * mean / f64::from(k), sum + term * mean / f64::from(k)))
                    .1
            };
            let mut curve = Poisson { n: f64::from(n), background };
            let (peak, _) = find_peak(&mut curve, 1.0, (0.0, 1e9)).unwrap();
            let found = posterior_limit(&mut curve, &peak, 0.95).unwrap().unwrap();
            let left = (-found).exp() * sum(background + found) / sum(background);
            assert!((left / 0.05 - 1.0).abs() < 2e-3, "{n} {background}: {found} leaves {left}");
        }
    }
}
