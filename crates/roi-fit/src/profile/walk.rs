//! Where a profile is worth knowing: how far to go from its maximum, and which points to take between.

/// `logL` along one parameter.
pub(crate) trait Curve {
    /// Why a point has no value.
    type Error;

    /// `logL` with the parameter at `x`.
    fn loglike(&mut self, x: f64) -> Result<f64, Self::Error>;

    /// Called before each walk away from the maximum.
    fn restart(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

/// How far `logL` falls to the ends of a profile: the one-sided 99 % limit.
pub(crate) const DROP: f64 = 2.705_947;
/// How exactly the ends are found.
const TOLERANCE: f64 = 0.1;
/// Evaluations that the search for an end may take.
const TRIALS: usize = 60;

/// An end of a profile.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum End {
    /// There `logL` has fallen by [`DROP`].
    Fallen(f64),
    /// The limit of the parameter comes first.
    Limit(f64),
    /// `logL` does not fall that far, however far one goes.
    Flat,
}

impl End {
    /// Where it is, if it is anywhere.
    pub(crate) fn position(self) -> Option<f64> {
        match self {
            Self::Fallen(x) | Self::Limit(x) => Some(x),
            Self::Flat => None,
        }
    }
}

/// The highest point of a curve, and a first guess of how far from it lies its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peak {
    pub(crate) x: f64,
    pub(crate) loglike: f64,
    pub(crate) step: f64,
}

/// Walks from the maximum towards `limit` until `logL` has fallen by [`DROP`], within 0.1.
///
/// Between two distances the fall is taken as a power of the distance: exactly right both for a parabola and for the straight fall of a
/// source without counts.
pub(crate) fn find_end<C: Curve>(curve: &mut C, peak: Peak, limit: f64) -> Result<End, C::Error> {
    let sign = if limit < peak.x { -1.0 } else { 1.0 };
    let farthest = (limit - peak.x).abs();
    if farthest == 0.0 {
        return Ok(End::Limit(limit));
    }
    let place = |distance: f64| if distance >= farthest { limit } else { peak.x + sign * distance };
    let (mut near, mut far) = ((0.0, 0.0), (f64::INFINITY, f64::INFINITY));
    let mut distance = peak.step.min(farthest);
    for _ in 0..TRIALS {
        if !distance.is_finite() {
            break;
        }
        let fall = peak.loglike - curve.loglike(place(distance))?;
        if (fall - DROP).abs() < TOLERANCE {
            return Ok(End::Fallen(place(distance)));
        }
        if fall < DROP {
            if distance >= farthest {
                return Ok(End::Limit(limit));
            }
            near = (distance, fall);
        } else {
            far = (distance, fall);
        }
        distance = next(near, far).min(farthest);
    }
    // A cliff between `near` and `far`, which halving has enclosed; or no fall at all.
    Ok(if far.0.is_finite() { End::Fallen(place(far.0)) } else { End::Flat })
}

/// `n` points that show a profile from one side to the other.
///
/// A parameter that is no normalisation stays in its range; a normalisation, whose `range` begins at zero, has points as [`norm_points`] says,
/// with `origin`.
pub(crate) fn profile_points<C: Curve>(
    curve: &mut C,
    peak: Peak,
    range: (f64, f64),
    origin: Option<f64>,
    n: usize,
) -> Result<Vec<f64>, C::Error> {
    curve.restart()?;
    let upper = find_end(curve, peak, range.1)?;
    curve.restart()?;
    let Some(origin) = origin else {
        let lower = find_end(curve, peak, range.0)?;
        let or_step = |end: End, sign: f64| match end.position() {
            Some(x) if x.abs() < f64::MAX => x,
            _ => peak.x + sign * peak.step,
        };
        return Ok(through(or_step(lower, -1.0), peak.x, or_step(upper, 1.0), n));
    };
    // A normalisation has a lower limit only where the absence of its source is excluded.
    let fall_to_origin = peak.loglike - curve.loglike(range.0)?;
    let lower = if fall_to_origin > DROP {
        curve.restart()?;
        find_end(curve, peak, range.0)?
    } else {
        End::Limit(range.0)
    };
    let upper = upper.position().filter(|&x| x < f64::MAX).unwrap_or_else(|| 10.0 * peak.x.max(peak.step));
    Ok(norm_points(peak.x, lower, upper, fall_to_origin, origin, n))
}

/// The distance to try next, between the last one that was too near and the last one that was too far.
fn next(near: (f64, f64), far: (f64, f64)) -> f64 {
    let has_fallen = near.1 > 1e-6;
    if far.0.is_infinite() {
        let factor = if has_fallen { (DROP / near.1).sqrt().clamp(1.2, 1e3) } else { 10.0 };
        return near.0 * factor;
    }
    let guess = match (has_fallen, far.1.is_finite()) {
        (true, true) => {
            let power = (far.1 / near.1).ln() / (far.0 / near.0).ln();
            near.0 * (DROP / near.1).powf(1.0 / power)
        }
        (false, true) => far.0 * (DROP / far.1).sqrt().max(1e-3),
        _ => f64::NAN,
    };
    let (low, high) = (near.0 + 0.05 * (far.0 - near.0), far.0 - 0.05 * (far.0 - near.0));
    if guess.is_finite() { guess.clamp(low, high) } else { 0.5 * (near.0 + far.0) }
}

