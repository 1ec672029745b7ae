//! The histogram of pulls, and what Poisson counts would give.

use statrs::function::erf::erf;

use crate::goodness::deviance::probabilities;

/// Where the histogram ends, in sigmas.
const LAST: f64 = 5.0;
/// Its bins.
const BINS: usize = 40;
/// From here on a Poisson law is as good as a Gaussian in these bins.
const MANY: f64 = 1e4;

/// How often `(N - M) / sqrt(M)` lies between the edges, and how often it is expected to.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PullHistogram {
    /// The edges, sigmas; one more than bins. What lies beyond the outermost is counted in the bins there.
    pub edges: Vec<f64>,
    /// How many there are.
    pub found: Vec<f64>,
    /// How many are expected.
    pub expected: Vec<f64>,
}

impl Default for PullHistogram {
    fn default() -> Self {
        let edges = (0..=BINS).map(|edge| -LAST + 2.0 * LAST * edge as f64 / BINS as f64).collect();
        Self { edges, found: vec![0.0; BINS], expected: vec![0.0; BINS] }
    }
}

impl PullHistogram {
    /// Adds `n` counts where a Poisson law of mean `m`, above 0, is expected.
    pub(crate) fn add_counts(&mut self, n: f64, m: f64) {
        let sigma = m.sqrt();
        self.found[bin((n - m) / sigma)] += 1.0;
        if m >= MANY {
            self.expect_gaussian();
            return;
        }
        for (n, p) in probabilities(m) {
            self.expected[bin((n - m) / sigma)] += p;
        }
    }

    /// Of numbers that are expected to be normal, sigmas; what is not finite is left out.
    ///
    /// ```
    /// let histogram = roi_estimators::PullHistogram::of_normal([0.1, -0.2, f64::NAN]);
    /// assert_eq!(histogram.found.iter().sum::<f64>(), 2.0);
    /// ```
    pub fn of_normal(values: impl IntoIterator<Item = f64>) -> Self {
        let mut histogram = Self::default();
        for value in values.into_iter().filter(|value| value.is_finite()) {
            histogram.found[bin(value)] += 1.0;
        }
        let all: f64 = histogram.found.iter().sum();
        histogram.expect_gaussian();
        histogram.expected.iter_mut().for_each(|expected| *expected *= all);
        histogram
    }

    fn expect_gaussian(&mut self) {
        let below = |x: f64| 0.5 * (1.0 + erf(x / std::f64::consts::SQRT_2));
        for (at, expected) in self.expected.iter_mut().enumerate() {
            let low = if at == 0 { 0.0 } else { below(self.edges[at]) };
            let high = if at + 1 == BINS { 1.0 } else { below(self.edges[at + 1]) };
            *expected += high - low;
        }
    }
}

/// The bin of a pull.
fn bin(pull: f64) -> usize {
    let place = (pull + LAST) / (2.0 * LAST) * BINS as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the number of bins")]
    let bin = place.floor().clamp(0.0, (BINS - 1) as f64) as usize;
    bin
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;

    use super::*;

    #[test]
    fn as_many_are_expected_as_are_found() {
        let mut histogram = PullHistogram::default();
        for (n, m) in [(0.0, 0.01), (3.0, 2.5), (12_100.0, 12_000.0), (40.0, 2.0)] {
            histogram.add_counts(n, m);
        }
        assert_eq!((histogram.found.iter().sum::<f64>(), histogram.found[BINS - 1]), (4.0, 1.0));
        assert_relative_eq!(histogram.expected.iter().sum::<f64>(), 4.0, max_relative = 1e-9);
        let normal = PullHistogram::of_normal([-9.0, 0.3, f64::INFINITY]);
        assert_eq!((normal.found.iter().sum::<f64>(), normal.found[0]), (2.0, 1.0));
        assert_relative_eq!(normal.expected.iter().sum::<f64>(), 2.0, max_relative = 1e-9);
        // 2 (Phi(0.25) - Phi(0)).
        assert_relative_eq!(normal.expected[bin(0.1)], 0.197_412_65, max_relative = 1e-6);
    }

    #[test]
    fn few_counts_are_expected_where_whole_numbers_can_lie() {
        let mut histogram = PullHistogram::default();
        histogram.add_counts(1.0, 1.0);
        // (n - 1) / 1 for n = 0, 1, 2: e^-1, e^-1, e^-1 / 2.
        let third = (-1.0_f64).exp();
        for (pull, p) in [(-1.0, third), (0.0, third), (1.0, 0.5 * third), (0.5, 0.0)] {
            assert_relative_eq!(histogram.expected[bin(pull)], p, max_relative = 1e-9);
        }
    }
}
