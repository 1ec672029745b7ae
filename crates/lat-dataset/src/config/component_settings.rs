//! What a configuration says of one component.

use std::path::PathBuf;

use likelihood_core::EnergyIntegration;
use roi_model::Source;
use serde::Serialize;

use super::definition::{Definition, Range};
use super::events::EventConfig;
use super::model::ModelConfig;
use lat_response::{Frame, SourceMapOptions};

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
    /// `gtlike.energy_integration`.
    pub energy_integration: EnergyIntegration,
    /// Corrections of the exposure.
    pub exposure: ExposureScaling,
    /// `gtlike.minbinsz`: templates with finer pixels are rebinned before source maps are made, degrees.
    pub minbinsz: f64,
    /// `gtlike.rfactor`: into how many pixels a side a pixel of the counts is divided for diffuse source maps.
    pub rfactor: usize,
    /// `gtlike.convolve`: whether sources are convolved with the PSF when source maps are made.
    pub convolve: bool,
    /// `gtlike.resample`: whether diffuse source maps are made on pixels finer than those of the counts.
    pub resample: bool,
    /// Response functions.
    pub response: ResponseFunctions,
    /// Event files, and what is made of them.
    pub events: EventConfig,
    /// The products that the configuration names.
    pub files: Files,
    /// Section `model`: what a region is built from when there is no source model XML.
    pub model: ModelConfig,
}

impl ComponentConfig {
    pub(super) const ENERGY_INTEGRATION: Definition<&'static str> = Definition::new(
        "energy_integration",
        LOG_TRAPEZOID,
        "How predicted counts are integrated over an energy bin; fermipy has no such key. `log-trapezoid`: the rule of the LAT tools, which makes too much of steep spectra in wide bins (at 10 bins a decade 1 % for an index of 2.5, at 5 bins 4 %). `quadrature`: the integral of the spectrum itself, for 5 to 7 bins a decade or indices above 2.5.",
    );
    pub(super) const MINBINSZ: Definition<f64> =
        Definition::new("minbinsz", 0.05, "Templates with finer pixels are rebinned.")
            .in_unit("degrees")
            .within(Range::FROM_0);
    pub(super) const RFACTOR: Definition<usize> = Definition::new(
        "rfactor",
        SourceMapOptions::RESAMPLE_FACTOR,
        "Fine pixels along a pixel of the counts, for diffuse source maps.",
    )
    .within(Range::FROM_1);
    pub(super) const CONVOLVE: Definition<bool> =
        Definition::new("convolve", true, "Whether source maps are convolved with the PSF.");
    pub(super) const RESAMPLE: Definition<bool> = Definition::new(
        "resample",
        true,
        "Whether diffuse source maps are made on finer pixels; `rfactor` says how fine.",
    );
}

/// `gtlike.energy_integration` for the rule of the LAT tools.
pub(super) const LOG_TRAPEZOID: &str = "log-trapezoid";
/// `gtlike.energy_integration` for the integral of the spectrum itself.
pub(super) const QUADRATURE: &str = "quadrature";

/// Corrections of the exposure, by which the source maps of a component are multiplied.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExposureScaling {
    /// `gtlike.expscale`: of all sources.
    pub all: Option<f64>,
    /// `gtlike.src_expscale`: of single sources, instead of `all`.
    pub sources: Vec<(String, f64)>,
}

impl ExposureScaling {
    /// The same with the names of the model in the place of those that are written otherwise.
    pub(crate) fn of_sources(&self, sources: &[Source]) -> Self {
        let named =
            |name: &str| sources.iter().find(|source| source.is_named(name)).map_or(name, Source::name).to_owned();
        Self { all: self.all, sources: self.sources.iter().map(|(name, factor)| (named(name), *factor)).collect() }
    }

    /// The correction for the source of this name, if there is one.
    pub fn of(&self, source_name: &str) -> Option<f64> {
        self.sources.iter().find(|(name, _)| name == source_name).map(|(_, factor)| *factor).or(self.all)
    }
}

/// How energy dispersion is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct EnergyDispersion {
    /// `gtlike.edisp`.
    pub edisp: bool,
    /// `gtlike.edisp_bins`; 0 means none.
    pub bins: i64,
    /// `gtlike.edisp_disable`: sources without it.
    pub disable: Vec<String>,
}

impl EnergyDispersion {
    pub(super) const EDISP: Definition<bool> = Definition::new("edisp", true, "Energy dispersion.");
    pub(super) const BINS: Definition<i64> =
        Definition::new("edisp_bins", -1, "Its mode: 0 none, n > 0 extra planes, n < 0 ratios.");
    pub(super) const DISABLE: Definition<&'static [&'static str]> =
        Definition::new("edisp_disable", &[], "Sources without energy dispersion.");

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

/// The products of a component, as full paths: those that are named under `files` (or `gtlike.srcmap`, `gtlike.bexpmap`, `gtlike.wmap`), where
/// any may be absent; or those that were found ([`crate::Products`]), where there is a counts cube.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Files<Counts = Option<PathBuf>> {
    /// Counts cube.
    pub ccube: Counts,
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
