//! Sections `optimizer`, `roiopt` and `lightcurve`: the options of `fit`, `optimize` and `lightcurve`, with the documented names and defaults.

use optimizers::Options;
use serde::Serialize;

use super::definition::{Definition, Range};
use super::slice_options::{SliceMaps, SliceOptions};

/// Options of `fit`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct OptimizerConfig {
    /// [`OptimizerConfig::OPTIMIZER`].
    pub optimizer: String,
    /// [`OptimizerConfig::TOL`].
    pub tol: f64,
    /// [`OptimizerConfig::MAX_ITER`].
    pub max_iter: usize,
    /// [`OptimizerConfig::INIT_LAMBDA`].
    pub init_lambda: f64,
    /// [`OptimizerConfig::RETRIES`].
    pub retries: usize,
    /// [`OptimizerConfig::MIN_FIT_QUALITY`].
    pub min_fit_quality: u8,
    /// [`OptimizerConfig::VERBOSITY`].
    pub verbosity: usize,
}

impl OptimizerConfig {
    /// The optimizer.
    pub const OPTIMIZER: Definition<&'static str> =
        Definition::new("optimizer", "MINUIT", "MINUIT, NEWMINUIT, NEWTON, LM, LBFGS, DRMNGB, DRMNFB or SIMPLEX.");
    /// The tolerance of the minimiser ([`Options::tol`]), absolute: the estimated distance to the minimum must fall below twice of it.
    pub const TOL: Definition<f64> =
        Definition::new("tol", Options::DEFAULT_TOL, "Tolerance on the estimated distance to the minimum.")
            .within(Range::ABOVE_0);
    /// Most iterations.
    pub const MAX_ITER: Definition<usize> = Definition::new(
        "max_iter",
        Options::DEFAULT_MAX_ITERATIONS,
        "Most iterations (fermipy: 100, used by its NEWTON alone).",
    )
    .within(Range::FROM_1);
    /// First damping.
    pub const INIT_LAMBDA: Definition<f64> =
        Definition::new("init_lambda", Options::DEFAULT_INITIAL_DAMPING, "First damping of NEWTON.")
            .within(Range::FINITE_FROM_0);
    /// Attempts.
    pub const RETRIES: Definition<usize> =
        Definition::new("retries", 3, "Most attempts, the first included: 1 is no repetition.").within(Range::FROM_1);
    /// The quality below which a fit is undone.
    pub const MIN_FIT_QUALITY: Definition<u8> =
        Definition::new("min_fit_quality", 3, "A fit below it is undone (fermipy's code: 2, its documentation: 3).")
            .within(Range::QUALITY);
    /// What the log tells of a fit while it runs.
    pub const VERBOSITY: Definition<usize> = Definition::new(
        "verbosity",
        0,
        "What is logged of a fit while it runs: 0 nothing, 1 a line an iteration, an attempt, a fit of `optimize`; 2 also the free parameters; 3 also the matrices.",
    );
}

impl Default for OptimizerConfig {
    fn default() -> Self {
        Self {
            optimizer: Self::OPTIMIZER.value(),
            tol: Self::TOL.value(),
            max_iter: Self::MAX_ITER.value(),
            init_lambda: Self::INIT_LAMBDA.value(),
            retries: Self::RETRIES.value(),
            min_fit_quality: Self::MIN_FIT_QUALITY.value(),
            verbosity: Self::VERBOSITY.value(),
        }
    }
}

/// Options of `optimize`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RoioptConfig {
    /// [`RoioptConfig::NPRED_FRAC`].
    pub npred_frac: f64,
    /// [`RoioptConfig::NPRED_THRESHOLD`].
    pub npred_threshold: f64,
    /// [`RoioptConfig::SHAPE_TS_THRESHOLD`].
    pub shape_ts_threshold: f64,
    /// [`RoioptConfig::MAX_FREE_SOURCES`].
    pub max_free_sources: usize,
    /// [`RoioptConfig::SKIP`].
    pub skip: Vec<String>,
    /// The optimizer of the steps: section `optimizer` with the overrides of `roiopt.optimizer`.
    pub optimizer: OptimizerConfig,
}

