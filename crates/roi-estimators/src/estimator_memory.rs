//! What estimators take beside an analysis, told before it is taken.

use roi_fit::{Session, TrialMaker};
use serde::Serialize;

use crate::error::Result;
use crate::extension::width_curve::AT_ONCE;
use crate::sed::energy_bins::edges;
use crate::sed::sed_verb;
use crate::trial::memory::{self, Moves};
use crate::tsmap::ts_options::TsMapOptions;
use crate::tsmap::ts_verb;

/// What estimators take with their usual options, in bytes, beside the analysis: what they ask for where there is a limit of memory.
///
/// Source maps are not looked at, so that a [`roi_fit::PlannedAnalysis`] will do.
///
/// ```no_run
/// # use roi_estimators::EstimatorMemory;
/// let planned = roi_fit::PlannedAnalysis::read("config.yaml".as_ref())?;
/// let beside = EstimatorMemory::of(planned.session(), planned.trial_makers())?;
/// println!("a TS map takes {} more", roi_fit::size_in_words(beside.tsmap));
/// # Ok::<(), roi_estimators::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct EstimatorMemory {
    /// [`crate::sed()`]: what the bins share, and an energy bin a thread.
    pub sed: u64,
    /// [`crate::localize()`] of one source: its map with derivatives, and another place a thread.
    pub localize: u64,
    /// [`crate::extension()`]: the same with up to eight widths at a time.
    pub extension: u64,
    /// [`crate::tsmap()`] of the whole region: images of the test source and of sums in every energy bin, and filled bins.
    pub tsmap: u64,
}

impl EstimatorMemory {
    /// For a model, its counts, and what makes the maps of moved sources ([`roi_fit::Analysis::trial_makers`]), with as many threads as there are.
    ///
    /// # Errors
    /// [`crate::Error::NoMakers`] where these are of other components.
    pub fn of(session: &Session, makers: &[TrialMaker]) -> Result<Self> {
        Ok(Self {
            sed: sed_verb::bytes(session, &edges(session, None)?),
            localize: memory::bytes(session, makers, Moves::of(1, 1)),
            extension: memory::bytes(session, makers, Moves::of_one(AT_ONCE)),
            tsmap: ts_verb::bytes(session, makers, &TsMapOptions::default())?,
        })
    }
}
