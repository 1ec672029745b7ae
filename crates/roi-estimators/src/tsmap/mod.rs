//! TS maps.

pub(crate) mod amplitude;
pub(crate) mod exact_trials;
pub(crate) mod filled_bins;
pub(crate) mod refitted;
pub(crate) mod shifted_kernel;
pub(crate) mod ts_options;
pub(crate) mod ts_result;
pub(crate) mod ts_scan;
pub(crate) mod ts_verb;
