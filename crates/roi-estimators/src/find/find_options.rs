//! The options of `find_sources`, each defined once.

use lat_dataset::{Definition, Range};
use roi_fit::FitOptions;
use roi_model::SkyDirection;
use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::tsmap::ts_options::TsMapOptions;

/// Options of [`crate::find_sources`], with fermipy's names and defaults.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FindSourcesOptions {
    /// The maps: what they look for (`model`), over which energies and in which part of the region.
    pub tsmap: TsMapOptions,
    /// [`FindSourcesOptions::MIN_SEPARATION`].
    pub min_separation: f64,
    /// [`FindSourcesOptions::SQRT_TS_THRESHOLD`].
    pub sqrt_ts_threshold: f64,
    /// [`FindSourcesOptions::MAX_ITER`].
    pub max_iter: usize,
    /// [`FindSourcesOptions::SOURCES_PER_ITER`].
    pub sources_per_iter: usize,
    /// The parameters of a new source that are fitted; empty for norm and shape.
    pub free_params: Vec<String>,
    /// The middle of the search; by default all of the map is searched.
    pub search_skydir: Option<SkyDirection>,
    /// Nearest and farthest place from the middle, degrees.
    pub search_minmax_radius: [Option<f64>; 2],
    /// [`FindSourcesOptions::JOINT_FIT`].
    pub joint_fit: bool,
    /// How new sources are fitted.
    pub optimizer: FitOptions,
}

impl FindSourcesOptions {
    /// How far apart peaks of a map are.
    pub const MIN_SEPARATION: Definition<f64> =
        Definition::new("min_separation", 1.0, "Least distance between two peaks of one map.")
            .in_unit("degrees")
            .within(Range::ABOVE_0);
    /// How significant a source has to be.
    pub const SQRT_TS_THRESHOLD: Definition<f64> =
        Definition::new("sqrt_ts_threshold", 5.0, "Least root of the TS, of a peak and of a fitted source.")
            .within(Range::ABOVE_0);
    /// How many maps are made at most.
    pub const MAX_ITER: Definition<usize> =
        Definition::new("max_iter", 5, "Most maps that are made, one after the other.").within(Range::FROM_1);
    /// How many sources come of one map.
    pub const SOURCES_PER_ITER: Definition<usize> =
        Definition::new("sources_per_iter", 4, "Most sources that are added from one map.").within(Range::FROM_1);
    /// Whether all are fitted together.
    pub const JOINT_FIT: Definition<bool> =
        Definition::new("joint_fit", false, "Fit all new sources together at the end, with what is free in the model.");

    /// Sets [`tsmap`](Self::tsmap).
    #[must_use]
    pub fn with_tsmap(mut self, tsmap: TsMapOptions) -> Self {
        self.tsmap = tsmap;
        self
    }

    /// Sets [`min_separation`](Self::min_separation).
    #[must_use]
    pub fn with_min_separation(mut self, min_separation: f64) -> Self {
        self.min_separation = min_separation;
        self
    }

    /// Sets [`sqrt_ts_threshold`](Self::sqrt_ts_threshold).
    #[must_use]
    pub fn with_sqrt_ts_threshold(mut self, sqrt_ts_threshold: f64) -> Self {
        self.sqrt_ts_threshold = sqrt_ts_threshold;
        self
    }

    /// Sets [`max_iter`](Self::max_iter).
    #[must_use]
    pub fn with_max_iter(mut self, max_iter: usize) -> Self {
        self.max_iter = max_iter;
        self
    }

    /// Sets [`sources_per_iter`](Self::sources_per_iter).
    #[must_use]
    pub fn with_sources_per_iter(mut self, sources_per_iter: usize) -> Self {
        self.sources_per_iter = sources_per_iter;
        self
    }

    /// Sets [`free_params`](Self::free_params).
    #[must_use]
    pub fn with_free_params(mut self, free_params: Vec<String>) -> Self {
        self.free_params = free_params;
        self
    }

