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
//!
//! # The map of the crate
//!
//! - `session`: a model and its data, what every verb takes. `analysis`: what a user holds, a session and what is known of its sources; `verbs`:
//!   its fits, test statistics and profiles. `companion`: what analyses of other data of the same region take from one.
//! - `maximize`: the one place where a likelihood meets a minimiser.
//! - `fit`: the fit of all free parameters, `optimize`, and what follows a fit.
//! - `profile`: the likelihood along one parameter, along many norms at once, and the test statistic.
//! - `flux`: integrals of spectra and their errors.
//! - `known`: properties of sources, limits, covariance, options; where results are merged (`merge`); memory and time.
//! - `edit`: what a user changes: sources, parameters, freedom, priors.
//! - `results`, `saved`: dictionaries, tables and files. `data`: products made from event files, source maps, model maps, simulated counts,
//!   toys, tables of the response, the data of time bins, times of photons.
//!
//! # Invariants
//!
//! - A verb works on a model of its own. Only a fit that is good enough writes into the session's, once, at its end; otherwise every
//!   parameter is as it was, bit for bit.
//! - A result is built once, complete; one place merges it into what is known.
//! - Sessions share data: any number of them may be fitted at once ([`fit`]), and each gets the bits that it would get alone.
//!
//! # The public boundary
//!
//! [`Analysis`] and [`Session`], options, results. Names and keys of results are documented ones and stay.

mod analysis;
mod companion;
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
pub use companion::Companion;
pub use data::configured_model::ConfiguredModel;
pub use data::cubes::ComponentCubes;
pub use data::model_map::{ComponentSpectrum, ModelMapOptions};
pub use data::open_options::OpenOptions;
pub use data::planned::PlannedAnalysis;
pub use data::prepare::{PrepareOptions, Prepared, prepare};
pub use data::simulated_counts::{SimulateOptions, SimulatedCounts};
pub use data::source_maps::{MadeMaps, MakeOptions, make_source_maps};
pub use data::source_probabilities::{ProbabilityOptions, SourceProbabilities};
pub use data::time_slices::{TimeSlice, TimeSlices};
pub use data::toys::{ExpectedCounts, ToyMaker};
pub use edit::checkpoint::Checkpoint;
pub use edit::free::is_spectral_parameter;
pub use edit::parameter_lists::ParameterInfo;
pub use edit::set_parameter::ParameterSetting;
pub use error::{Error, Result};
pub use fit::attempts::{Attempt, AttemptStart};
pub use fit::climb::{Summit, climb};
pub use fit::fit_session::fit;
pub use flux::bowtie::{band_energies, bowtie};
pub use flux::tabulate::{TabulatedSpectrum, tabulate};
pub use known::limits::{ParameterLimits, fall_of_limit, parameter_limits};
pub use known::memory::{MemoryEstimate, MemoryUse, size_in_words};
pub use known::options::{FitOptions, OptimizeOptions};
pub use known::process_memory::peak_memory;
pub use known::profile_curve::Profile;
pub use known::progress::{Event, Progress, Quiet};
pub use known::refitted_limit::{LimitStatus, RefittedLimit};
pub use known::source_properties::{
    Measured, ModelFlux, SourceProperties, SpectralParameter, TestStatistic, TsDefinition,
};
pub use known::timing::Timing;
pub use known::written_number::{fixed, scientific};
pub use lat_dataset::{
    ComponentReport, Computed, CountsSummary, FoundFile, InputFile, InputFiles, LightcurveConfig, ModelSummary, NoData,
    OutOfRange, PlannedMap, PlannedMaps, PlannedProduct, Problem, Product, ProductState, Reason, Report as CheckReport,
    SliceMaps, SliceMapsMade, SliceOptions, Subject, TrialMaker, check, component_path, configuration_reference,
    event_files, input_files, memory_size, resolved_config,
};
pub use lat_io::{digest_of_file, link_target, may_exist, priors_beside, remove_temporaries, write_text};
pub use lat_response::PsfScale;
pub use likelihood_core::{ComponentData, StopSignal};
pub use profile::profile_options::ProfileOptions;
pub use results::dictionary::{Dictionary, Holds, ResultKey};
pub use results::fit_result::FitResult;
pub use results::loglike_result::{ComponentCounts, LoglikeResult, WeightedCounts};
pub use results::optimize_result::{Convergence, OptimizeResult, OptimizeStep};
pub use roi_model::{Frame, Given, Parameter, Pars, Roi, Selection, SkyDirection, Source};
pub use saved::analysis_file::state_files;
pub use session::{LoglikeDerivatives, Session};

/// The example of the README, compiled and run with the others.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
