//! A test that is inverted: the value at which the share of toys beyond the data falls to a level.
//!
//! The share is a step function with the noise of a binomial. Its normal quantile `y = Phi^-1(1 - p)` is nearly linear in the value, so that the search
//! interpolates in `y`, within what encloses the limit. It ends where the share differs from the level by a fraction of its statistical error: more
//! evaluations with the same toys would tell nothing more.

use std::f64::consts::{PI, SQRT_2};

use statrs::function::erf::erfc_inv;

use crate::error::Result;

/// Values that a search may test.
const TRIALS: usize = 20;
/// The part of the statistical error that the search may leave.
const LEFT: f64 = 0.25;
/// Of the way from the best value to the first that was tested, so near to the best one the search gives up.
const NEAREST: f64 = 1e-3;
/// How far from the limit the slope is measured at least, in units of the standard deviation.
const SPREAD: f64 = 0.3;
/// Beyond, in `y`, the curve is another one.
const NEIGHBOURHOOD: f64 = 2.0;

/// A share of toys, or a ratio of shares, with its statistical error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Level {
    /// The share.
    pub(crate) value: f64,
    /// The same between 0 and 1 and neither of them: half a toy more of one more.
    pub(crate) inner: f64,
    /// Standard deviation.
    pub(crate) error: f64,
}

impl Level {
    /// Of toys, some of which lie beyond the data.
    pub(crate) fn of(beyond: usize, toys: usize) -> Self {
        let (beyond, toys) = (beyond as f64, toys as f64);
        let inner = (beyond + 0.5) / (toys + 1.0);
        Self { value: beyond / toys, inner, error: (inner * (1.0 - inner) / toys).sqrt() }
    }

    /// The ratio to another one of other toys; not above 1.
    pub(crate) fn over(self, other: Self) -> Self {
        let ratio = (self.inner / other.inner).min(1.0);
        let error = ratio * (self.error / self.inner).hypot(other.error / other.inner);
        let value = if other.value > 0.0 { (self.value / other.value).min(1.0) } else { 1.0 };
        Self { value, inner: ratio, error }
    }

    fn quantile(self) -> f64 {
        quantile(self.inner)
    }
}

/// `Phi^-1(1 - p)`.
pub(crate) fn quantile(p: f64) -> f64 {
    SQRT_2 * erfc_inv(2.0 * p)
}

/// A test of a value.
pub(crate) trait ToyTest {
    /// The share of toys at a value that lie at least as far out as the data.
    fn level(&mut self, value: f64) -> Result<Level>;
}

/// Where a search ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum End {
    /// At the limit.
    Limit {
        /// The value, one of those that were tested.
        value: f64,
        /// What the number of toys leaves uncertain of it.
        error: f64,
    },
    /// Every value above the best one is excluded.
    NothingAllowed,
    /// No value is excluded.
    NothingExcluded,
}

/// Inverts a test. `best`: the value that fits the data best, which no test excludes; `first`: one above it at which `y` is expected to be that of `alpha`.
pub(crate) fn invert(test: &mut impl ToyTest, (best, first): (f64, f64), alpha: f64) -> Result<End> {
    let mut search = Search::new(best, first, alpha);
    let mut value = first;
    for _ in 0..TRIALS {
        let level = test.level(value)?;
        if search.take(value, level) {
            break;
        }
        value = search.next();
        if value - best < NEAREST * (first - best) {
            return Ok(End::NothingAllowed);
        }
    }
    let (limit, level) = match (search.near, search.far, search.closest()) {
        (_, Some(_), Some(closest)) if search.near.is_some() || search.is_met(closest.1) => closest,
        (Some(_), None, Some(closest)) if search.is_met(closest.1) => closest,
        (None, ..) => return Ok(End::NothingAllowed),
        _ => return Ok(End::NothingExcluded),
    };
    if search.spread(limit) < SPREAD * search.sigma {
        let beside = (limit - 2.0 * SPREAD * search.sigma).max(best + 0.3 * (limit - best));
        let level = test.level(beside)?;
        search.visited.push((beside, level));
    }
    // dp/dx = -phi(y) dy/dx.
    let y = level.quantile();
    let density = (-0.5 * y * y).exp() / (2.0 * PI).sqrt();
    Ok(End::Limit { value: limit, error: level.error / (density * search.slope()) })
}

