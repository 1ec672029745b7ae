//! PS maps.

pub(crate) mod deviation;
pub(crate) mod likelihood_histogram;
pub(crate) mod ps_options;
pub(crate) mod ps_result;
pub(crate) mod ps_verb;
mod summed_counts;
