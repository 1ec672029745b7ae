//! What an analyst asks after a fit: the spectrum of a source bin by bin, its flux in time, its curvature, its error band, the likelihood along its parameters.
//!
//! An estimator is a struct of options with fermipy's names and defaults, one verb over a [`Session`](roi_fit::Session), and a result that
//! becomes JSON with fermipy's keys.
//!
//! ```
//! use roi_estimators::{SedOptions, sed};
//! use roi_fit::{FitOptions, Quiet, Session};
//! use roi_simulate::{SimulationOptions, simulate};
//!
//! // A small region made by the built-in simulator; `Analysis::session` gives that of an analysis from files.
//! let simulated = simulate(&SimulationOptions::default().with_npix(20).with_ebins(6).with_sources(2))?;
//! let mut session = Session::new(simulated.start.clone(), simulated.likelihood()?);
//! roi_fit::fit(&mut session, &FitOptions::default(), &mut Quiet)?;
//!
//! let name = session.roi().sources().iter().find(|source| source.direction().is_some()).unwrap().name().to_owned();
//! let spectrum = sed(&session, &name, &SedOptions::default())?;
//! for bin in &spectrum.bins {
//!     let error = bin.norm_err.unwrap_or(f64::NAN) * bin.reference.e2dnde;
//!     println!("{:8.0} MeV: {:.3e} +- {error:.1e} MeV cm-2 s-1", bin.e_ref(), bin.e2dnde());
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The map of the crate
//!
//! - `curve`: `logL` along one parameter: its maximum, where it has fallen by so much, the points that show it.
//! - `sky`: what maps share: the test source and its image, pixels, components. `residmap`, `psmap`, `tsmap`, `tscube`: the maps. `find`: new
//!   sources on TS maps. `goodness`: how well counts agree with the model.
//! - `sed`: spectrum points.
//! - `localize`: positions. `extension`: widths.
//! - `light_curve`: the flux in time bins (`bin`: what is done with one), whether it varies, Bayesian blocks, adaptive bins (`series`).
//! - `shape`: curvature, the error band, profiles of one or two parameters.
//! - `toy_limit`: upper limits by toys.
//! - `trial`: a source elsewhere, or wider: the likelihood there, and its derivatives with respect to place and width; several
//!   sources at once (`together`), and the memory that this takes.
//! - `tables`: what of the results is a table, as FITS and ECSV. `estimator_memory`: what the estimators take beside an analysis, for one that is planned.
//!
//! # Invariants
//!
//! - A verb takes `&Session` (maps an `&Analysis`) and works on clones, which share the data: what it was given is as it was. What changes a model says
//!   so: `find_sources`, and `apply` of a result.
//! - Limits and errors are those of the true profile, found on it by Newton's method with exact derivatives, not on a spline through some
//!   points.
//! - Bins are fitted side by side, each on one thread: results are the same to the last bit for any number of threads.
//!
//! # The public boundary
//!
//! Verbs, options, results, each under one path of the crate.

mod curve;
mod error;
mod estimator_memory;
mod extension;
mod find;
mod goodness;
mod light_curve;
mod localize;
mod psmap;
mod residmap;
mod sed;
mod shape;
mod sky;
mod tables;
mod toy_limit;
mod trial;
mod tscube;
mod tsmap;

pub use error::{Error, Result};
pub use estimator_memory::EstimatorMemory;
pub use extension::extension_options::ExtensionOptions;
pub use extension::extension_result::{EnergyWidth, Extension};
pub use extension::extension_verb::extension;
pub use extension::model_cubes::{HypothesisCubes, ModelCubes};
pub use find::find_options::FindSourcesOptions;
pub use find::find_result::{FoundSource, FoundSources, Peak, PeakStatus};
pub use find::find_verb::find_sources;
pub use goodness::goodness_result::{ComponentGoodness, Deviance, Goodness};
pub use goodness::goodness_verb::goodness;
pub use goodness::pull_histogram::PullHistogram;
pub use light_curve::bin::time_bin::{BinAttempt, BinStatus, FixedShape, FluxLimit, TimeBin};
pub use light_curve::light_curve_options::LightCurveOptions;
pub use light_curve::light_curve_result::LightCurve;
pub use light_curve::light_curve_verb::{LightCurveRun, light_curve};
pub use light_curve::series::adaptive_bins::{AdaptiveInput, adaptive_time_bins};
pub use light_curve::series::bayesian_blocks::{Block, bayesian_blocks, ncp_prior};
pub use light_curve::series::variability::Variability;
pub use light_curve::sliced_analysis::{adaptive_bins_of, configured_time_bins};
pub use light_curve::time_bins::{equal_time_bins, mjd_of_mission_time};
pub use light_curve::time_data::{BinData, TimeData};
pub use localize::ellipse::ErrorEllipse;
pub use localize::fitted_positions::{FittedPosition, FittedPositions};
pub use localize::localization::Localization;
pub use localize::localize_many::{LocatedSource, LocatedSources, localize_many};
pub use localize::localize_options::LocalizeOptions;
pub use localize::localize_verb::localize;
pub use localize::peak_scan::PeakScan;
pub use localize::positions_options::PositionsOptions;
pub use localize::positions_verb::fit_positions;
pub use psmap::ps_options::PsMapOptions;
pub use psmap::ps_result::{PsMap, ps_in_sigma};
pub use psmap::ps_verb::psmap;
pub use residmap::resid_options::ResidMapOptions;
pub use residmap::resid_result::ResidMap;
pub use residmap::resid_verb::residmap;
pub use sed::sed_options::SedOptions;
pub use sed::sed_result::{Reference, SedBin, SedParameters, SedResult};
pub use sed::sed_verb::sed;
pub use shape::bowtie_verb::bowtie;
pub use shape::curvature::{Curvature, CurvatureFit, CurvatureOptions, curvature};
pub use shape::likelihood_grid::{LikelihoodGrid, ProfileAxis, profile};
pub use sky::test_source::TestSource;
pub use toy_limit::toy_limit_options::ToyLimitOptions;
pub use toy_limit::toy_limit_result::{NormLimit, TestedNorm, ToyLimit, ToyLimitStatus, ToyShare};
pub use toy_limit::toy_limit_verb::toy_limit;
pub use trial::place::{TrialPlace, TrialShape};
pub use trial::slopes::{Coordinate, PlaceDerivatives};
pub use trial::trial_session::TrialSession;
pub use tscube::tscube_options::TsCubeOptions;
pub use tscube::tscube_result::TsCube;
pub use tscube::tscube_verb::tscube;
pub use tsmap::ts_options::TsMapOptions;
pub use tsmap::ts_result::TsMap;
pub use tsmap::ts_verb::tsmap;

/// The example of the README, compiled and run with the others.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
