//! The options of `extension`, each defined once.

use lat_dataset::{Definition, Range};
use lat_response::PsfScale;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::trial::place::TrialShape;

/// Options of [`crate::extension`], with fermipy's names and defaults.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "they are fermipy's switches")]
pub struct ExtensionOptions {
    /// The shape, a disk or a Gaussian; by default a Gaussian. See [`ExtensionOptions::SPATIAL_MODEL`].
    pub spatial_model: TrialShape,
    /// 68 % containment radii of the reported curve, degrees; by default `width_nstep` from `width_min` to `width_max`.
    pub width: Vec<f64>,
    /// [`ExtensionOptions::WIDTH_MIN`].
    pub width_min: f64,
    /// [`ExtensionOptions::WIDTH_MAX`].
    pub width_max: f64,
    /// [`ExtensionOptions::WIDTH_NSTEP`].
    pub width_nstep: usize,
    /// [`ExtensionOptions::FIT_POSITION`].
    pub fit_position: bool,
    /// [`ExtensionOptions::FREE_BACKGROUND`].
    pub free_background: bool,
    /// [`ExtensionOptions::FREE_RADIUS`].
    pub free_radius: Option<f64>,
    /// [`ExtensionOptions::FIX_SHAPE`].
    pub fix_shape: bool,
    /// [`ExtensionOptions::FIT_EBIN`].
    pub fit_ebin: bool,
    /// [`ExtensionOptions::REOPTIMIZE`].
    pub reoptimize: bool,
    /// [`ExtensionOptions::UPDATE`].
    pub update: bool,
    /// [`ExtensionOptions::SQRT_TS_THRESHOLD`].
    pub sqrt_ts_threshold: Option<f64>,
    /// [`ExtensionOptions::SAVE_MODEL_MAP`].
    pub save_model_map: bool,
    /// By how much the PSF of the source is wider than that of the observation; by default it is that. See [`ExtensionOptions::PSF_SCALE_FN`].
    pub psf_scale_fn: Option<PsfScale>,
}

/// Widths that make sense.
const WIDTHS: Range = Range::new("degrees above 0, at most 20", |x| x > 0.0 && x <= 20.0);

impl ExtensionOptions {
    /// The shape of the extended source.
    pub const SPATIAL_MODEL: Definition<&'static str> =
        Definition::new("spatial_model", "RadialGaussian", "The shape that is fitted: RadialGaussian or RadialDisk.");
    /// The narrowest width of the curve.
    pub const WIDTH_MIN: Definition<f64> =
        Definition::new("width_min", 0.01, "The narrowest 68 % containment radius of the reported curve, beside 0.")
            .in_unit("degrees")
            .within(WIDTHS);
    /// The widest.
    pub const WIDTH_MAX: Definition<f64> =
        Definition::new("width_max", 1.0, "The widest 68 % containment radius of the reported curve and of the fit.")
            .in_unit("degrees")
            .within(WIDTHS);
    /// How many of them.
    pub const WIDTH_NSTEP: Definition<usize> = Definition::new(
        "width_nstep",
        21,
        "Widths of the reported curve, at equal steps of the logarithm, at least 3.",
    )
    .within(Range::new("3 to 1000", |x| (3.0..=1000.0).contains(&x)));
    /// Whether the position is fitted.
    pub const FIT_POSITION: Definition<bool> =
        Definition::new("fit_position", false, "Fit the position at every width, of the point source too.");
    /// Whether others are fitted with it.
    pub const FREE_BACKGROUND: Definition<bool> =
        Definition::new("free_background", false, "Fit with the width everything that is free in the model.");
    /// How far away norms are fitted with it.
    pub const FREE_RADIUS: Definition<Option<f64>> = Definition::new(
        "free_radius",
        None,
        "Fit with the width the norms of the sources, but diffuse ones, within this distance of it; none unless asked for.",
    )
    .in_unit("degrees")
    .within(Range::FINITE_FROM_0);
    /// Whether its shape is held.
    pub const FIX_SHAPE: Definition<bool> = Definition::new(
        "fix_shape",
        false,
        "Fit only the norm of the source with its width, not what of its spectral shape is free.",
    );
    /// Whether each energy bin is looked at.
    pub const FIT_EBIN: Definition<bool> = Definition::new("fit_ebin", false, "Fit the width in each energy bin, too.");
    /// Whether it is fitted with parameters.
    pub const REOPTIMIZE: Definition<bool> = Definition::new(
        "reoptimize",
        false,
        "With fit_ebin: fit in each bin the norm of the source again at every width; otherwise the model stays that of the whole range.",
    );
    /// Whether the model takes the shape.
    pub const UPDATE: Definition<bool> =
        Definition::new("update", false, "Give the source the fitted shape and width in the model.");
    /// When it does.
    pub const SQRT_TS_THRESHOLD: Definition<Option<f64>> = Definition::new(
        "sqrt_ts_threshold",
        None,
        "With update: the square root of ts_ext above which the source is given its shape; by default in any case.",
    )
    .within(Range::new("0 or a number above", |x| x.is_finite() && x >= 0.0));

