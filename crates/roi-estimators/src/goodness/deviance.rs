//! The deviance of a Poisson count, and its first two moments: with few counts a pixel it is far from a chi-square.

use statrs::function::gamma::ln_gamma;

/// From here on the moments are those of a chi-square with Bartlett's correction, good to the square of the inverse of the mean.
const LARGE: f64 = 1000.0;
/// Below, a few terms of the sum are all of it.
const SMALL: f64 = 1e-3;
/// Nodes of the table between, in each e-fold of the mean.
const NODES: f64 = 80.0;
/// Of the probabilities in a sum, so much of the standard deviation is taken to either side, and so many counts more.
const REACH: (f64, f64) = (9.0, 20.0);

/// `2 (n ln(n / m) - n + m)`, twice the fall of the logarithm of the Poisson probability from its largest value (Cash 1979, ApJ 228, 939; Baker & Cousins
/// 1984, NIM 221, 437). The mean `m` is above 0.
pub(crate) fn deviance(n: f64, m: f64) -> f64 {
    let logarithm = if n > 0.0 { n * (n / m).ln() } else { 0.0 };
    2.0 * (logarithm - n + m)
}

/// The numbers of counts that a Poisson law of mean `m` reaches, with their probabilities.
pub(crate) fn probabilities(m: f64) -> impl Iterator<Item = (f64, f64)> {
    let half = REACH.0 * m.sqrt() + REACH.1;
    let (first, last) = ((m - half).max(0.0).floor(), (m + half).ceil());
    let mut n = first;
    let mut p = (first * m.ln() - m - ln_gamma(first + 1.0)).exp();
    std::iter::from_fn(move || {
        let now = (n <= last).then_some((n, p))?;
        n += 1.0;
        p *= m / n;
        Some(now)
    })
}

/// Expectation and variance of the deviance of a Poisson count, as functions of its mean.
pub(crate) struct Moments {
    table: Vec<[f64; 2]>,
}

impl Moments {
    pub(crate) fn new() -> Self {
        let mut table = Vec::new();
        let mut log = SMALL.ln();
        while log < LARGE.ln() + 2.0 / NODES {
            table.push(moments(log.exp()));
            log += 1.0 / NODES;
        }
        Self { table }
    }

    /// Expectation and variance at a mean above 0.
    pub(crate) fn of(&self, m: f64) -> [f64; 2] {
        if m >= LARGE {
            // D / (1 + 1/(6 m)) is a chi-square of one degree of freedom but for terms of m^-2 (McCullagh & Nelder 1989, section 15.3).
            let factor = 1.0 + 1.0 / (6.0 * m);
            return [factor, 2.0 * factor * factor];
        }
        if m <= SMALL {
            return moments(m);
        }
        let place = (m / SMALL).ln() * NODES;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to some thousand")]
        let node = place.floor().max(0.0) as usize;
        match self.table.get(node..node + 2) {
            Some([low, high]) => [0, 1].map(|at| low[at] + (place - node as f64) * (high[at] - low[at])),
            _ => moments(m),
        }
    }
}

/// The same by the sum over all counts.
fn moments(m: f64) -> [f64; 2] {
    let (mut first, mut second) = (0.0, 0.0);
    for (n, p) in probabilities(m) {
        let d = deviance(n, m);
        first += p * d;
        second += p * d * d;
    }
    [first, second - first * first]
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use rand::SeedableRng;
    use rand_distr::{Distribution, Poisson};

    use super::*;

    #[test]
    fn the_table_gives_the_sums_and_meets_the_limit_of_many_counts() {
        let table = Moments::new();
        for m in [1e-7, 3e-4, 1e-3, 0.0123, 0.7, 1.0, 3.3, 42.0, 999.9] {
            let ([mean, variance], exact) = (table.of(m), moments(m));
            assert_relative_eq!(mean, exact[0], max_relative = 3e-4);
            assert_relative_eq!(variance, exact[1], max_relative = 3e-4);
        }
        let ([mean, variance], exact) = (table.of(1001.0), moments(1001.0));
        assert_relative_eq!(mean, exact[0], max_relative = 1e-6);
        assert_relative_eq!(variance, exact[1], max_relative = 1e-5);
    }

    #[test]
    fn the_moments_are_those_of_drawn_counts() {
        let mut generator = rand::rngs::StdRng::seed_from_u64(3);
        for m in [0.02, 0.5, 4.0] {
            let draws = 200_000;
            let law = Poisson::new(m).unwrap();
            let all: Vec<f64> = (0..draws).map(|_| deviance(law.sample(&mut generator), m)).collect();
            let mean = all.iter().sum::<f64>() / f64::from(draws);
            let variance = all.iter().map(|d| (d - mean) * (d - mean)).sum::<f64>() / f64::from(draws);
            let exact = moments(m);
            assert!((mean - exact[0]).abs() < 5.0 * (exact[1] / f64::from(draws)).sqrt(), "{m}: {mean} {exact:?}");
            assert_relative_eq!(variance, exact[1], max_relative = 0.05);
        }
    }

    #[test]
    fn a_deviance_is_twice_the_fall_of_the_poisson_probability() {
        let ln_p = |n: f64, m: f64| n * m.ln() - m - ln_gamma(n + 1.0);
        for (n, m) in [(3.0, 1.7), (1.0, 40.0), (12.0, 12.0)] {
            assert_relative_eq!(deviance(n, m), 2.0 * (ln_p(n, n) - ln_p(n, m)), epsilon = 1e-11);
        }
        assert_relative_eq!(deviance(0.0, 0.25), 0.5);
    }

    #[test]
    fn the_probabilities_add_up_to_one() {
        for m in [1e-6, 0.3, 17.0, 900.0] {
            assert_relative_eq!(probabilities(m).map(|(_, p)| p).sum::<f64>(), 1.0, max_relative = 1e-11);
        }
    }
}
