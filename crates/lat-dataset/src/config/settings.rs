//! What a configuration says, resolved: every key that decides what we do has its value.

use std::path::{Path, PathBuf};

use likelihood_core::EnergyIntegration;
use roi_model::SkyDirection;
use serde::Serialize;

use super::keys::directory;
use super::model::ModelConfig;
use super::resolved::Resolved;
use lat_response::Frame;

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

/// Options of `fit` with fermipy's names and defaults.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OptimizerConfig {
    /// Name of the optimizer; default `MINUIT`.
    pub optimizer: String,
    /// Absolute tolerance on the estimated distance to the minimum; default 1e-3.
    pub tol: f64,
    /// Most iterations of an optimizer's search; default 1000 (fermipy's 100 is for NEWTON alone).
    pub max_iter: usize,
    /// First damping of the NEWTON optimizer, 0 for none; default 1e-4.
    pub init_lambda: f64,
    /// Number of attempts; default 3.
    pub retries: usize,
    /// A fit of lower quality (0 to 3) is undone; default 3, as the documentation has it (fermipy's code: 2).
    pub min_fit_quality: u8,
    /// Output level of the optimizer; default 0.
    pub verbosity: i64,
}

impl Default for OptimizerConfig {
    fn default() -> Self {
        Self {
            optimizer: "MINUIT".into(),
            tol: 1e-3,
            max_iter: 1000,
            init_lambda: 1e-4,
            retries: 3,
            min_fit_quality: 3,
            verbosity: 0,
        }
    }
}

/// Options of `optimize` with fermipy's names and defaults.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RoioptConfig {
    /// Fraction of the predicted counts that the sources of the first step hold; default 0.95.
    pub npred_frac: f64,
    /// Sources with fewer predicted counts are not fitted; default 1.
    pub npred_threshold: f64,
    /// Sources with a higher TS get their shape fitted; default 25.
    pub shape_ts_threshold: f64,
    /// Most sources of the first step; default 5.
    pub max_free_sources: usize,
    /// Sources that are never fitted.
    pub skip: Vec<String>,
    /// The optimizer of the steps: section `optimizer` with the overrides of `roiopt.optimizer`.
    pub optimizer: OptimizerConfig,
}

impl Default for RoioptConfig {
    fn default() -> Self {
        Self {
            npred_frac: 0.95,
            npred_threshold: 1.0,
            shape_ts_threshold: 25.0,
            max_free_sources: 5,
            skip: Vec::new(),
            optimizer: OptimizerConfig::default(),
        }
    }
}

/// One component: an event type or any other subset of the data with a likelihood of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct ComponentConfig {
    /// Suffix of its files: `00` in `ccube_00.fits`.
    pub name: String,
    /// Lower end of the energy range in MeV.
    pub emin: Option<f64>,
    /// Upper end of the energy range in MeV.
    pub emax: Option<f64>,
    /// `binning.coordsys`: the frame of the pixel grid.
    pub coordsys: Option<Frame>,
    /// Energy dispersion.
    pub edisp: EnergyDispersion,
    /// `gtlike.energy_integration`; the default is the rule of the LAT tools.
    pub energy_integration: EnergyIntegration,
    /// Corrections of the exposure.
    pub exposure: ExposureScaling,
    /// `gtlike.minbinsz`: templates with finer pixels are rebinned before source maps are made, degrees; fermipy's default is 0.05.
    pub minbinsz: f64,
    /// `gtlike.rfactor`: into how many pixels a side a pixel of the counts is divided for diffuse source maps; fermipy's default is 2.
    pub rfactor: usize,
    /// `gtlike.convolve`: whether sources are convolved with the PSF when source maps are made.
    pub convolve: bool,
    /// `gtlike.resample`: whether diffuse source maps are made on pixels finer than those of the counts.
    pub resample: bool,
    /// Response functions.
    pub response: ResponseFunctions,
    /// The products that the configuration names.
    pub files: Files,
    /// Section `model`: what a region is built from when there is no source model XML.
    pub model: ModelConfig,
}

/// Corrections of the exposure, by which the source maps of a component are multiplied.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExposureScaling {
    /// `gtlike.expscale`: of all sources.
    pub all: Option<f64>,
    /// `gtlike.src_expscale`: of single sources, instead of `all`.
    pub sources: Vec<(String, f64)>,
}

impl ExposureScaling {
    /// The correction for the source of this name, if there is one.
    pub fn of(&self, source_name: &str) -> Option<f64> {
        self.sources.iter().find(|(name, _)| name == source_name).map(|(_, factor)| *factor).or(self.all)
    }
}

/// How energy dispersion is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct EnergyDispersion {
    /// `gtlike.edisp`; fermipy's default is true.
    pub edisp: bool,
    /// `gtlike.edisp_bins`; 0 means none, fermipy's default is -1.
    pub bins: i64,
    /// `gtlike.edisp_disable`: sources without it.
    pub disable: Vec<String>,
}

impl EnergyDispersion {
    /// Whether the likelihood has to apply energy dispersion.
    pub fn is_on(&self) -> bool {
        self.edisp && self.bins != 0
    }
}

/// Which response functions describe the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseFunctions {
    /// `gtlike.irfs`, for example `P8R3_SOURCE_V3`.
    pub name: Option<String>,
    /// `selection.evtype`, or what `convtype` says; 3, front and back, without either.
    pub event_types: u32,
    /// `data.ltcube`: a livetime cube that need not exist.
    pub livetime: Option<PathBuf>,
}

/// Products named under `files` (or `gtlike.srcmap`, `gtlike.bexpmap`, `gtlike.wmap`), as full paths.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Files {
    /// Counts cube.
    pub ccube: Option<PathBuf>,
    /// Source maps.
    pub srcmap: Option<PathBuf>,
    /// Binned exposure.
    pub bexpmap: Option<PathBuf>,
    /// Point spread function.
    pub psf: Option<PathBuf>,
    /// Energy dispersion matrix.
    pub drm: Option<PathBuf>,
    /// Livetime cube.
    pub ltcube: Option<PathBuf>,
    /// Folder of response functions.
    pub irfs: Option<PathBuf>,
    /// Likelihood weights.
    pub wmap: Option<PathBuf>,
    /// Source model.
    pub xml: Option<PathBuf>,
    /// Priors of parameters.
    pub priors: Option<PathBuf>,
}

impl Config {
    /// Directory of the configuration file, to which relative paths are relative.
    pub fn directory(&self) -> &Path {
        directory(&self.path)
    }
}