/// What is known of the curve.
struct Search {
    best: f64,
    alpha: f64,
    /// `y` at the level.
    goal: f64,
    /// About how much the value changes where `y` changes by 1.
    sigma: f64,
    /// The largest value that is allowed, and the smallest that is excluded, with `y` there.
    near: Option<(f64, f64)>,
    far: Option<(f64, f64)>,
    visited: Vec<(f64, Level)>,
}

impl Search {
    fn new(best: f64, first: f64, alpha: f64) -> Self {
        let goal = quantile(alpha);
        Self { best, alpha, goal, sigma: (first - best) / goal, near: None, far: None, visited: Vec::new() }
    }

    /// Whether a share is the level as far as toys can tell.
    fn is_met(&self, level: Level) -> bool {
        (level.value - self.alpha).abs() <= LEFT * level.error
    }

    /// Takes what was found at a value; whether the search is at its end.
    fn take(&mut self, value: f64, level: Level) -> bool {
        let y = level.quantile();
        if let Some((before, last)) = self.visited.last() {
            let measured = (value - before) / (y - last.quantile());
            // Two shares near by may differ by noise alone.
            if measured.is_finite() && measured > 0.2 * self.sigma && measured < 5.0 * self.sigma {
                self.sigma = measured;
            }
        }
        self.visited.push((value, level));
        if level.value > self.alpha {
            self.near = Some((value, y));
        } else {
            self.far = Some((value, y));
        }
        let is_narrow = |((near, _), (far, _)): ((f64, f64), (f64, f64))| {
            let density = (-0.5 * self.goal * self.goal).exp() / (2.0 * PI).sqrt();
            far - near < LEFT * level.error / density * self.sigma
        };
        self.is_met(level) || self.near.zip(self.far).is_some_and(is_narrow)
    }

    /// The value to test next.
    fn next(&self) -> f64 {
        match (self.near, self.far) {
            (Some((near, low)), Some((far, high))) => {
                let part = (self.goal - low) / (high - low);
                near + (far - near) * if part.is_finite() { part.clamp(0.1, 0.9) } else { 0.5 }
            }
            (Some((near, low)), None) => near + self.sigma * (self.goal - low).clamp(0.25, 5.0),
            (None, Some((far, high))) => {
                let down = self.sigma * (high - self.goal);
                far - down.clamp(0.1 * (far - self.best), 0.9 * (far - self.best))
            }
            (None, None) => self.best,
        }
    }

    /// The value whose share is nearest to the level.
    fn closest(&self) -> Option<(f64, Level)> {
        let miss = |level: &Level| (level.inner - self.alpha).abs();
        self.visited.iter().copied().min_by(|a, b| miss(&a.1).total_cmp(&miss(&b.1)))
    }

    /// The values whose shares tell of the curve near the limit.
    fn neighbours(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        let all = self.visited.iter().map(|(value, level)| (*value, level.quantile()));
        all.filter(|(_, y)| (y - self.goal).abs() < NEIGHBOURHOOD)
    }

    /// How far from the limit the farthest of them lies.
    fn spread(&self, limit: f64) -> f64 {
        self.neighbours().map(|(value, _)| (value - limit).abs()).fold(0.0, f64::max)
    }

