//! The region: its sources, and choices among them.

mod id;
mod roi;
mod selection;

pub use id::{ParameterId, SourceId};
pub use roi::{Roi, RoiState};
pub use selection::{Pars, Selection, SelectionRange};
