//! Light curves: the flux of a source in time bins.

pub(crate) mod bin;
pub(crate) mod bin_records;
pub(crate) mod light_curve_json;
pub(crate) mod light_curve_options;
pub(crate) mod light_curve_result;
pub(crate) mod light_curve_verb;
pub(crate) mod series;
pub(crate) mod sliced_analysis;
pub(crate) mod time_bins;
pub(crate) mod time_data;
