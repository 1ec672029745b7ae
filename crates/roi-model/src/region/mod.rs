//! The region: its sources, their names, and choices among them.

mod names;
mod roi;
mod selection;

pub use names::{ParameterName, normalized_name};
pub use roi::{ParameterId, Roi, RoiState};
pub use selection::{Pars, Selection, SelectionRange};