    /// Whether predicted counts are kept.
    pub const SAVE_MODEL_MAP: Definition<bool> = Definition::new(
        "save_model_map",
        false,
        "Write what the point and the extended source predict in every pixel: the source, all others, and both together.",
    );
    /// How the PSF is changed.
    pub const PSF_SCALE_FN: Definition<&'static [&'static str]> = Definition::new(
        "psf_scale_fn",
        &[],
        "By which part the PSF of the source is wider at energies (log10 of MeV), to see what its systematic error does: straight lines between them; 0 is the PSF as it is.",
    );

    /// Refuses what has no meaning.
    pub(crate) fn check(&self) -> Result<()> {
        Self::WIDTH_MIN.check(&self.width_min)?;
        Self::WIDTH_MAX.check(&self.width_max)?;
        Self::WIDTH_NSTEP.check(&self.width_nstep)?;
        Self::FREE_RADIUS.check(&self.free_radius)?;
        Self::SQRT_TS_THRESHOLD.check(&self.sqrt_ts_threshold)?;
        let refuse = |option, found: String, expected| Err(Error::Option { option, found, expected });
        if self.spatial_model == TrialShape::Point {
            return refuse("spatial_model", "PointSource".into(), "RadialGaussian or RadialDisk");
        }
        if self.update && self.psf_scale_fn.is_some() {
            let expected = "no update with psf_scale_fn: what is made of the model later has the PSF of the observation, so that a width found with another is for comparison";
            return refuse("update", "true".into(), expected);
        }
        if self.width_min >= self.width_max {
            return refuse("width_min", self.width_min.to_string(), "a width below width_max");
        }
        match self.width.iter().find(|width| !(**width >= 0.0 && **width <= 20.0)) {
            Some(width) => refuse("width", width.to_string(), "widths of 0 to 20 degrees"),
            None => Ok(()),
        }
    }

    /// The widths of the reported curve, rising from 0.
    pub(crate) fn widths(&self) -> Vec<f64> {
        let mut widths = self.width.clone();
        if widths.is_empty() {
            let last = (self.width_nstep - 1) as f64;
            let ratio = self.width_max / self.width_min;
            widths = (0..self.width_nstep).map(|i| self.width_min * ratio.powf(i as f64 / last)).collect();
            if let Some(widest) = widths.last_mut() {
                *widest = self.width_max;
            }
        }
        widths.push(0.0);
        widths.sort_by(f64::total_cmp);
        widths.dedup();
        widths
    }
}

impl Default for ExtensionOptions {
    fn default() -> Self {
        Self {
            spatial_model: TrialShape::Gaussian,
            width: Vec::new(),
            width_min: Self::WIDTH_MIN.value(),
            width_max: Self::WIDTH_MAX.value(),
            width_nstep: Self::WIDTH_NSTEP.value(),
            fit_position: Self::FIT_POSITION.value(),
            free_background: Self::FREE_BACKGROUND.value(),
            free_radius: Self::FREE_RADIUS.value(),
            fix_shape: Self::FIX_SHAPE.value(),
            fit_ebin: Self::FIT_EBIN.value(),
            reoptimize: Self::REOPTIMIZE.value(),
            update: Self::UPDATE.value(),
            sqrt_ts_threshold: Self::SQRT_TS_THRESHOLD.value(),
            save_model_map: Self::SAVE_MODEL_MAP.value(),
            psf_scale_fn: None,
        }
    }
}

impl ExtensionOptions {
    /// Sets [`spatial_model`](Self::spatial_model).
    #[must_use]
    pub fn with_spatial_model(mut self, spatial_model: TrialShape) -> Self {
        self.spatial_model = spatial_model;
        self
    }

    /// Sets [`width`](Self::width).
    #[must_use]
    pub fn with_width(mut self, width: Vec<f64>) -> Self {
        self.width = width;
        self
    }

    /// Sets [`width_min`](Self::width_min).
    #[must_use]
    pub fn with_width_min(mut self, width_min: f64) -> Self {
        self.width_min = width_min;
        self
    }

    /// Sets [`width_max`](Self::width_max).
    #[must_use]
    pub fn with_width_max(mut self, width_max: f64) -> Self {
        self.width_max = width_max;
        self
    }

    /// Sets [`width_nstep`](Self::width_nstep).
    #[must_use]
    pub fn with_width_nstep(mut self, width_nstep: usize) -> Self {
        self.width_nstep = width_nstep;
        self
    }

    /// Sets [`fit_position`](Self::fit_position).
    #[must_use]
    pub fn with_fit_position(mut self, fit_position: bool) -> Self {
        self.fit_position = fit_position;
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

    /// Sets [`fix_shape`](Self::fix_shape).
    #[must_use]
    pub fn with_fix_shape(mut self, fix_shape: bool) -> Self {
        self.fix_shape = fix_shape;
        self
    }

    /// Sets [`fit_ebin`](Self::fit_ebin).
    #[must_use]
    pub fn with_fit_ebin(mut self, fit_ebin: bool) -> Self {
        self.fit_ebin = fit_ebin;
        self
    }

    /// Sets [`reoptimize`](Self::reoptimize).
    #[must_use]
    pub fn with_reoptimize(mut self, reoptimize: bool) -> Self {
        self.reoptimize = reoptimize;
        self
    }

    /// Sets [`update`](Self::update).
    #[must_use]
    pub fn with_update(mut self, update: bool) -> Self {
        self.update = update;
        self
    }

    /// Sets [`sqrt_ts_threshold`](Self::sqrt_ts_threshold).
    #[must_use]
    pub fn with_sqrt_ts_threshold(mut self, sqrt_ts_threshold: Option<f64>) -> Self {
        self.sqrt_ts_threshold = sqrt_ts_threshold;
        self
    }
    /// Sets [`save_model_map`](Self::save_model_map).
    #[must_use]
    pub fn with_save_model_map(mut self, save_model_map: bool) -> Self {
        self.save_model_map = save_model_map;
        self
    }

    /// Sets [`psf_scale_fn`](Self::psf_scale_fn).
    #[must_use]
    pub fn with_psf_scale_fn(mut self, psf_scale_fn: Option<PsfScale>) -> Self {
        self.psf_scale_fn = psf_scale_fn;
        self
    }
}
