//! What is made of draws: mean, width and distance from a law, shares with their errors, and laws that hold or do not.

use std::f64::consts::FRAC_1_SQRT_2;

/// How many standard deviations a number may lie from its law before the law is said to fail.
pub const SIGMAS: f64 = 4.0;

/// The share of pulls that may be farther away than [`FAR`].
const FEW: f64 = 0.003;
/// Pulls beyond this are counted apart.
pub const FAR: f64 = 5.0;

/// The standard normal distribution.
pub fn normal(x: f64) -> f64 {
    0.5 * libm::erfc(-x * FRAC_1_SQRT_2)
}

/// The chi-square distribution of one degree of freedom.
pub fn chi_square(t: f64) -> f64 {
    libm::erf((0.5 * t.max(0.0)).sqrt())
}

/// Half of it, and half a chance of 0: the TS of a parameter whose true value is its bound (Chernoff 1954, Ann. Math. Stat. 25, 573).
pub fn half_chi_square(t: f64) -> f64 {
    0.5 + 0.5 * chi_square(t)
}

/// The largest distance between the distribution of a sample and a law, `D` of Kolmogorov and Smirnov. Below `from` nothing is compared but how many
/// of the sample lie there.
pub fn distance(sample: &[f64], from: f64, law: impl Fn(f64) -> f64) -> f64 {
    let mut sorted: Vec<f64> = sample.iter().map(|x| x.max(from)).collect();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len() as f64;
    let mut worst: f64 = 0.0;
    for (i, &x) in sorted.iter().enumerate() {
        let expected = law(x);
        let is_last_here = sorted.get(i + 1).is_none_or(|next| *next > x);
        if is_last_here {
            worst = worst.max(((i + 1) as f64 / n - expected).abs());
        }
        if x > from {
            worst = worst.max((expected - i as f64 / n).abs());
        }
    }
    worst
}

/// The distance that a sample of `n` exceeds with a chance of 1 % where the law holds (Kolmogorov's asymptotic law: 1.628 / sqrt n).
pub fn critical_distance(n: usize) -> f64 {
    1.628 / (n as f64).sqrt()
}

/// A sample that should be standard normal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// How many.
    pub n: usize,
    /// Those farther than [`FAR`] from 0, which one could tell everything about a standard deviation.
    pub far: usize,
    /// The mean of the others.
    pub mean: f64,
    /// Their standard deviation.
    pub width: f64,
    /// [`distance`] from the standard normal law.
    pub distance: f64,
}

impl Summary {
    /// Of a sample; `None` of fewer than two.
    pub fn of(sample: &[f64]) -> Option<Self> {
        if sample.len() < 2 {
            return None;
        }
        // Where nothing is near, mean and width are no numbers, and no law of them holds.
        let near: Vec<f64> = sample.iter().copied().filter(|x| x.abs() <= FAR).collect();
        let n = near.len() as f64;
        let mean = near.iter().sum::<f64>() / n;
        let width = (near.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
        let far = sample.len() - near.len();
        Some(Self { n: sample.len(), far, mean, width, distance: distance(sample, f64::NEG_INFINITY, normal) })
    }

    /// Standard deviation of the mean.
    pub fn mean_error(&self) -> f64 {
        self.width / (self.n as f64).sqrt()
    }

    /// Standard deviation of the width of a normal sample.
    pub fn width_error(&self) -> f64 {
        self.width / (2.0 * self.n as f64).sqrt()
    }

    /// Number, mean, width, how many are far away, distance from the normal law, and the distance that 1 % of samples exceed, for a row of a table.
    pub fn cells(&self) -> Vec<String> {
        vec![
            self.n.to_string(),
            format!("{:+.3} ± {:.3}", self.mean, self.mean_error()),
            format!("{:.3} ± {:.3}", self.width, self.width_error()),
            self.far.to_string(),
            format!("{:.3}", self.distance),
            format!("{:.3}", critical_distance(self.n)),
        ]
    }
}

/// How many of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Those that did.
    pub hits: usize,
    /// All.
    pub n: usize,
}

impl Share {
    /// Of what holds or does not.
    pub fn of(all: impl IntoIterator<Item = bool>) -> Self {
        let mut share = Self::default();
        for hit in all {
            share.hits += usize::from(hit);
            share.n += 1;
        }
        share
    }

    /// The share; NaN of nothing.
    pub fn value(self) -> f64 {
        self.hits as f64 / self.n as f64
    }

    /// Its binomial standard deviation where the true one is `expected`.
    pub fn error(self, expected: f64) -> f64 {
        (expected * (1.0 - expected) / self.n as f64).sqrt()
    }

