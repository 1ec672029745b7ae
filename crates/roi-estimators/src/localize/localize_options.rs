//! The options of `localize`, each defined once.

use lat_dataset::{Definition, Range};
use serde::Serialize;

use crate::error::Result;

/// Options of [`crate::localize`], with fermipy's names and defaults.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LocalizeOptions {
    /// [`LocalizeOptions::NSTEP`].
    pub nstep: usize,
    /// [`LocalizeOptions::DTHETA_MAX`].
    pub dtheta_max: f64,
    /// [`LocalizeOptions::FREE_BACKGROUND`].
    pub free_background: bool,
    /// [`LocalizeOptions::FREE_RADIUS`].
    pub free_radius: Option<f64>,
    /// [`LocalizeOptions::FIX_SHAPE`].
    pub fix_shape: bool,
    /// [`LocalizeOptions::UPDATE`].
    pub update: bool,
}

impl LocalizeOptions {
    /// The scan around the position.
    pub const NSTEP: Definition<usize> = Definition::new(
        "nstep",
        5,
        "The likelihood is scanned at nstep x nstep positions over the 95 % error radius around the fitted one; 0 for no scan.",
    )
    .within(Range::new("0, or 3 to 201 steps a side", |x| x == 0.0 || (3.0..=201.0).contains(&x)));
    /// How far the source may move.
    pub const DTHETA_MAX: Definition<f64> =
        Definition::new("dtheta_max", 0.5, "The farthest that the source may move from where the model has it.")
            .in_unit("degrees")
            .within(Range::new("degrees above 0, at most 10", |x| x > 0.0 && x <= 10.0));
    /// Whether others are fitted with it.
    pub const FREE_BACKGROUND: Definition<bool> =
        Definition::new("free_background", false, "Fit with the position everything that is free in the model.");
    /// How far away norms are fitted with it.
    pub const FREE_RADIUS: Definition<Option<f64>> = Definition::new(
        "free_radius",
        None,
        "Fit with the position the norms of the sources, but diffuse ones, within this distance of it; none unless asked for.",
    )
    .in_unit("degrees")
    .within(Range::FINITE_FROM_0);
    /// Whether its shape is held.
    pub const FIX_SHAPE: Definition<bool> = Definition::new(
        "fix_shape",
        false,
        "Fit only the norm of the source with its position, not what of its shape is free.",
    );
    /// Whether the model takes the position.
    pub const UPDATE: Definition<bool> =
        Definition::new("update", true, "Move the source in the model when the position was found.");

    /// Refuses what has no meaning.
    pub(crate) fn check(&self) -> Result<()> {
        Self::NSTEP.check(&self.nstep)?;
        Self::DTHETA_MAX.check(&self.dtheta_max)?;
        Self::FREE_RADIUS.check(&self.free_radius)?;
        Ok(())
    }
}

impl Default for LocalizeOptions {
    fn default() -> Self {
        Self {
            nstep: Self::NSTEP.value(),
            dtheta_max: Self::DTHETA_MAX.value(),
            free_background: Self::FREE_BACKGROUND.value(),
            free_radius: Self::FREE_RADIUS.value(),
            fix_shape: Self::FIX_SHAPE.value(),
            update: Self::UPDATE.value(),
        }
    }
}

impl LocalizeOptions {
    /// Sets [`nstep`](Self::nstep).
    #[must_use]
    pub fn with_nstep(mut self, nstep: usize) -> Self {
        self.nstep = nstep;
        self
    }

    /// Sets [`dtheta_max`](Self::dtheta_max).
    #[must_use]
    pub fn with_dtheta_max(mut self, dtheta_max: f64) -> Self {
        self.dtheta_max = dtheta_max;
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

    /// Sets [`update`](Self::update).
    #[must_use]
    pub fn with_update(mut self, update: bool) -> Self {
        self.update = update;
        self
    }
}
