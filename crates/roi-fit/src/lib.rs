//! Fit and optimize a Fermi-LAT region of interest.
//!
//! [`Analysis`] is what a user holds: it opens a fermipy `config.yaml`, frees and fixes parameters, fits ([`Analysis::fit`]), optimizes
//! ([`Analysis::optimize`]) and prints the tables. Names, defaults and result keys are the documented ones of fermipy.
//!
//! ```
//! use roi_fit::{Analysis, FitOptions, OptimizeOptions, Pars, Selection};
//! use roi_simulate::{SimulationOptions, simulate};
//!
//! // A small region made by the built-in simulator; `Analysis::open("config.yaml")` opens one from files.
//! let simulated = simulate(&SimulationOptions { npix: 20, ebins: 6, sources: 2, ..SimulationOptions::default() })?;
//! let likelihood = simulated.likelihood()?;
//! let mut roi = Analysis::new(simulated.start, likelihood)?;
//!
//! roi.optimize(&OptimizeOptions::default())?;
//! roi.free_sources(&Selection::within(3.0), Pars::Norm, true)?;
//! let o = roi.fit(&FitOptions::default())?;
//! assert!(o.fit_success && o.fit_quality == 3);
//! // In units of `value`, as in the XML; `true_values` have the scale applied.
//! assert_eq!(o.values.len(), o.src_names.len());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod analysis;
mod angular;
mod covariance;
mod edit;
mod error;
mod exact;
mod fit;
mod flux;
mod free;
mod grid;
mod limits;
mod lock;
mod memory;
mod model_map;
mod norm_profiles;
mod objective;
mod optimize;
mod options;
mod parameters;
mod posterior;
mod priors;
mod profile;
mod progress;
mod properties;
mod results;
mod save;
mod save_tables;
mod saved;
mod scan;
mod set_spectrum;
mod source_maps;
mod sources;
mod state;
mod tables;
mod tabulate;
mod ts;
mod update;

pub use analysis::Analysis;
pub use edit::ParameterSetting;
pub use error::{Error, Result};
pub use free::is_spectral_parameter;
pub use lat_dataset::{configuration_reference, memory_size, resolved_config};
pub use lat_io::write_text;
pub use limits::{ParameterLimits, parameter_limits};
pub use memory::{MemoryEstimate, MemoryUse, peak_memory};
pub use model_map::{ComponentSpectrum, ModelMapOptions};
pub use options::{FitOptions, OptimizeOptions};
pub use parameters::ParameterInfo;
pub use profile::ProfileOptions;
pub use progress::{Event, Progress, Quiet};
pub use properties::{Measured, ModelFlux, SourceProperties, SpectralParameter, TestStatistic};
pub use results::{
    ComponentCounts, Convergence, FitResult, LoglikeResult, OptimizeResult, OptimizeStep, Timing, WeightedCounts,
};
pub use roi_model::{Given, Pars, Selection};
pub use scan::Profile;
pub use source_maps::{MadeMaps, MakeOptions, make_source_maps};
pub use tabulate::{TabulatedSpectrum, tabulate};
