//! Fit and optimize a Fermi-LAT region of interest.

pub mod analysis;
mod covariance;
pub mod error;
mod fit;
mod flux;
mod free;
mod objective;
mod optimize;
pub mod options;
pub mod progress;
pub mod properties;
pub mod results;
pub mod simulate;
mod state;
mod tables;
pub mod ts;

pub use analysis::Analysis;
pub use error::{Error, Result};
pub use options::{FitOptions, OptimizeOptions};
pub use progress::{Event, Progress, Quiet};
pub use properties::{Measured, SourceProperties, TestStatistic};
pub use results::{ComponentCounts, FitResult, LoglikeResult, OptimizeResult, OptimizeStep, Timing};
pub use roi_model::selection::{Pars, Selection};
pub use state::write_text;