    /// Sets [`search_skydir`](Self::search_skydir).
    #[must_use]
    pub fn with_search_skydir(mut self, search_skydir: Option<SkyDirection>) -> Self {
        self.search_skydir = search_skydir;
        self
    }

    /// Sets [`search_minmax_radius`](Self::search_minmax_radius).
    #[must_use]
    pub fn with_search_minmax_radius(mut self, search_minmax_radius: [Option<f64>; 2]) -> Self {
        self.search_minmax_radius = search_minmax_radius;
        self
    }

    /// Sets [`joint_fit`](Self::joint_fit).
    #[must_use]
    pub fn with_joint_fit(mut self, joint_fit: bool) -> Self {
        self.joint_fit = joint_fit;
        self
    }

    /// Sets [`optimizer`](Self::optimizer).
    #[must_use]
    pub fn with_optimizer(mut self, optimizer: FitOptions) -> Self {
        self.optimizer = optimizer;
        self
    }

    /// Refuses what has no meaning.
    pub(crate) fn check(&self) -> Result<()> {
        self.tsmap.check()?;
        Self::MIN_SEPARATION.check(&self.min_separation)?;
        Self::SQRT_TS_THRESHOLD.check(&self.sqrt_ts_threshold)?;
        Self::MAX_ITER.check(&self.max_iter)?;
        Self::SOURCES_PER_ITER.check(&self.sources_per_iter)?;
        if !self.tsmap.exclude.is_empty() {
            return Err(Error::Option {
                option: "exclude",
                found: self.tsmap.exclude.join(", "),
                expected: "none: what is left out of the map would be in the fits; delete the source from the model instead",
            });
        }
        if self.search_skydir.is_none() && self.search_minmax_radius != Self::default().search_minmax_radius {
            return Err(Error::Option {
                option: "search_minmax_radius",
                found: "no search_skydir".into(),
                expected: "a search_skydir that the radii are around",
            });
        }
        let [low, high] = self.search_minmax_radius;
        let is_radius = |radius: &f64| radius.is_finite() && *radius >= 0.0;
        let is_rising = low.zip(high).is_none_or(|(low, high)| low < high);
        if is_rising && low.iter().chain(&high).all(is_radius) {
            return Ok(());
        }
        Err(Error::Option {
            option: "search_minmax_radius",
            found: format!("{low:?}, {high:?}"),
            expected: "two radii in degrees, the first below the second",
        })
    }

    /// Whether a place is searched.
    pub(crate) fn searches(&self, place: &SkyDirection) -> bool {
        let Some(middle) = &self.search_skydir else { return true };
        let distance = middle.separation(place);
        let [low, high] = self.search_minmax_radius;
        low.is_none_or(|low| distance >= low) && high.is_none_or(|high| distance <= high)
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({
            "tsmap": self.tsmap.to_json(),
            "min_separation": self.min_separation,
            "sqrt_ts_threshold": self.sqrt_ts_threshold,
            "max_iter": self.max_iter,
            "sources_per_iter": self.sources_per_iter,
            "free_params": self.free_params,
            "search_skydir": self.search_skydir.map(|place| [place.ra(), place.dec()]),
            "search_minmax_radius": self.search_minmax_radius,
            "joint_fit": self.joint_fit,
            "optimizer": self.optimizer,
        })
    }
}

impl Default for FindSourcesOptions {
    fn default() -> Self {
        Self {
            tsmap: TsMapOptions::default(),
            min_separation: Self::MIN_SEPARATION.value(),
            sqrt_ts_threshold: Self::SQRT_TS_THRESHOLD.value(),
            max_iter: Self::MAX_ITER.value(),
            sources_per_iter: Self::SOURCES_PER_ITER.value(),
            free_params: Vec::new(),
            search_skydir: None,
            search_minmax_radius: [None, Some(1.0)],
            joint_fit: Self::JOINT_FIT.value(),
            optimizer: FitOptions::default(),
        }
    }
}
