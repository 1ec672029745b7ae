//! The amplitude of a test source over a background that is held: the maximum of `logL` in one number.

/// The largest `a T / b` of bins whose logarithm is taken by its series; four terms leave 1e-9 of a count.
const SERIES: f64 = 0.02;
/// Newton's steps.
const STEPS: usize = 200;
/// What the last step may still gain in `logL`.
const GAIN: f64 = 1e-12;

/// The bins with counts that a test source reaches: weighted counts `n` of each, and the ratio `r = T / b` of the test source's to the background's
/// counts.
pub(crate) trait TrialBins {
    /// Appends `n` and `r` of the bins whose ratio is above a limit to `near` (and may append others), and returns the sums of the rest.
    fn split(&self, limit: f64, near: &mut Vec<(f64, f64)>) -> Series;
}

/// The first sums over a trial's bins, at amplitude 0.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Moments {
    /// Weighted counts of the test source in all bins, with counts or without: `sum w T`.
    pub(crate) total: f64,
    /// `sum n r`.
    pub(crate) first: f64,
    /// `sum n r^2`.
    pub(crate) second: f64,
}

/// The maximum.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Amplitude {
    /// Twice the gain in `logL`.
    pub(crate) ts: f64,
    /// The amplitude, in units of the test source's own counts, 0 or above.
    pub(crate) value: f64,
}

/// `sum n r`, `sum n r^2`, ... over bins whose ratios are small.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Series(pub(crate) [f64; 4]);

impl Series {
    /// Adds a bin.
    pub(crate) fn take(&mut self, n: f64, r: f64) {
        let mut term = n * r;
        for sum in &mut self.0 {
            *sum += term;
            term *= r;
        }
    }

    /// Adds those of other bins.
    pub(crate) fn add(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(sum, other)| *sum += other);
    }

    /// `sum n ln(1 + a r)`, its first derivative, and minus its second.
    fn at(&self, a: f64) -> (f64, f64, f64) {
        let [s1, s2, s3, s4] = self.0;
        let value = a * (s1 - a * (s2 / 2.0 - a * (s3 / 3.0 - a * s4 / 4.0)));
        (value, s1 - a * (s2 - a * (s3 - a * s4)), s2 - a * (2.0 * s3 - 3.0 * a * s4))
    }
}

/// The amplitude that maximises `logL = sum n ln(1 + a r) - a W` for `a >= 0`. The slope falls and is convex, so that Newton's steps from below
/// never pass the maximum.
pub(crate) fn maximize(bins: &impl TrialBins, moments: &Moments, near: &mut Vec<(f64, f64)>) -> Amplitude {
    if moments.first - moments.total <= 1e-12 * moments.total || moments.second <= 0.0 {
        return Amplitude::default();
    }
    let mut a = (moments.first - moments.total) / moments.second;
    let mut cap = 4.0 * a;
    loop {
        near.clear();
        let far = bins.split(SERIES / cap, near);
        for _ in 0..STEPS {
            let (_, slope, curvature) = sums(near, &far, a);
            let step = (slope - moments.total) / curvature;
            a = (a + step).max(0.0);
            if a > cap || ((slope - moments.total) * step).abs() < GAIN || !step.is_finite() {
                break;
            }
        }
        if a <= cap || !a.is_finite() {
            let gain = sums(near, &far, a).0 - a * moments.total;
            let is_found = gain > 0.0 && a > 0.0 && a.is_finite();
            return if is_found { Amplitude { ts: 2.0 * gain, value: a } } else { Amplitude::default() };
        }
        cap = 4.0 * a;
    }
}

/// As [`Series::at`], of all bins.
fn sums(near: &[(f64, f64)], far: &Series, a: f64) -> (f64, f64, f64) {
    let (mut value, mut slope, mut curvature) = far.at(a);
    for &(n, r) in near {
        let x = 1.0 + a * r;
        let part = r / x;
        value += n * x.ln();
        slope += n * part;
        curvature += n * part * part;
    }
    (value, slope, curvature)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct List(Vec<(f64, f64)>);

    impl TrialBins for List {
        fn split(&self, limit: f64, near: &mut Vec<(f64, f64)>) -> Series {
            let mut far = Series::default();
            for &(n, r) in &self.0 {
                if r > limit { near.push((n, r)) } else { far.take(n, r) }
            }
            far
        }
    }

    /// The maximum by halving an interval, without a series.
    fn by_halving(list: &[(f64, f64)], total: f64) -> (f64, f64) {
        let slope = |a: f64| list.iter().map(|&(n, r)| n * r / (1.0 + a * r)).sum::<f64>() - total;
        if slope(0.0) <= 0.0 {
            return (0.0, 0.0);
        }
        let (mut low, mut high) = (0.0, 1.0);
        while slope(high) > 0.0 {
            high *= 2.0;
        }
        for _ in 0..200 {
            let middle = 0.5 * (low + high);
            if slope(middle) > 0.0 { low = middle } else { high = middle }
        }
        (low, 2.0 * (list.iter().map(|&(n, r)| n * (1.0 + low * r).ln()).sum::<f64>() - low * total))
    }

    #[test]
    fn the_maximum_is_that_of_an_interval_halved() {
        let mut state = 1_u64;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / 9_007_199_254_740_992.0
        };
        let mut found_above = 0;
        for case in 0..300 {
            let steep = [1.0, 10.0, 40.0][case % 3];
            let list: Vec<(f64, f64)> =
                (0..=case % 50).map(|_| ((random() * 5.0).ceil(), (-steep * random()).exp())).collect();
            let total = list.iter().map(|&(n, r)| n * r).sum::<f64>() * (0.2 + random());
            let mut moments = Moments { total, ..Moments::default() };
            for &(n, r) in &list {
                moments.first += n * r;
                moments.second += n * r * r;
            }
            let list = List(list);
            let found = maximize(&list, &moments, &mut Vec::new());
            let (a, ts) = by_halving(&list.0, total);
            assert!((found.value - a).abs() <= 1e-5 * a, "{case}: {} {a}", found.value);
            assert!((found.ts - ts).abs() <= 1e-7 + 1e-9 * ts, "{case}: {} {ts}", found.ts);
            found_above += usize::from(a > 0.0);
        }
        assert!(found_above > 50 && found_above < 280);
    }
}