    /// The share beside its own binomial error.
    pub fn words(self) -> String {
        format!("{:.3} ± {:.3}", self.value(), self.error(self.value()))
    }
}

/// A number, what it should be, and how far from it it may be.
#[derive(Clone, Debug, PartialEq)]
pub struct Law {
    /// What.
    pub what: String,
    /// What was found.
    pub found: f64,
    /// What is expected.
    pub expected: f64,
    /// How far below it may be.
    pub below: f64,
    /// How far above.
    pub above: f64,
}

impl Law {
    /// Within [`SIGMAS`] binomial deviations of `expected`, and `slack` beyond.
    pub fn share(what: impl Into<String>, found: Share, expected: f64, slack: f64) -> Self {
        let bound = SIGMAS * found.error(expected) + slack;
        let (below, above) = (bound.min(expected), bound.min(1.0 - expected));
        Self { what: what.into(), found: found.value(), expected, below, above }
    }

    /// The same, and as far above as one likes.
    #[must_use]
    pub fn or_more(mut self) -> Self {
        self.above = 1.0 - self.expected;
        self
    }

    /// The mean and the width of a standard normal sample within [`SIGMAS`] deviations, and `slack` beyond (of mean, of width).
    pub fn normal(what: &str, found: Summary, slack: (f64, f64)) -> [Self; 3] {
        let n = found.n as f64;
        let law = |name: &str, found, expected, bound| {
            let what = format!("{what}: {name} of {n} pulls");
            Self { what, found, expected, below: bound, above: bound }
        };
        [
            law("mean", found.mean, 0.0, SIGMAS / n.sqrt() + slack.0),
            law("width", found.width, 1.0, SIGMAS / (2.0 * n).sqrt() + slack.1),
            // A normal law has less than one in a million; what is degenerate with a shape that is hardly known may have some.
            Self { below: 0.0, ..law("share beyond 5", found.far as f64 / n, 0.0, FEW) },
        ]
    }

    /// Whether it holds; what is no number never does.
    pub fn holds(&self) -> bool {
        self.found >= self.expected - self.below && self.found <= self.expected + self.above
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn laws_are_those_of_tables() {
        for (x, p) in [(0.0, 0.5), (1.0, 0.841_344_7), (-1.644_853_6, 0.05)] {
            assert!((normal(x) - p).abs() < 1e-7);
        }
        for (t, p) in [(1.0, 0.682_689_5), (3.841_458_8, 0.95), (6.634_896_6, 0.99)] {
            assert!((chi_square(t) - p).abs() < 1e-7 && (half_chi_square(t) - 0.5 - 0.5 * p).abs() < 1e-7);
        }
    }

    #[test]
    fn the_distance_is_that_of_a_table_of_five() {
        // F_n of 0.1, 0.4, 0.5, 0.6, 0.9 against the uniform law: 0.2 at 0.1, 0.6 - 0.5 ...; the largest is 0.4 - 0.2 before 0.4.
        let uniform = |x: f64| x.clamp(0.0, 1.0);
        let found = distance(&[0.9, 0.1, 0.5, 0.4, 0.6], f64::NEG_INFINITY, uniform);
        assert!((found - 0.2).abs() < 1e-12, "{found}");
        // Half of a sample at 0 is what half a chi-square says.
        assert!(distance(&[0.0, -1e-9, 0.454_936_4, 9.0], 0.0, half_chi_square) < 0.26);
        assert!((distance(&[0.0; 4], 0.0, half_chi_square) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn errors_too_large_by_a_fifth_break_the_law_of_a_thousand_pulls() {
        let exact: Vec<f64> = (0..1000).map(|i| quantile((f64::from(i) + 0.5) / 1000.0)).collect();
        let laws = |factor: f64| {
            let pulls: Vec<f64> = exact.iter().map(|x| x / factor).collect();
            Law::normal("test", Summary::of(&pulls).unwrap(), (0.0, 0.03))
        };
        assert!(laws(1.0).iter().all(Law::holds) && !laws(1.2)[1].holds() && !laws(f64::NAN)[0].holds());
        let share = Share::of((0..1000).map(|i| i < 600));
        assert!(!Law::share("x", share, 0.683, 0.02).holds() && Law::share("x", share, 0.5, 0.0).or_more().holds());
    }

    fn quantile(p: f64) -> f64 {
        let (mut low, mut high) = (-9.0, 9.0);
        for _ in 0..80 {
            let middle = 0.5 * (low + high);
            if normal(middle) < p { low = middle } else { high = middle }
        }
        low
    }
}
