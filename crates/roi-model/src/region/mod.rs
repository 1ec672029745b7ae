//! The region: its sources, and choices among them.

mod id;
mod merge;
mod roi;
mod selection;

pub use id::{ParameterId, SourceId};
pub use merge::merge_source;
pub use roi::{Roi, RoiState};
pub use selection::{Pars, Selection, SelectionRange};
