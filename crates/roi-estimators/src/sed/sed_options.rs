//! The options of `sed`, each defined once.

use lat_dataset::Definition;
use roi_fit::FitOptions;
use serde::Serialize;

use crate::error::{Error, Result};

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
    /// Fit in each bin the norms of all sources, but diffuse ones, within so many degrees of the source; by default of none.
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
        Definition::new("bin_index", 2.0, "Photon index (a positive number) of the power law inside each bin.");
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
        Definition::new("ul_confidence", 0.95, "Confidence level of the upper limits.");
    /// The width of the priors.
    pub const COV_SCALE: Definition<f64> = Definition::new(
        "cov_scale",
        3.0,
        "Width of the Gaussian prior on each free norm of the background, in units of its error in a fit without the source.",
    );
    /// Points of a scan.
    pub const LLSCAN_NPTS: Definition<usize> =
        Definition::new("llscan_npts", 20, "Points of the likelihood profile of each bin, at least 5.");

    /// Refuses what has no meaning.
    pub(crate) fn check(&self) -> Result<()> {
        let refuse = |option, found: String, expected| Err(Error::Option { option, found, expected });
        if !self.bin_index.is_finite() {
            return refuse("bin_index", self.bin_index.to_string(), "a finite number, 2 for E^-2");
        }
        if !(self.ul_confidence > 0.5 && self.ul_confidence < 1.0) {
            return refuse("ul_confidence", self.ul_confidence.to_string(), "a number between 0.5 and 1, such as 0.95");
        }
        if let Some(scale) = self.cov_scale.filter(|scale| !(*scale > 0.0 && scale.is_finite())) {
            return refuse("cov_scale", scale.to_string(), "a finite number above 0, or none for no priors");
        }
        if let Some(radius) = self.free_radius.filter(|radius| !(*radius >= 0.0 && radius.is_finite())) {
            return refuse("free_radius", radius.to_string(), "degrees, 0 or more");
        }
        if self.llscan_npts < 5 {
            return refuse("llscan_npts", self.llscan_npts.to_string(), "5 points or more");
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
            free_radius: None,
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

/// Functions that set one field each.
macro_rules! builders {
    ($($with:ident $field:ident $type:ty),*) => {
        impl SedOptions {$(
            #[doc = concat!("Sets [`", stringify!($field), "`](Self::", stringify!($field), ").")]
            #[must_use]
            pub fn $with(mut self, $field: $type) -> Self {
                self.$field = $field;
                self
            }
        )*}
    };
}

builders! {
    with_bin_index bin_index f64,
    with_use_local_index use_local_index bool,
    with_free_background free_background bool,
    with_free_radius free_radius Option<f64>,
    with_free_pars free_pars Vec<String>,
    with_ul_ts_threshold ul_ts_threshold f64,
    with_ul_confidence ul_confidence f64,
    with_cov_scale cov_scale Option<f64>,
    with_loge_bins loge_bins Option<Vec<f64>>,
    with_llscan_npts llscan_npts usize,
    with_optimizer optimizer FitOptions
}
