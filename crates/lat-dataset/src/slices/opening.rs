//! What a component in bins of time is opened from, and what is known of it for the whole time.

use std::collections::BTreeSet;

use lat_events::TimeBins;
use lat_response::{Exposure, Interpolation, Psf, SourceMapBuilder};
use roi_model::Source;

use crate::config::SliceOptions;
use crate::config::{ComponentConfig, Config};

/// The whole time.
pub(super) struct Whole {
    /// Shares what does not depend on the response with the builders of bins.
    pub(super) builder: SourceMapBuilder,
    pub(super) exposure: Exposure,
    /// The PSF at the places; `None` where there is no livetime of the whole time to compute it from.
    pub(super) psfs: Option<Vec<Psf>>,
    /// How exposure is looked up in the pixels of the counts.
    pub(super) lookups: Vec<Interpolation>,
}

/// What a component is opened from.
#[derive(Clone, Copy)]
pub(super) struct Opening<'a> {
    pub(super) config: &'a Config,
    pub(super) settings: &'a ComponentConfig,
    pub(super) sources: &'a [Source],
    /// Sources whose map on file, if there is one, is of another.
    pub(super) made_here: &'a BTreeSet<String>,
    pub(super) bins: &'a TimeBins,
    /// Bytes that the component may hold.
    pub(super) max_bytes: Option<u64>,
    pub(super) options: &'a SliceOptions,
}
