//! How an analysis is opened.

/// How [`crate::Analysis::open_by`] goes about.
///
/// ```no_run
/// use roi_fit::{Analysis, OpenOptions, Quiet};
///
/// let options = OpenOptions::default().with_max_memory(Some(4 << 30)).with_fluxes(true);
/// let mut roi = Analysis::open_by("config.yaml", Box::new(Quiet), &options)?;
/// # Ok::<(), roi_fit::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OpenOptions {
    /// The most bytes that the program may take, instead of what the configuration says (`optimizer.max_memory`) if there is nothing. Fewer source maps are read or
    /// made at a time then, and fits keep fewer intermediate vectors: they take longer, and their results are the same up to rounding.
    pub max_memory: Option<u64>,
    /// So many analyses are worked on at the same time: each has its share of the limit, that of the configuration too.
    pub analyses: usize,
    /// Fluxes will be asked for, as a fit does: templates that they need are read on a thread beside the source maps, instead of when the
    /// first flux is computed. With a limit of memory, on one thread, or with other analyses beside it nothing is read ahead.
    pub fluxes: bool,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self { max_memory: None, analyses: 1, fluxes: false }
    }
}

impl OpenOptions {
    /// Whether templates are read beside the source maps; `configured` is the limit of memory in the configuration.
    pub(crate) fn reads_ahead(&self, configured: Option<u64>) -> bool {
        let is_limited = self.max_memory.or(configured).is_some();
        self.fluxes && !is_limited && self.analyses <= 1 && rayon::current_num_threads() > 1
    }

    /// Sets [`max_memory`](Self::max_memory).
    #[must_use]
    pub fn with_max_memory(mut self, max_memory: Option<u64>) -> Self {
        self.max_memory = max_memory;
        self
    }

    /// Sets [`analyses`](Self::analyses).
    #[must_use]
    pub fn with_analyses(mut self, analyses: usize) -> Self {
        self.analyses = analyses;
        self
    }

    /// Sets [`fluxes`](Self::fluxes).
    #[must_use]
    pub fn with_fluxes(mut self, fluxes: bool) -> Self {
        self.fluxes = fluxes;
        self
    }
}
