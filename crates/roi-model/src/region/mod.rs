//! The region: its sources, their names, and choices among them.

mod id;
mod names;
mod roi;
mod selection;

pub use id::{ParameterId, SourceId};
pub use names::{ParameterName, normalized_name};
pub use roi::{Roi, RoiState};
pub use selection::{Pars, Selection, SelectionRange};