    /// `dy/dx`: that of the line through the neighbours with the least sum of squares, or what was expected.
    fn slope(&self) -> f64 {
        let n = self.neighbours().count() as f64;
        let mean = |of: fn((f64, f64)) -> f64| self.neighbours().map(of).sum::<f64>() / n;
        let (x, y) = (mean(|at| at.0), mean(|at| at.1));
        let (mut xx, mut xy) = (0.0, 0.0);
        for at in self.neighbours() {
            xx += (at.0 - x).powi(2);
            xy += (at.0 - x) * (at.1 - y);
        }
        let slope = xy / xx;
        if slope.is_finite() && slope > 0.0 { slope } else { 1.0 / self.sigma }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::Xoshiro256PlusPlus;
    use rand_distr::{Distribution, Poisson};

    /// A number of counts over a known background: the statistic falls with the counts, so that the toys at least as far out are those with no more of them.
    struct Counting {
        observed: u32,
        background: f64,
        toys: u64,
        tests: usize,
    }

    impl ToyTest for Counting {
        fn level(&mut self, value: f64) -> Result<Level> {
            self.tests += 1;
            let drawn = |seed| {
                Poisson::new(self.background + value).unwrap().sample(&mut Xoshiro256PlusPlus::seed_from_u64(seed))
            };
            let beyond = (0..self.toys).filter(|&seed| drawn(seed) <= f64::from(self.observed)).count();
            Ok(Level::of(beyond, self.toys.try_into().unwrap()))
        }
    }

    /// Probability of at most `n` counts, of which `mean` are expected.
    fn at_most(n: u32, mean: f64) -> f64 {
        let mut term = (-mean).exp();
        let mut sum = term;
        for k in 1..=n {
            term *= mean / f64::from(k);
            sum += term;
        }
        sum
    }

    /// Where the probability of at most `n` counts is `alpha`, less the background.
    fn classical(n: u32, background: f64, alpha: f64) -> f64 {
        let (mut low, mut high) = (0.0, 200.0);
        for _ in 0..100 {
            let middle = 0.5 * (low + high);
            if at_most(n, middle) > alpha { low = middle } else { high = middle }
        }
        low - background
    }

    #[test]
    fn limits_of_counting_experiments_are_the_classical_ones_within_the_error_that_is_told() {
        let (mut pulls, mut ratios) = (Vec::new(), Vec::new());
        for (observed, background) in [(0, 0.0), (0, 1.0), (1, 0.5), (3, 3.0), (10, 3.0), (30, 28.0)] {
            // With the level, how much the error itself scatters: four standard deviations of 60 sets of other toys (0.08, 0.11, 0.17 of it).
            for (alpha, scatter) in [(0.1, 0.32), (0.05, 0.44), (0.01, 0.7)] {
                let expected = classical(observed, background, alpha);
                let best = f64::max(f64::from(observed) - background, 0.0);
                // As far off as an asymptotic limit may be.
                for first in [best + 0.6 * (expected - best), best + 1.4 * (expected - best)] {
                    let mut test = Counting { observed, background, toys: 4000, tests: 0 };
                    let End::Limit { value, error } = invert(&mut test, (best, first), alpha).unwrap() else {
                        panic!("no limit for {observed} counts over {background}")
                    };
                    // dp/dx is minus the probability of just as many counts.
                    let mean = expected + background;
                    let density =
                        at_most(observed, mean) - if observed > 0 { at_most(observed - 1, mean) } else { 0.0 };
                    let exact = (alpha * (1.0 - alpha) / 4000.0).sqrt() / density;
                    let ratio = error / exact;
                    assert!((ratio - 1.0).abs() < scatter, "{observed} {background} {alpha}: {error}, {exact}");
                    ratios.push(ratio);
                    assert!(test.tests <= 10, "{} tests", test.tests);
                    pulls.push((value - expected) / exact);
                }
            }
        }
        let mean = ratios.iter().sum::<f64>() / ratios.len() as f64;
        assert!((mean - 1.0).abs() < 0.1, "{mean}");
        // With one set of random numbers the limits are far from independent.
        assert!(pulls.iter().all(|pull| pull.abs() < 4.0), "{pulls:?}");
    }

    #[test]
    fn no_counts_over_a_known_background_give_the_logarithm_of_the_level_less_the_background() {
        let mut test = Counting { observed: 0, background: 1.0, toys: 40_000, tests: 0 };
        let End::Limit { value, error } = invert(&mut test, (0.0, 1.35), 0.05).unwrap() else { panic!("no limit") };
        assert!((value - (-(0.05f64.ln()) - 1.0)).abs() < 4.0 * error && error < 0.03, "{value} +- {error}");
    }

    #[test]
    fn where_all_is_excluded_or_nothing_the_search_says_so() {
        // exp(-4) is below 0.05 already.
        let mut test = Counting { observed: 0, background: 4.0, toys: 1000, tests: 0 };
        assert_eq!(invert(&mut test, (0.0, 1.35), 0.05).unwrap(), End::NothingAllowed);
        let mut test = Counting { observed: u32::MAX, background: 1.0, toys: 1000, tests: 0 };
        assert_eq!(invert(&mut test, (0.0, 1.35), 0.05).unwrap(), End::NothingExcluded);
    }

    #[test]
    fn a_ratio_of_shares_is_never_above_1_and_its_error_is_that_of_both() {
        let [with, without] = [Level::of(50, 1000), Level::of(500, 1000)];
        let ratio = with.over(without);
        assert!((ratio.value - 0.1).abs() < 1e-12);
        let relative = (0.05f64 * 0.95 / 1000.0).sqrt() / 0.05;
        let expected = 0.1 * relative.hypot((0.25f64 / 1000.0).sqrt() / 0.5);
        assert!((ratio.error / expected - 1.0).abs() < 0.02, "{} {expected}", ratio.error);
        assert_eq!(without.over(with).value, 1.0);
        assert!((quantile(0.05) - 1.644_853_6).abs() < 1e-6);
    }
}
