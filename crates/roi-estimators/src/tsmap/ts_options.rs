//! The options of `tsmap`, each defined once.

use lat_dataset::{Definition, Range};
use roi_model::SkyDirection;
use serde_json::{Value, json};

use crate::error::Result;
use crate::sky::test_source::TestSource;

/// Options of [`crate::tsmap`], with fermipy's names and defaults.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TsMapOptions {
    /// What the map looks for.
    pub model: TestSource,
    /// Sources that are left out of the model, by name or alias.
    pub exclude: Vec<String>,
    /// Lowest and highest energy, log10 of MeV, moved to the nearest edges; by default all energies.
    pub loge_bounds: [Option<f64>; 2],
    /// [`TsMapOptions::MAX_KERNEL_RADIUS`].
    pub max_kernel_radius: f64,
    /// [`TsMapOptions::THRESHOLD`].
    pub threshold: f64,
    /// The middle of the map; by default that of the region.
    pub map_skydir: Option<SkyDirection>,
    /// Width and height of the map, degrees; by default those of the region.
    pub map_size: Option<f64>,
}

impl TsMapOptions {
    /// How far the test source is followed.
    pub const MAX_KERNEL_RADIUS: Definition<f64> = Definition::new(
        "max_kernel_radius",
        3.0,
        "Distance from the test source up to which counts are compared with it.",
    )
    .in_unit("deg")
    .within(Range::ABOVE_0);
    /// Where the test source ends.
    pub const THRESHOLD: Definition<f64> = Definition::new(
        "threshold",
        0.01,
        "Part of its peak, in any energy bin, down to which the test source is followed.",
    )
    .within(Range::FRACTION);

    /// Sets [`model`](Self::model).
    #[must_use]
    pub fn with_model(mut self, model: TestSource) -> Self {
        self.model = model;
        self
    }

    /// Sets [`exclude`](Self::exclude).
    #[must_use]
    pub fn with_exclude(mut self, exclude: Vec<String>) -> Self {
        self.exclude = exclude;
        self
    }

    /// Sets [`loge_bounds`](Self::loge_bounds).
    #[must_use]
    pub fn with_loge_bounds(mut self, loge_bounds: [Option<f64>; 2]) -> Self {
        self.loge_bounds = loge_bounds;
        self
    }

    /// Sets [`max_kernel_radius`](Self::max_kernel_radius).
    #[must_use]
    pub fn with_max_kernel_radius(mut self, max_kernel_radius: f64) -> Self {
        self.max_kernel_radius = max_kernel_radius;
        self
    }

    /// Sets [`threshold`](Self::threshold).
    #[must_use]
    pub fn with_threshold(mut self, threshold: f64) -> Self {
        self.threshold = threshold;
        self
    }

    /// Sets [`map_skydir`](Self::map_skydir).
    #[must_use]
    pub fn with_map_skydir(mut self, map_skydir: Option<SkyDirection>) -> Self {
        self.map_skydir = map_skydir;
        self
    }

    /// Sets [`map_size`](Self::map_size).
    #[must_use]
    pub fn with_map_size(mut self, map_size: Option<f64>) -> Self {
        self.map_size = map_size;
        self
    }

    /// Refuses what has no meaning.
    pub(crate) fn check(&self) -> Result<()> {
        Self::MAX_KERNEL_RADIUS.check(&self.max_kernel_radius)?;
        Self::THRESHOLD.check(&self.threshold)?;
        Ok(())
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({
            "model": self.model.to_json(None),
            "exclude": self.exclude,
            "loge_bounds": self.loge_bounds,
            "max_kernel_radius": self.max_kernel_radius,
            "threshold": self.threshold,
            "map_skydir": self.map_skydir.map(|place| [place.ra(), place.dec()]),
            "map_size": self.map_size,
        })
    }
}

impl Default for TsMapOptions {
    fn default() -> Self {
        Self {
            model: TestSource::default(),
            exclude: Vec::new(),
            loge_bounds: [None, None],
            max_kernel_radius: Self::MAX_KERNEL_RADIUS.value(),
            threshold: Self::THRESHOLD.value(),
            map_skydir: None,
            map_size: None,
        }
    }
}
