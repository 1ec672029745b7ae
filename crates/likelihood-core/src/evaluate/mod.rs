//! The evaluation: value and derivatives, many norms at once, changes of norms from the bins near a source, predicted counts in every pixel.

pub(crate) mod evaluation;
pub(crate) mod filled_model;
pub(crate) mod gather;
pub(crate) mod many_points;
pub(crate) mod model_map;
pub(crate) mod norm_changes;
pub(crate) mod norm_lines;
pub(crate) mod pass;
pub(crate) mod stop_signal;
pub(crate) mod stream;
pub(crate) mod workspace;
