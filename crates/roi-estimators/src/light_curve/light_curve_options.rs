//! The options of `light_curve`, each defined once: those that a configuration has with its section `lightcurve`, the others here.

use lat_dataset::{Definition, Range};
use roi_fit::{Analysis, FitOptions, LightcurveConfig, OptimizeOptions, SliceOptions};
use serde::Serialize;

use crate::error::{Error, Result};

/// Options of [`crate::light_curve`], with fermipy's names and defaults.
///
/// ```
/// use roi_estimators::LightCurveOptions;
/// let options = LightCurveOptions::default().with_free_radius(Some(3.0)).with_systematic(0.0);
/// assert_eq!((options.shape_ts_threshold, options.max_free_sources), (16.0, 5));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LightCurveOptions {
    /// [`LightCurveOptions::SHAPE_TS_THRESHOLD`].
    pub shape_ts_threshold: f64,
    /// [`LightCurveOptions::FREE_BACKGROUND`].
    pub free_background: bool,
    /// [`LightCurveOptions::FREE_DIFFUSE`].
    pub free_diffuse: bool,
    /// [`LightCurveOptions::FREE_RADIUS`].
    pub free_radius: Option<f64>,
    /// [`LightCurveOptions::FREE_SOURCES`].
    pub free_sources: Vec<String>,
    /// [`LightCurveOptions::FREE_PARAMS`].
    pub free_params: Vec<String>,
    /// [`LightCurveOptions::MAX_FREE_SOURCES`].
    pub max_free_sources: usize,
    /// [`LightCurveOptions::SYSTEMATIC`].
    pub systematic: f64,
    /// [`LightCurveOptions::UL_CONFIDENCE`].
    pub ul_confidence: f64,
    /// [`LightCurveOptions::UL_TS_THRESHOLD`].
    pub ul_ts_threshold: f64,
    /// [`LightCurveOptions::BLOCKS_P0`].
    pub blocks_p0: f64,
    /// How the data of bins are made, where they are made from event files.
    pub slices: SliceOptions,
    /// How each bin is fitted; what follows a fit is decided here.
    pub optimizer: FitOptions,
    /// How each bin is optimized before; `skip`, `shape_ts_threshold`, `max_free_sources` and what follows a fit are decided here.
    #[serde(serialize_with = "of_optimize")]
    pub roiopt: OptimizeOptions,
}

/// What of the options of `optimize` is not decided by the others.
fn of_optimize<S: serde::Serializer>(options: &OptimizeOptions, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Told<'a> {
        npred_frac: f64,
        npred_threshold: f64,
        skip: &'a [String],
        optimizer: &'a FitOptions,
    }
    let OptimizeOptions { npred_frac, npred_threshold, skip, fit, .. } = options;
    let told = Told { npred_frac: *npred_frac, npred_threshold: *npred_threshold, skip, optimizer: fit };
    told.serialize(serializer)
}

impl LightCurveOptions {
    /// From which TS shapes are fitted.
    pub const SHAPE_TS_THRESHOLD: Definition<f64> = LightcurveConfig::SHAPE_TS_THRESHOLD;
    /// Whether what is free stays free.
    pub const FREE_BACKGROUND: Definition<bool> = LightcurveConfig::FREE_BACKGROUND;
    /// Whether diffuse sources are fitted.
    pub const FREE_DIFFUSE: Definition<bool> = LightcurveConfig::FREE_DIFFUSE;
    /// How far away sources are fitted.
    pub const FREE_RADIUS: Definition<Option<f64>> = LightcurveConfig::FREE_RADIUS;
    /// Which sources are fitted.
    pub const FREE_SOURCES: Definition<&'static [&'static str]> = LightcurveConfig::FREE_SOURCES;
    /// Which parameters are fitted.
    pub const FREE_PARAMS: Definition<&'static [&'static str]> = LightcurveConfig::FREE_PARAMS;
    /// How many others are fitted.
    pub const MAX_FREE_SOURCES: Definition<usize> = LightcurveConfig::MAX_FREE_SOURCES;
    /// What counts as constant.
    pub const SYSTEMATIC: Definition<f64> = LightcurveConfig::SYSTEMATIC;
    /// The confidence of limits.
    pub const UL_CONFIDENCE: Definition<f64> = LightcurveConfig::UL_CONFIDENCE;
    /// From which TS a bin is no limit.
    pub const UL_TS_THRESHOLD: Definition<f64> = LightcurveConfig::UL_TS_THRESHOLD;
    /// How often a change is found where there is none.
    pub const BLOCKS_P0: Definition<f64> = Definition::new(
        "blocks_p0",
        0.05,
        "Probability that Bayesian blocks find a change in the flux of a constant source.",
    )
    .within(Range::new("a number between 0 and 1, such as 0.05", |x| x > 0.0 && x < 1.0));

    /// As the configuration of an analysis has them.
    pub fn of(analysis: &Analysis) -> Self {
        let section = analysis.light_curve_config();
        Self {
            shape_ts_threshold: section.shape_ts_threshold,
            free_background: section.free_background,
            free_diffuse: section.free_diffuse,
            free_radius: section.free_radius,
            free_sources: section.free_sources,
            free_params: section.free_params,
            max_free_sources: section.max_free_sources,
            systematic: section.systematic,
            ul_confidence: section.ul_confidence,
            ul_ts_threshold: section.ul_ts_threshold,
            blocks_p0: Self::BLOCKS_P0.value(),
            slices: SliceOptions::default()
                .with_source_maps(section.source_maps)
                .with_psf_tolerance(section.psf_tolerance),
            optimizer: analysis.fit_options(),
            roiopt: analysis.optimize_options(),
        }
    }

    /// Refuses what has no meaning.
    pub(crate) fn check(&self) -> Result<()> {
        Self::SHAPE_TS_THRESHOLD.check(&self.shape_ts_threshold)?;
        Self::FREE_RADIUS.check(&self.free_radius)?;
        Self::SYSTEMATIC.check(&self.systematic)?;
        Self::UL_CONFIDENCE.check(&self.ul_confidence)?;
        Self::UL_TS_THRESHOLD.check(&self.ul_ts_threshold)?;
        Self::BLOCKS_P0.check(&self.blocks_p0)?;
        Ok(())
    }
}

