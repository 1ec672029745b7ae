//! Whether a source is wider than a point, and how wide.

pub(crate) mod energy_widths;
pub(crate) mod extension_json;
pub(crate) mod extension_options;
pub(crate) mod extension_result;
pub(crate) mod extension_verb;
pub(crate) mod model_cubes;
pub(crate) mod width;
pub(crate) mod width_curve;
