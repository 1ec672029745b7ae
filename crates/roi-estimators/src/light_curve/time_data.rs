//! What a light curve asks of the data of time bins.

use roi_fit::Session;

use crate::error::Result;

/// The data of an analysis in time bins, asked for bin by bin, from many threads at once.
pub trait TimeData: Sync {
    /// Begin and end of each bin, mission time in s: rising, not overlapping, with gaps or without.
    fn bins(&self) -> &[(f64, f64)];

    /// The data of a bin.
    ///
    /// # Errors
    /// When they cannot be made; the light curve tells so and goes on with the other bins.
    fn data_of(&self, bin: usize) -> Result<BinData>;

    /// About how many bytes are held beside the bins that are in work; nothing by default.
    fn bytes_held(&self) -> u64 {
        0
    }

    /// About how many bytes making a bin takes beside its session; nothing by default.
    fn bytes_of_bin(&self) -> u64 {
        0
    }

    /// What tells data of other inputs apart: what was fitted of others is not taken for theirs.
    ///
    /// # Errors
    /// When that cannot be read.
    fn inputs(&self) -> Result<String>;
}

/// The data of one time bin.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct BinData {
    /// The session of the bin's counts and maps; or, in words, why there are no data.
    pub session: std::result::Result<Session, String>,
    /// Good time in s.
    pub good_time: f64,
    /// Livetime in s.
    pub livetime: f64,
    /// How the source maps were made, in words.
    pub maps: String,
}

impl BinData {
    /// A bin that the detector saw.
    pub fn seen(session: Session, good_time: f64, livetime: f64) -> Self {
        Self { session: Ok(session), good_time, livetime, maps: String::new() }
    }

    /// A bin without data, and why.
    pub fn unseen(why: impl Into<String>) -> Self {
        Self { session: Err(why.into()), good_time: 0.0, livetime: 0.0, maps: String::new() }
    }

    /// Says how the source maps were made.
    #[must_use]
    pub fn with_maps(mut self, maps: impl Into<String>) -> Self {
        self.maps = maps.into();
        self
    }
}