impl RoioptConfig {
    /// The first step ends once its sources hold more than this fraction of the predicted counts.
    pub const NPRED_FRAC: Definition<f64> =
        Definition::new("npred_frac", 0.95, "Share of the predicted counts that the first step covers.")
            .within(Range::FRACTION);
    /// Sources below it end the first step and are skipped in the second.
    pub const NPRED_THRESHOLD: Definition<f64> =
        Definition::new("npred_threshold", 1.0, "Sources with fewer predicted counts are left out.")
            .within(Range::FROM_0);
    /// The third step fits the shapes of sources above it.
    pub const SHAPE_TS_THRESHOLD: Definition<f64> =
        Definition::new("shape_ts_threshold", 25.0, "Sources with a higher TS get their shape fitted.")
            .within(Range::NUMBER);
    /// How many sources the first step fits jointly.
    pub const MAX_FREE_SOURCES: Definition<usize> =
        Definition::new("max_free_sources", 5, "Most sources of the first step.").within(Range::FROM_1);
    /// Sources, by name or alias.
    pub const SKIP: Definition<&'static [&'static str]> =
        Definition::new("skip", &[], "Sources that are never fitted.");
}

impl Default for RoioptConfig {
    fn default() -> Self {
        Self {
            npred_frac: Self::NPRED_FRAC.value(),
            npred_threshold: Self::NPRED_THRESHOLD.value(),
            shape_ts_threshold: Self::SHAPE_TS_THRESHOLD.value(),
            max_free_sources: Self::MAX_FREE_SOURCES.value(),
            skip: Self::SKIP.value(),
            optimizer: OptimizerConfig::default(),
        }
    }
}

/// Options of `lightcurve`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LightcurveConfig {
    /// [`LightcurveConfig::BINSZ`].
    pub binsz: f64,
    /// [`LightcurveConfig::NBINS`].
    pub nbins: Option<usize>,
    /// Begin and end of each bin, mission time in s; none for bins of `binsz` or `nbins` bins.
    pub time_bins: Vec<(f64, f64)>,
    /// [`LightcurveConfig::USE_SCALED_SRCMAP`].
    pub use_scaled_srcmap: bool,
    /// [`SliceOptions::SOURCE_MAPS`]; scaled with `use_scaled_srcmap`.
    pub source_maps: SliceMaps,
    /// [`SliceOptions::PSF_TOLERANCE`].
    pub psf_tolerance: f64,
    /// [`LightcurveConfig::SHAPE_TS_THRESHOLD`].
    pub shape_ts_threshold: f64,
    /// [`LightcurveConfig::FREE_BACKGROUND`].
    pub free_background: bool,
    /// [`LightcurveConfig::FREE_DIFFUSE`].
    pub free_diffuse: bool,
    /// [`LightcurveConfig::FREE_RADIUS`].
    pub free_radius: Option<f64>,
    /// [`LightcurveConfig::FREE_SOURCES`].
    pub free_sources: Vec<String>,
    /// [`LightcurveConfig::FREE_PARAMS`].
    pub free_params: Vec<String>,
    /// [`LightcurveConfig::MAX_FREE_SOURCES`].
    pub max_free_sources: usize,
    /// [`LightcurveConfig::SYSTEMATIC`].
    pub systematic: f64,
    /// [`LightcurveConfig::UL_CONFIDENCE`].
    pub ul_confidence: f64,
    /// [`LightcurveConfig::UL_TS_THRESHOLD`].
    pub ul_ts_threshold: f64,
}

