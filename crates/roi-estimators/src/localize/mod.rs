//! The position of a source, or of several, and how well it is known.

pub(crate) mod contour;
pub(crate) mod ellipse;
pub(crate) mod fitted_positions;
pub(crate) mod localization;
pub(crate) mod localize_json;
pub(crate) mod localize_many;
pub(crate) mod localize_options;
pub(crate) mod localize_verb;
pub(crate) mod peak_scan;
pub(crate) mod positions_options;
pub(crate) mod positions_verb;
