//! What a user changes in the model: free flags, values, spectra, sources, locks, priors.

pub(crate) mod add_source;
pub(crate) mod checkpoint;
pub(crate) mod energy_range;
pub(crate) mod free;
pub(crate) mod lock;
pub(crate) mod parameter_lists;
pub(crate) mod priors;
pub(crate) mod set_parameter;
pub(crate) mod set_spectrum;
pub(crate) mod sources;
