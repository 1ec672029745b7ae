//! The options of `toy_limit`, each defined once.

use lat_dataset::{Definition, Range};
use serde::Serialize;

use crate::error::{Error, Result};

/// So many toys must be expected beyond the limit: with fewer the level is not resolved.
const BEYOND: f64 = 5.0;
/// Each toy has a seed and a statistic that are held.
const MOST: &str = "a whole number of at least 1 and at most 10 million";

/// Options of [`crate::toy_limit`].
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ToyLimitOptions {
    /// [`ToyLimitOptions::TOYS`].
    pub toys: usize,
    /// [`ToyLimitOptions::CONFIDENCE`].
    pub confidence: f64,
    /// The seed: the same gives the same limit, for any number of threads.
    pub seed: u64,
    /// [`ToyLimitOptions::CLS`].
    pub cls: bool,
}

impl ToyLimitOptions {
    /// How many toys.
    pub const TOYS: Definition<usize> = Definition::new("toys", 1000, "Toys at each value of the norm that is tested.")
        .within(Range::new(MOST, |x| (1.0..=1e7).contains(&x)));
    /// The confidence level.
    pub const CONFIDENCE: Definition<f64> = Definition::new("confidence", 0.95, "Confidence level of the upper limit.")
        .within(Range::new("a number between 0.5 and 1, such as 0.95", |x| x > 0.5 && x < 1.0));
    /// Whether the limit by CLs is sought, too.
    pub const CLS: Definition<bool> = Definition::new(
        "cls",
        false,
        "Seek the limit by CLs, too, which does not exclude what the data are not sensitive to. It takes as many toys without the source.",
    );

    /// Refuses what has no meaning, and toys too few for the level.
    pub(crate) fn check(&self) -> Result<()> {
        Self::CONFIDENCE.check(&self.confidence)?;
        Self::TOYS.check(&self.toys)?;
        // 1 - 0.95 is a little more than 0.05 in binary.
        let needed = (BEYOND / (1.0 - self.confidence) - 1e-6).ceil();
        if (self.toys as f64) < needed {
            return Err(Error::TooFewToys { toys: self.toys, confidence: self.confidence, needed });
        }
        Ok(())
    }
}

impl Default for ToyLimitOptions {
    fn default() -> Self {
        Self { toys: Self::TOYS.value(), confidence: Self::CONFIDENCE.value(), seed: 0, cls: Self::CLS.value() }
    }
}

impl ToyLimitOptions {
    /// Sets [`toys`](Self::toys).
    #[must_use]
    pub fn with_toys(mut self, toys: usize) -> Self {
        self.toys = toys;
        self
    }

    /// Sets [`confidence`](Self::confidence).
    #[must_use]
    pub fn with_confidence(mut self, confidence: f64) -> Self {
        self.confidence = confidence;
        self
    }

    /// Sets [`seed`](Self::seed).
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets [`cls`](Self::cls).
    #[must_use]
    pub fn with_cls(mut self, cls: bool) -> Self {
        self.cls = cls;
        self
    }
}