impl LightcurveConfig {
    /// The length of a bin.
    pub const BINSZ: Definition<f64> =
        Definition::new("binsz", 86400.0, "Length of a time bin; the last one may be shorter.")
            .in_unit("s")
            .within(Range::ABOVE_0);
    /// Bins of one length.
    pub const NBINS: Definition<Option<usize>> = Definition::new(
        "nbins",
        None,
        "So many bins of one length over the time of the observation; goes before `binsz`.",
    )
    .within(Range::FROM_1);
    /// Whether maps are scaled.
    pub const USE_SCALED_SRCMAP: Definition<bool> = Definition::new(
        "use_scaled_srcmap",
        false,
        "Scale the source maps of the whole time by the exposure of each bin, however much the PSF of the bin differs; as `source_maps: scaled`.",
    );
    /// From which TS shapes are fitted.
    pub const SHAPE_TS_THRESHOLD: Definition<f64> =
        Definition::new("shape_ts_threshold", 16.0, "Sources with a higher TS in a bin get their shape fitted there.")
            .within(Range::NUMBER);
    /// Whether what is free stays free.
    pub const FREE_BACKGROUND: Definition<bool> =
        Definition::new("free_background", false, "Fit in each bin also what is free in the model.");
    /// Whether diffuse sources are fitted.
    pub const FREE_DIFFUSE: Definition<bool> =
        Definition::new("free_diffuse", false, "Fit in each bin also the norms of diffuse sources.");
    /// How far away sources are fitted.
    pub const FREE_RADIUS: Definition<Option<f64>> = Definition::new(
        "free_radius",
        None,
        "Fit in each bin the norms of the sources, but diffuse ones, within this distance of the source.",
    )
    .in_unit("degrees")
    .within(Range::FINITE_FROM_0);
    /// Which sources are fitted.
    pub const FREE_SOURCES: Definition<&'static [&'static str]> =
        Definition::new("free_sources", &[], "Sources whose norms are fitted in each bin, by name or alias.");
    /// Which parameters are fitted.
    pub const FREE_PARAMS: Definition<&'static [&'static str]> = Definition::new(
        "free_params",
        &[],
        "Parameters of the source that are fitted in each bin; norm and, above shape_ts_threshold, shape when none are given.",
    );
    /// How many others are fitted.
    pub const MAX_FREE_SOURCES: Definition<usize> =
        Definition::new("max_free_sources", 5, "Most sources, those of highest TS, that are fitted beside the source.");
    /// What counts as constant.
    pub const SYSTEMATIC: Definition<f64> = Definition::new(
        "systematic",
        0.02,
        "Relative systematic error of the flux of a bin, in the test of variability.",
    )
    .within(Range::FINITE_FROM_0);
    /// The confidence of limits.
    pub const UL_CONFIDENCE: Definition<f64> =
        Definition::new("ul_confidence", 0.95, "Confidence level of the upper limits.")
            .within(Range::new("a number between 0.5 and 1, such as 0.95", |x| x > 0.5 && x < 1.0));
    /// From which TS a bin is no limit.
    pub const UL_TS_THRESHOLD: Definition<f64> =
        Definition::new("ul_ts_threshold", 4.0, "TS of a bin below which its upper limit stands for it.")
            .within(Range::NUMBER);
}

impl Default for LightcurveConfig {
    fn default() -> Self {
        Self {
            binsz: Self::BINSZ.value(),
            nbins: Self::NBINS.value(),
            time_bins: Vec::new(),
            use_scaled_srcmap: Self::USE_SCALED_SRCMAP.value(),
            source_maps: SliceMaps::default(),
            psf_tolerance: SliceOptions::PSF_TOLERANCE.value(),
            shape_ts_threshold: Self::SHAPE_TS_THRESHOLD.value(),
            free_background: Self::FREE_BACKGROUND.value(),
            free_diffuse: Self::FREE_DIFFUSE.value(),
            free_radius: Self::FREE_RADIUS.value(),
            free_sources: Self::FREE_SOURCES.value(),
            free_params: Self::FREE_PARAMS.value(),
            max_free_sources: Self::MAX_FREE_SOURCES.value(),
            systematic: Self::SYSTEMATIC.value(),
            ul_confidence: Self::UL_CONFIDENCE.value(),
            ul_ts_threshold: Self::UL_TS_THRESHOLD.value(),
        }
    }
}
