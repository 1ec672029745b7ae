//! From a fermipy `config.yaml` and the files that it names to a region model and its observation.
//!
//! [`load()`] goes from a configuration to everything a fit needs. [`Config`] is fermipy's configuration, read, checked and resolved;
//! [`build_region`] makes the model of a region from catalogs, diffuse components and sources written out; a [`Component`] knows its
//! counts cube and its source maps, and makes those that no file holds.
//!
//! # The map of the crate
//!
//! - `config`: `config.yaml`. `definition` says what is known of an option, which the settings (`settings`, `component_settings`, `fit_sections`) define; `reference` lists all keys, from which their checks (`schema`), the page
//!   (`page`) and the printed configuration (`resolved`, `printed`) come; `resolve`, `model` and `source` make typed settings of them.
//! - `products`: which files belong to a component, and where templates are looked for.
//! - `region`: the model of a region, from catalogs, diffuse components and sources written out; its centre.
//! - `component`: one component. `assemble` opens its products, `dispersion` and `weights` are what they are for, `remarks` what the user should know;
//!   `recipe` chooses whose numbers maps follow; `maps` says which have to be made, `map_maker` makes them, `map_file` and `keep_maps` keep
//!   them, `trial_maker` makes those of sources that are tried, `memory` tells what that takes; `instrument` computes what no product holds, which `responses` writes to be looked at.
//! - `unheeded`: what a configuration names without effect.
//! - `inputs`: which files an analysis reads.
//! - `prepare`: products made from event files: which are needed (`needs`), what is asked of them (`rules`), what they are
//!   made from (`digests`), which stand (`plan`), and making the others (`make`), the model among them (`model_file`, marked by `own_model`) and the counts of all
//!   components (`coadd`); `dry_run` tells without making, `watching` whom it is told, who may stop it.
//! - `slices`: the data of bins of time, made in memory: `ground` is what is made for the whole time and reads the livetime of the bins, `component_slices` what is
//!   kept of a component, `exposure_pixels` and `bin_response` of a bin; `slice_component` makes the maps of a bin, `slice_source` knows those of the whole time;
//!   `time_slices` holds all components, `watched_files` whom it is told.
//! - `described`: options and grids as text for the digests that products carry.
//! - `load`: everything together; `problems` says whether the first problem ends that or all are gathered.
//! - `check`: all that is wrong with a configuration and its files, and what would be made (`report`); `open` reads what a fit would only read later.
//!
//! # Invariants
//!
//! - An option is defined once, with its default, range and documentation. No other line holds a default.
//! - Whose numbers source maps follow is chosen in `component::recipe` alone.
//! - A source map that was made carries a digest of all that it was made from. Files of other programs are never touched.
//! - Components share the sources and their parameters; what a component has of its own is its [`ComponentModel`].
//! - Files appear whole, or not at all.
//!
//! # The public boundary
//!
//! All that is public is named by the crate alone. Energies are in MeV, angles in degrees. Nothing here panics on any input: what is missing, damaged
//! or does not belong together ends in an [`Error`] that names the file or key and says what to do. This crate knows no fits; it takes from `optimizers`
//! the defaults of section `optimizer`.

mod check;
mod component;
mod config;
mod described;
mod error;
mod inputs;
mod load;
mod own_model;
mod prepare;
mod problems;
mod products;
mod region;
mod slices;
mod unheeded;

pub use check::{
    ComponentReport, Computed, CountsSummary, FoundFile, ModelSummary, PlannedMap, PlannedMaps, Reason, Report, check,
};
pub use component::{Component, ComponentModel, MakingSize, MapKeeper, MapPlace, NewMapFile, Templates, TrialMaker};
pub use config::{
    BinningConfig, Center, ComponentConfig, Config, Definition, Diffuse, EnergyDispersion, EventConfig,
    ExposureScaling, FileKind, Files, Kind, LightcurveConfig, LivetimeConfig, ModelConfig, OptimizerConfig,
    OptionValue, OutOfRange, Range, Resolved, ResponseFunctions, RoioptConfig, SliceMaps, SliceOptions, SourceConfig,
    configuration_reference, memory_size, resolved_config,
};
pub use error::{Error, Result};
pub use inputs::{InputFile, InputFiles, event_files, input_files};
pub use load::{Loaded, ModelRead, Observation, load, load_with, read_model_file};
pub use prepare::{
    PlannedProduct, PrepareStep, PrepareWatch, Product, ProductState, plan, prepare, prepare_and_hold,
    prepare_if_wanted, prepares_events, write_model,
};
pub use problems::{Problem, Subject};
pub use products::{Products, component_path, find_template, product_path, selected_photons};
pub use region::{RegionModel, build_region, read_sources};
pub use slices::{NoData, Slice, SliceComponent, SliceInputs, SliceMapsMade, SliceStep, SliceWatch, TimeSlices};

/// The example of the README, compiled and run with the others.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
