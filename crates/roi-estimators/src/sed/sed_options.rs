//! The options of `sed`, each defined once.

use lat_dataset::{Definition, Range};
use roi_fit::FitOptions;
use serde::Serialize;

use crate::error::Result;

/// Options of [`crate::sed`], with fermipy's names and defaults.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SedOptions {
    /// [`SedOptions::BIN_INDEX`].
    pub bin_index: f64,
    /// [`SedOptions::USE_LOCAL_INDEX`].
    pub use_local_index: bool,
    /// [`SedOptions::FREE_BACKGROUND`].
    pub free_background: bool,
    /// [`SedOptions::FREE_RADIUS`].
    pub free_radius: Option<f64>,
    /// The parameters of the source that are free in the fit of the whole range; by default its norm and shape.
    pub free_pars: Vec<String>,
    /// [`SedOptions::UL_TS_THRESHOLD`].
    pub ul_ts_threshold: f64,
    /// [`SedOptions::UL_CONFIDENCE`].
    pub ul_confidence: f64,
    /// [`SedOptions::COV_SCALE`]; `None` for no priors.
    pub cov_scale: Option<f64>,
    /// Edges of the bins, log10 of MeV, each an edge of the analysis's energy bins; by default all of those.
    pub loge_bins: Option<Vec<f64>>,
    /// [`SedOptions::LLSCAN_NPTS`].
    pub llscan_npts: usize,
    /// How the whole range is fitted, and the bins with a free background.
    pub optimizer: FitOptions,
}

impl SedOptions {
    /// The index in the bins.
    pub const BIN_INDEX: Definition<f64> =
        Definition::new("bin_index", 2.0, "Photon index (a positive number) of the power law inside each bin.")
            .within(Range::new("a finite number, 2 for E^-2", f64::is_finite));
    /// The index of the model instead.
    pub const USE_LOCAL_INDEX: Definition<bool> = Definition::new(
        "use_local_index",
        false,
        "Take the slope of the fitted spectrum over each bin instead of bin_index, up to 5.",
    );
    /// Whether others are fitted in the bins.
    pub const FREE_BACKGROUND: Definition<bool> =
        Definition::new("free_background", false, "Fit in each bin the norms, too, that are free in the model.");
    /// Where an arrow is drawn.
    pub const UL_TS_THRESHOLD: Definition<f64> =
        Definition::new("ul_ts_threshold", 4.0, "TS of a bin below which plots show its upper limit.");
    /// The confidence of the limits.
    pub const UL_CONFIDENCE: Definition<f64> =
        Definition::new("ul_confidence", 0.95, "Confidence level of the upper limits.")
            .within(Range::new("a number between 0.5 and 1, such as 0.95", |x| x > 0.5 && x < 1.0));
    /// The width of the priors.
    pub const COV_SCALE: Definition<f64> = Definition::new(
        "cov_scale",
        3.0,
        "Width of the Gaussian prior on each free norm of the background, in units of its error in a fit without the source.",
    )
    .within(Range::new("a finite number above 0, or none for no priors", |x| x.is_finite() && x > 0.0));
    /// How far away sources are fitted in the bins.
    pub const FREE_RADIUS: Definition<Option<f64>> = Definition::new(
        "free_radius",
        None,
        "Fit in each bin the norms of the sources, but diffuse ones, within this distance of it; none unless asked for.",
    )
    .in_unit("degrees")
    .within(Range::FINITE_FROM_0);
    /// Points of a scan.
    pub const LLSCAN_NPTS: Definition<usize> =
        Definition::new("llscan_npts", 20, "Points of the likelihood profile of each bin, at least 5.")
            .within(Range::new("5 points or more, at most a million", |x| (5.0..=1e6).contains(&x)));

    /// Refuses what has no meaning.
    pub(crate) fn check(&self) -> Result<()> {
        Self::BIN_INDEX.check(&self.bin_index)?;
        Self::UL_CONFIDENCE.check(&self.ul_confidence)?;
        Self::FREE_RADIUS.check(&self.free_radius)?;
        Self::LLSCAN_NPTS.check(&self.llscan_npts)?;
        if let Some(scale) = &self.cov_scale {
            Self::COV_SCALE.check(scale)?;
        }
        Ok(())
    }
}

impl Default for SedOptions {
    fn default() -> Self {
        Self {
            bin_index: Self::BIN_INDEX.value(),
            use_local_index: Self::USE_LOCAL_INDEX.value(),
            free_background: Self::FREE_BACKGROUND.value(),
            free_radius: Self::FREE_RADIUS.value(),
            free_pars: Vec::new(),
            ul_ts_threshold: Self::UL_TS_THRESHOLD.value(),
            ul_confidence: Self::UL_CONFIDENCE.value(),
            cov_scale: Some(Self::COV_SCALE.value()),
            loge_bins: None,
            llscan_npts: Self::LLSCAN_NPTS.value(),
            optimizer: FitOptions::default().with_update(false),
        }
    }
}

impl SedOptions {
    /// Sets [`bin_index`](Self::bin_index).
    #[must_use]
    pub fn with_bin_index(mut self, bin_index: f64) -> Self {
        self.bin_index = bin_index;
        self
    }

    /// Sets [`use_local_index`](Self::use_local_index).
    #[must_use]
    pub fn with_use_local_index(mut self, use_local_index: bool) -> Self {
        self.use_local_index = use_local_index;
        self
    }

    /// Sets [`free_background`](Self::free_background).
    #[must_use]
    pub fn with_free_background(mut self, free_background: bool) -> Self {
        self.free_background = free_background;
        self
    }

    /// Sets [`free_radius`](Self::free_radius).
    #[must_use]
    pub fn with_free_radius(mut self, free_radius: Option<f64>) -> Self {
        self.free_radius = free_radius;
        self
    }

    /// Sets [`free_pars`](Self::free_pars).
    #[must_use]
    pub fn with_free_pars(mut self, free_pars: Vec<String>) -> Self {
        self.free_pars = free_pars;
        self
    }

    /// Sets [`ul_ts_threshold`](Self::ul_ts_threshold).
    #[must_use]
    pub fn with_ul_ts_threshold(mut self, ul_ts_threshold: f64) -> Self {
        self.ul_ts_threshold = ul_ts_threshold;
        self
    }

    /// Sets [`ul_confidence`](Self::ul_confidence).
    #[must_use]
    pub fn with_ul_confidence(mut self, ul_confidence: f64) -> Self {
        self.ul_confidence = ul_confidence;
        self
    }

    /// Sets [`cov_scale`](Self::cov_scale).
    #[must_use]
    pub fn with_cov_scale(mut self, cov_scale: Option<f64>) -> Self {
        self.cov_scale = cov_scale;
        self
    }

    /// Sets [`loge_bins`](Self::loge_bins).
    #[must_use]
    pub fn with_loge_bins(mut self, loge_bins: Option<Vec<f64>>) -> Self {
        self.loge_bins = loge_bins;
        self
    }

    /// Sets [`llscan_npts`](Self::llscan_npts).
    #[must_use]
    pub fn with_llscan_npts(mut self, llscan_npts: usize) -> Self {
        self.llscan_npts = llscan_npts;
        self
    }

    /// Sets [`optimizer`](Self::optimizer).
    #[must_use]
    pub fn with_optimizer(mut self, optimizer: FitOptions) -> Self {
        self.optimizer = optimizer;
        self
    }
}
