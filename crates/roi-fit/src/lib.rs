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
//! let simulated = simulate(&SimulationOptions::default().with_npix(20).with_ebins(6).with_sources(2))?;
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
mod data;
mod edit;
mod error;
mod fit;
mod flux;
mod known;
mod maximize;
mod profile;
mod results;
mod saved;
mod session;
mod verbs;

pub use analysis::Analysis;
pub use data::model_map::{ComponentSpectrum, ModelMapOptions};
pub use data::source_maps::{MadeMaps, MakeOptions, make_source_maps};
pub use edit::free::is_spectral_parameter;
pub use edit::parameter_lists::ParameterInfo;
pub use edit::set_parameter::ParameterSetting;
pub use error::{Error, Result};
pub use fit::fit_session::fit;
pub use flux::tabulate::{TabulatedSpectrum, tabulate};
pub use known::limits::{ParameterLimits, parameter_limits};
pub use known::memory::{MemoryEstimate, MemoryUse, peak_memory};
pub use known::options::{FitOptions, OptimizeOptions};
pub use known::profile_curve::Profile;
pub use known::progress::{Event, Progress, Quiet};
pub use known::source_properties::{Measured, ModelFlux, SourceProperties, SpectralParameter, TestStatistic};
pub use known::timing::Timing;
pub use lat_dataset::{configuration_reference, memory_size, resolved_config};
pub use lat_io::write_text;
pub use profile::one::ProfileOptions;
pub use results::fit_result::FitResult;
pub use results::loglike_result::{ComponentCounts, LoglikeResult, WeightedCounts};
pub use results::optimize_result::{Convergence, OptimizeResult, OptimizeStep};
pub use roi_model::{Given, Pars, Selection};
pub use session::Session;
