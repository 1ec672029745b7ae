//! The runner: many draws side by side, and how many of them each question gets.

use rayon::prelude::*;

/// What is computed, or why it could not be.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Random numbers of which question, so that none shares its draws with another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Pulls of spectral parameters.
    Pulls = 1,
    /// Upper limits.
    Limits,
    /// TS of no source.
    Null,
    /// TS of a curved spectrum.
    Curvature,
    /// TS of a width.
    Width,
    /// The maximum of a TS map.
    Maximum,
    /// Positions.
    Positions,
    /// Widths.
    Widths,
    /// Energy dispersion.
    Dispersion,
    /// Likelihood weights.
    Weights,
    /// Limits by toys.
    Toys,
}

impl Stream {
    /// The seed of a draw.
    pub fn seed(self, index: usize) -> u64 {
        ((self as u64) << 40) | index as u64
    }
}

/// Does something for each index from 0, with the seed of the index, side by side; results in order. Each depends on its index alone, so that they are the
/// same for any number of threads.
///
/// # Errors
/// One of those that `one` returns.
pub fn draws<T: Send>(n: usize, stream: Stream, one: impl Fn(usize, u64) -> Outcome<T> + Sync) -> Outcome<Vec<T>> {
    (0..n).into_par_iter().map(|index| one(index, stream.seed(index))).collect()
}

/// How many draws each question gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sizes {
    /// Regions for the pulls of spectral parameters, the same number of each of [`Sizes::skies`].
    pub pulls: usize,
    /// Different skies among them.
    pub skies: usize,
    /// Draws for the limits at each signal and each exposure.
    pub limits: usize,
    /// Draws for the limits by toys, at each signal and each exposure.
    pub toys: usize,
    /// Draws for the TS of no source at each exposure.
    pub null: usize,
    /// Draws for the TS of curvature, and of a width.
    pub shapes: usize,
    /// TS maps.
    pub maps: usize,
    /// Draws for positions, and for widths, in each class of significance.
    pub places: usize,
    /// Draws with and without energy dispersion and weights.
    pub settings: usize,
}

impl Sizes {
    /// Those of the page.
    pub fn long() -> Self {
        Self {
            pulls: 2000,
            skies: 80,
            limits: 1000,
            toys: 200,
            null: 10_000,
            shapes: 600,
            maps: 400,
            places: 120,
            settings: 500,
        }
    }

    /// Those of a check.
    pub fn short() -> Self {
        Self { pulls: 600, skies: 24, limits: 120, toys: 30, null: 600, shapes: 20, maps: 6, places: 16, settings: 60 }
    }

    /// As many as the tests of every day have time for.
    pub fn smallest() -> Self {
        Self { pulls: 400, skies: 8, limits: 15, toys: 2, null: 150, shapes: 2, maps: 2, places: 2, settings: 20 }
    }

    /// How many there are, as the page tells it.
    pub fn words(self) -> String {
        let Self { pulls, skies, limits, toys, null, shapes, maps, places, settings } = self;
        format!(
            "Draws: {pulls} regions of {skies} skies for pulls, {limits} for each row of limits, {toys} for each row of limits by toys, {null} for the TS of no source at each exposure, {shapes} for\n\
             curvature and width, {maps} TS maps, {places} for each row of positions and widths, {settings} with energy dispersion and weights. `cargo xtask calibrate` makes\n\
             this page; the seeds are fixed, so that it makes the same one. `cargo xtask calibrate --short` makes fewer draws and fails where a law does not hold that should."
        )
    }

    /// The same, everything times a factor, at least one of each.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of draws")]
        let scaled = |n: usize| ((n as f64 * factor).round() as usize).max(1);
        Self {
            pulls: scaled(self.pulls),
            skies: scaled(self.skies),
            limits: scaled(self.limits),
            toys: scaled(self.toys),
            null: scaled(self.null),
            shapes: scaled(self.shapes),
            maps: scaled(self.maps),
            places: scaled(self.places),
            settings: scaled(self.settings),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_draws_share_a_seed_and_threads_do_not_matter() {
        let run = || draws(1000, Stream::Limits, |_, seed| Ok(seed)).unwrap();
        let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap().install(run);
        let mut all = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap().install(run);
        assert_eq!(one, all);
        all.extend(draws(1000, Stream::Null, |_, seed| Ok(seed)).unwrap());
        let different: std::collections::BTreeSet<u64> = all.iter().copied().collect();
        assert_eq!(different.len(), 2000);
    }
}
