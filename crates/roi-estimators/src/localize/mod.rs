//! The position of a source, and how well it is known.

pub(crate) mod contour;
pub(crate) mod ellipse;
pub(crate) mod localization;
pub(crate) mod localize_json;
pub(crate) mod localize_options;
pub(crate) mod localize_verb;
pub(crate) mod peak_scan;
