//! From a fermipy `config.yaml` and the files that it names to a region model and its observation.
//!
//! [`load()`] goes from a configuration to everything a fit needs. [`Config`] is fermipy's configuration, read, checked and resolved;
//! [`build_region`] makes the model of a region from catalogs, diffuse components and sources written out; a [`Component`] knows its
//! counts cube and its source maps, and makes those that no file holds.
//!
//! | folder | holds |
//! |---|---|
//! | `config` | `config.yaml`: keys, checks, resolved settings |
//! | `region` | the model of a region: catalogs, diffuse components, sources of `model.sources` |
//! | `component` | one component: its products, source maps kept or made, energy dispersion, weights |
//! | `products`, `load` | which files belong to a component; everything together |
//!
//! Energies are in MeV, angles in degrees. Nothing here panics on any input: what is missing, damaged or does not belong together ends in an
//! [`Error`] that names the file or key and says what to do. This crate knows no fits.

mod component;
mod config;
mod error;
mod load;
mod products;
mod region;

pub use component::{Component, ComponentModel, MakingSize, NewMapFile, Templates};
pub use config::{
    Center, ComponentConfig, Config, Definition, Diffuse, EnergyDispersion, ExposureScaling, Files, Kind, ModelConfig,
    OptimizerConfig, OptionValue, OutOfRange, Range, Resolved, ResponseFunctions, RoioptConfig, SourceConfig, configuration_reference, memory_size, resolved_config,
};
pub use error::{Error, Result};
pub use load::{Loaded, Observation, load, read_model_file};
pub use products::{Products, find_template};
pub use region::{RegionModel, build_region};