/// The error of a list of names that holds one that is none.
pub(crate) fn not_in_list(option: &'static str, found: &str, expected: &'static str) -> Error {
    Error::Option { option, found: format!("'{found}'"), expected }
}

impl Default for LightCurveOptions {
    fn default() -> Self {
        Self {
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
            blocks_p0: Self::BLOCKS_P0.value(),
            slices: SliceOptions::default(),
            optimizer: FitOptions::default(),
            roiopt: OptimizeOptions::default(),
        }
    }
}

impl LightCurveOptions {
    /// Sets [`shape_ts_threshold`](Self::shape_ts_threshold).
    #[must_use]
    pub fn with_shape_ts_threshold(mut self, shape_ts_threshold: f64) -> Self {
        self.shape_ts_threshold = shape_ts_threshold;
        self
    }

    /// Sets [`free_background`](Self::free_background).
    #[must_use]
    pub fn with_free_background(mut self, free_background: bool) -> Self {
        self.free_background = free_background;
        self
    }

    /// Sets [`free_diffuse`](Self::free_diffuse).
    #[must_use]
    pub fn with_free_diffuse(mut self, free_diffuse: bool) -> Self {
        self.free_diffuse = free_diffuse;
        self
    }

    /// Sets [`free_radius`](Self::free_radius).
    #[must_use]
    pub fn with_free_radius(mut self, free_radius: Option<f64>) -> Self {
        self.free_radius = free_radius;
        self
    }

    /// Sets [`free_sources`](Self::free_sources).
    #[must_use]
    pub fn with_free_sources(mut self, free_sources: Vec<String>) -> Self {
        self.free_sources = free_sources;
        self
    }

    /// Sets [`free_params`](Self::free_params).
    #[must_use]
    pub fn with_free_params(mut self, free_params: Vec<String>) -> Self {
        self.free_params = free_params;
        self
    }

    /// Sets [`max_free_sources`](Self::max_free_sources).
    #[must_use]
    pub fn with_max_free_sources(mut self, max_free_sources: usize) -> Self {
        self.max_free_sources = max_free_sources;
        self
    }

    /// Sets [`systematic`](Self::systematic).
    #[must_use]
    pub fn with_systematic(mut self, systematic: f64) -> Self {
        self.systematic = systematic;
        self
    }

    /// Sets [`ul_confidence`](Self::ul_confidence).
    #[must_use]
    pub fn with_ul_confidence(mut self, ul_confidence: f64) -> Self {
        self.ul_confidence = ul_confidence;
        self
    }

    /// Sets [`ul_ts_threshold`](Self::ul_ts_threshold).
    #[must_use]
    pub fn with_ul_ts_threshold(mut self, ul_ts_threshold: f64) -> Self {
        self.ul_ts_threshold = ul_ts_threshold;
        self
    }

    /// Sets [`blocks_p0`](Self::blocks_p0).
    #[must_use]
    pub fn with_blocks_p0(mut self, blocks_p0: f64) -> Self {
        self.blocks_p0 = blocks_p0;
        self
    }

    /// Sets [`slices`](Self::slices).
    #[must_use]
    pub fn with_slices(mut self, slices: SliceOptions) -> Self {
        self.slices = slices;
        self
    }

    /// Sets [`optimizer`](Self::optimizer).
    #[must_use]
    pub fn with_optimizer(mut self, optimizer: FitOptions) -> Self {
        self.optimizer = optimizer;
        self
    }

    /// Sets [`roiopt`](Self::roiopt).
    #[must_use]
    pub fn with_roiopt(mut self, roiopt: OptimizeOptions) -> Self {
        self.roiopt = roiopt;
        self
    }
}