/// `n` evenly spaced points from `a` to `b`, both included; fewer than two are `b` alone, or none.
pub(crate) fn linspace(a: f64, b: f64, n: usize) -> Vec<f64> {
    let last = n.saturating_sub(1);
    (0..n).map(|i| if i == last { b } else { a + (b - a) * i as f64 / last as f64 }).collect()
}

/// `n` points from `a` by way of `x0` to `b`, half of them to either side.
pub(crate) fn through(a: f64, x0: f64, b: f64, n: usize) -> Vec<f64> {
    let lower = n / 2;
    let mut points = linspace(a, x0, lower + 1);
    points.truncate(lower);
    points.extend(linspace(x0, b, n - lower));
    points
}

/// The points of a normalisation's profile. `origin` replaces zero where zero itself is not to be visited (the reference's scans with a
/// fixed background never do), as a fraction of the lowest point.
///
/// - With a significant source, the first point, then half of the points up to the maximum and half beyond.
/// - With one that hardly differs from nothing, evenly spaced ones.
pub(crate) fn norm_points(peak: f64, lower: End, upper: f64, fall_to_origin: f64, origin: f64, n: usize) -> Vec<f64> {
    if let (End::Fallen(lower), true) = (lower, n > 3) {
        let mut points = vec![lower * origin];
        points.extend(through(lower, peak, upper, n - 1));
        return points;
    }
    if peak > 0.0 && fall_to_origin > TOLERANCE {
        return through(peak * origin, peak, upper, n);
    }
    linspace(upper * origin, upper, n)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A function, and how often it was asked.
    pub(crate) struct Counted<F>(pub(crate) F, pub(crate) usize);

    impl<F: Fn(f64) -> f64> Curve for Counted<F> {
        type Error = std::convert::Infallible;

        fn loglike(&mut self, x: f64) -> Result<f64, Self::Error> {
            self.1 += 1;
            Ok(self.0(x))
        }
    }

    fn end(curve: impl Fn(f64) -> f64, x: f64, step: f64, limit: f64) -> (End, usize) {
        let loglike = curve(x);
        let mut counted = Counted(curve, 0);
        let found = find_end(&mut counted, Peak { x, loglike, step }, limit).unwrap();
        (found, counted.1)
    }

    #[test]
    fn ends_are_found_from_poor_guesses() {
        let parabola = |x: f64| -0.5 * (x - 3.0) * (x - 3.0);
        let sigma = (2.0 * DROP).sqrt();
        for step in [1e-6, 0.1, 1.0, 30.0, 1e9] {
            for (limit, expected) in [(f64::MAX, 3.0 + sigma), (-1e9, 3.0 - sigma)] {
                let (found, calls) = end(parabola, 3.0, step, limit);
                assert!((found.position().unwrap() - expected).abs() < 0.05 && calls < 20, "{step}: {found:?} {calls}");
            }
        }
        let (found, _) = end(|x| -1e-9 * x, 0.0, 1.0, f64::MAX);
        assert!((found.position().unwrap() / (DROP * 1e9) - 1.0).abs() < 0.05, "{found:?}");
        // Impossible beyond 5, with a fall of 2 only until there.
        let (found, _) = end(|x| if x < 5.0 { -0.5 * x * x / 6.25 } else { f64::NEG_INFINITY }, 0.0, 2.0, f64::MAX);
        assert!((found.position().unwrap() - 5.0).abs() < 1e-3, "{found:?}");
        assert_eq!(end(parabola, 3.0, 1.0, 4.0).0, End::Limit(4.0));
        assert_eq!(end(parabola, 3.0, 1.0, 3.0).0, End::Limit(3.0));
        assert_eq!(end(|_| 1.0, 3.0, 1.0, f64::MAX).0, End::Flat);
    }

    #[test]
    fn points_are_as_many_as_asked_for_and_rise() {
        for n in 1..30 {
            for (lower, fall) in [(End::Fallen(0.5), 9.0), (End::Limit(0.0), 1.0), (End::Limit(0.0), 0.0)] {
                let points = norm_points(1.0, lower, 2.0, fall, 0.05, n);
                assert_eq!(points.len(), n);
                assert!(points.windows(2).all(|pair| pair[0] < pair[1]), "{points:?}");
                assert_eq!(points.last(), Some(&2.0));
            }
        }
        assert_eq!(norm_points(1.0, End::Fallen(0.5), 2.0, 9.0, 0.05, 20)[..2], [0.025, 0.5]);
        assert!(norm_points(1.0, End::Fallen(0.5), 2.0, 9.0, 0.05, 20).contains(&1.0));
    }
}
