//! The evaluation: value and derivatives of a component, many norms at once, predicted counts in every pixel.

pub(crate) mod evaluation;
pub(crate) mod model_map;
pub(crate) mod norm_lines;
