//! The options of `fit_positions`, each defined once.

use lat_dataset::Definition;
use serde::Serialize;

use crate::error::Result;
use crate::localize::localize_options::LocalizeOptions;

/// Options of [`crate::fit_positions`].
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PositionsOptions {
    /// As [`LocalizeOptions::DTHETA_MAX`], for each source.
    pub dtheta_max: f64,
    /// [`PositionsOptions::FREE_BACKGROUND`].
    pub free_background: bool,
    /// As [`LocalizeOptions::FREE_RADIUS`], around each of the sources.
    pub free_radius: Option<f64>,
    /// As [`LocalizeOptions::FIX_SHAPE`].
    pub fix_shape: bool,
    /// As [`LocalizeOptions::UPDATE`].
    pub update: bool,
}

impl PositionsOptions {
    /// Whether others are fitted with them.
    pub const FREE_BACKGROUND: Definition<bool> = Definition::new(
        "free_background",
        true,
        "Fit with the positions everything that is free in the model, not only the sources that are moved.",
    );

    /// Refuses what has no meaning.
    pub(crate) fn check(&self) -> Result<()> {
        LocalizeOptions::DTHETA_MAX.check(&self.dtheta_max)?;
        LocalizeOptions::FREE_RADIUS.check(&self.free_radius)?;
        Ok(())
    }
}

impl Default for PositionsOptions {
    fn default() -> Self {
        Self {
            dtheta_max: LocalizeOptions::DTHETA_MAX.value(),
            free_background: Self::FREE_BACKGROUND.value(),
            free_radius: LocalizeOptions::FREE_RADIUS.value(),
            fix_shape: LocalizeOptions::FIX_SHAPE.value(),
            update: LocalizeOptions::UPDATE.value(),
        }
    }
}

impl PositionsOptions {
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
