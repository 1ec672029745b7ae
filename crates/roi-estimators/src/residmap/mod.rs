//! Residual maps.

pub(crate) mod resid_options;
pub(crate) mod resid_result;
pub(crate) mod resid_verb;
mod smoothed_counts;
