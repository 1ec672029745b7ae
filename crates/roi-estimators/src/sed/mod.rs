//! The spectrum of a source bin by bin ("spectral energy distribution").

pub(crate) mod background;
pub(crate) mod bin;
pub(crate) mod energy_bins;
pub(crate) mod fit_bin;
pub(crate) mod global_fit;
pub(crate) mod scan_points;
pub(crate) mod sed_json;
pub(crate) mod sed_options;
pub(crate) mod sed_result;
pub(crate) mod sed_verb;
