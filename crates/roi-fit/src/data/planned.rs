//! A region as it would be opened, told without its source maps.

use std::path::Path;

use lat_dataset::{Component, TrialMaker};
use likelihood_core::Data;

use crate::data::source_maps;
use crate::error::Result;
use crate::known::memory::{self, MemoryEstimate};
use crate::session::Session;

/// A region as it would be opened, without its source maps: what work on it takes can be told from it. Nothing can be evaluated.
///
/// ```no_run
/// let planned = roi_fit::PlannedAnalysis::read("config.yaml".as_ref())?;
/// println!("about {}", roi_fit::size_in_words(planned.memory().peak()));
/// # Ok::<(), roi_fit::Error>(())
/// ```
#[derive(Debug)]
pub struct PlannedAnalysis {
    session: Session,
    trial_makers: Vec<TrialMaker>,
    memory: MemoryEstimate,
    limit: Option<u64>,
}

impl PlannedAnalysis {
    /// Reads configuration, model and counts. No maps are read or made.
    ///
    /// # Errors
    /// As [`lat_dataset::load()`].
    pub fn read(config: &Path) -> Result<Self> {
        let loaded = lat_dataset::load(config)?;
        let components = loaded.observation.components;
        let filled = source_maps::filled(&components)?;
        let unmade = components.iter().map(|component| component.unmade(loaded.roi.sources()));
        let unmade = unmade.collect::<lat_dataset::Result<Vec<_>>>()?;
        let plans = source_maps::plans(&components, &filled, &unmade)?;
        let memory = memory::estimate(&loaded.roi, &plans, rayon::current_num_threads());
        Ok(Self {
            session: Session::new(loaded.roi, Data::new(filled)?),
            trial_makers: components.into_iter().map(Component::into_trial_maker).collect(),
            memory,
            limit: loaded.config.max_memory,
        })
    }

    /// Model and counts. Without source maps, evaluations fail.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// What would make the maps of moved sources, one a component.
    pub fn trial_makers(&self) -> &[TrialMaker] {
        &self.trial_makers
    }

    /// What the analysis would take when it is opened with all threads, without a limit.
    pub fn memory(&self) -> &MemoryEstimate {
        &self.memory
    }

    /// The limit of the configuration (`optimizer.max_memory`), bytes.
    pub fn limit(&self) -> Option<u64> {
        self.limit
    }
}
