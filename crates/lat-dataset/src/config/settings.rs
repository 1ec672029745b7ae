//! What a configuration says as a whole, resolved: every key that decides what we do has its value.

use std::path::{Path, PathBuf};

use roi_model::SkyDirection;

use super::component_settings::ComponentConfig;
use super::fit_sections::{LightcurveConfig, OptimizerConfig, RoioptConfig};
use super::keys::directory;
use super::resolved::Resolved;
use crate::error::{Error, Result};

/// A configuration with all defaults filled in and each component's overrides applied.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The configuration file.
    pub path: PathBuf,
    /// Directory of the products that `files` does not name: `fileio.outdir`, or the directory of the configuration file.
    pub outdir: PathBuf,
    /// Where the region is centred, if the configuration tells.
    pub center: Option<Center>,
    /// Section `optimizer`: the options of `fit`.
    pub optimizer: OptimizerConfig,
    /// `optimizer.max_memory`: the most bytes that the program may take.
    pub max_memory: Option<u64>,
    /// Section `roiopt`: the options of `optimize`.
    pub roiopt: RoioptConfig,
    /// Section `lightcurve`: the options of `lightcurve`.
    pub lightcurve: LightcurveConfig,
    /// The components, at least one. Without `components` it is one of name `00`.
    pub components: Vec<ComponentConfig>,
    /// All sections and keys with their values or defaults, to be printed.
    pub resolved: Resolved,
    /// What was ignored, in sentences for the user.
    pub notes: Vec<String>,
}

/// Centre of a region as the configuration tells it.
#[derive(Clone, Debug, PartialEq)]
pub enum Center {
    /// `selection.target`: a source of the model.
    Target(String),
    /// `selection.ra` and `dec`, or `glon` and `glat`.
    Direction(SkyDirection),
}

impl Config {
    /// Directory of the configuration file, to which relative paths are relative.
    pub fn directory(&self) -> &Path {
        directory(&self.path)
    }

    /// The first component. A configuration that was read has at least one.
    pub(crate) fn first_component(&self) -> Result<&ComponentConfig> {
        self.components.first().ok_or_else(|| self.no_component())
    }

    /// The error of a configuration that was made without components.
    pub(crate) fn no_component(&self) -> Error {
        Error::Unsupported {
            path: self.path.clone(),
            what: "a configuration without components".into(),
            remedy: "give it one".into(),
        }
    }
}
