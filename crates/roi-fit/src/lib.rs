//! Fit and optimize a Fermi-LAT region of interest.

pub mod analysis;
pub mod error;
pub mod fit;
pub mod flux;
pub mod free;
mod objective;
pub mod optimize;
pub mod progress;
pub mod properties;
pub mod results;
pub mod simulate;
pub mod state;
pub mod tables;
pub mod ts;

pub use analysis::Analysis;
pub use error::{Error, Result};
pub use fit::FitOptions;
pub use optimize::OptimizeOptions;
pub use progress::{Event, Progress, Quiet};
pub use properties::{Measured, SourceProperties};
pub use results::{ComponentCounts, FitResult, LoglikeResult, OptimizeResult, OptimizeStep, Timing};
pub use roi_model::selection::{Pars, Selection};
pub use state::write_text;
pub use ts::TestStatistic;
