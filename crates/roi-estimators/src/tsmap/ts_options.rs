//! The options of `tsmap`, each defined once.

use lat_dataset::{Definition, Range};
use roi_model::SkyDirection;
use serde_json::{Value, json};

use crate::error::{Error, Result};
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
    /// [`TsMapOptions::LOCAL_PSF`].
    pub local_psf: bool,
    /// [`TsMapOptions::REFIT_BACKGROUND`].
    pub refit_background: bool,
}

impl TsMapOptions {
    /// How far the test source is followed.
    pub const MAX_KERNEL_RADIUS: Definition<f64> = Definition::new(
        "max_kernel_radius",
        3.0,
        "Distance from the test source up to which counts are compared with it.",
    )
    .in_unit("degrees")
    .within(Range::ABOVE_0);
    /// Where the test source ends.
    pub const THRESHOLD: Definition<f64> = Definition::new(
        "threshold",
        0.01,
        "Part of its peak, in any energy bin, down to which the test source is followed.",
    )
    .within(Range::FRACTION);

    /// Whether the test source has the response of its place.
    pub const LOCAL_PSF: Definition<bool> = Definition::new(
        "local_psf",
        false,
        "Make the map of the test source at each pixel, with exposure and PSF there, instead of moving that of the middle; takes some 10 ms a pixel and component.",
    );
    /// Whether the background is fitted, too.
    pub const REFIT_BACKGROUND: Definition<bool> = Definition::new(
        "refit_background",
        false,
        "Fit at each pixel, beside the test source, the norms that are free in the model, over all counts (fermipy's tscube); with exposure and PSF of the place.",
    );

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

    /// Sets [`local_psf`](Self::local_psf).
    #[must_use]
    pub fn with_local_psf(mut self, local_psf: bool) -> Self {
        self.local_psf = local_psf;
        self
    }

    /// Sets [`refit_background`](Self::refit_background).
    #[must_use]
    pub fn with_refit_background(mut self, refit_background: bool) -> Self {
        self.refit_background = refit_background;
        self
    }

    /// Refuses what has no meaning.
    pub(crate) fn check(&self) -> Result<()> {
        Self::MAX_KERNEL_RADIUS.check(&self.max_kernel_radius)?;
        Self::THRESHOLD.check(&self.threshold)?;
        if self.model.replaces_psf {
            let expected = "PointSource, RadialDisk or RadialGaussian; the image Gaussian is for residmap alone";
            return Err(Error::Option { option: "SpatialModel", found: "Gaussian".into(), expected });
        }
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
            "local_psf": self.local_psf,
            "refit_background": self.refit_background,
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
            local_psf: Self::LOCAL_PSF.value(),
            refit_background: Self::REFIT_BACKGROUND.value(),
        }
    }
}
