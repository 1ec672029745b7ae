//! The options of `residmap`, each defined once.

use lat_dataset::Definition;
use serde_json::{Value, json};

use crate::sky::test_source::TestSource;

/// Options of [`crate::residmap`], with fermipy's names and defaults.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ResidMapOptions {
    /// What the map looks for.
    pub model: TestSource,
    /// Sources that are left out of the model, by name or alias.
    pub exclude: Vec<String>,
    /// Lowest and highest energy, log10 of MeV, moved to the nearest edges; by default all energies.
    pub loge_bounds: [Option<f64>; 2],
    /// [`ResidMapOptions::USE_WEIGHTS`].
    pub use_weights: bool,
}

impl ResidMapOptions {
    /// Whether weights apply.
    pub const USE_WEIGHTS: Definition<bool> = Definition::new(
        "use_weights",
        false,
        "Multiply counts and model by the likelihood weights of each component before they are smoothed.",
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

    /// Sets [`use_weights`](Self::use_weights).
    #[must_use]
    pub fn with_use_weights(mut self, use_weights: bool) -> Self {
        self.use_weights = use_weights;
        self
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({
            "model": self.model.to_json(None),
            "exclude": self.exclude,
            "loge_bounds": self.loge_bounds,
            "use_weights": self.use_weights,
        })
    }
}
