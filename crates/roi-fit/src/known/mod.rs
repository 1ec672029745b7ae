//! What is known of an analysis beside its model: options, properties of sources, limits, covariance, progress, memory.

pub(crate) mod angular;
pub(crate) mod covariance;
pub(crate) mod exact_json;
pub(crate) mod json;
pub(crate) mod limits;
pub(crate) mod memory;
pub(crate) mod merge;
pub(crate) mod options;
pub(crate) mod process_memory;
pub(crate) mod profile_curve;
pub(crate) mod progress;
pub(crate) mod refitted_limit;
pub(crate) mod source_properties;
pub(crate) mod timing;
pub(crate) mod written_number;
