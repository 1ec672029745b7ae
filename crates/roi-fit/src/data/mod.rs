//! From files to the likelihood: source maps read or made, model maps written.

pub(crate) mod configured_model;
pub(crate) mod cubes;
pub(crate) mod model_map;
pub(crate) mod open_options;
mod photon_times;
pub(crate) mod planned;
pub(crate) mod prepare;
mod responses;
pub(crate) mod simulated_counts;
pub(crate) mod source_maps;
pub(crate) mod source_probabilities;
pub(crate) mod time_slices;
pub(crate) mod toys;
