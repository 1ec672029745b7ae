//! The region: its sources, and choices among them.

mod roi;
mod selection;

pub use roi::{ParameterId, Roi, RoiState};
pub use selection::{Pars, Selection, SelectionRange};
