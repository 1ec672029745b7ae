//! How a component departs from the plain likelihood of counts and source maps.

use crate::bin_model::dispersion::Dispersion;
use crate::bin_model::integration::EnergyIntegration;
use crate::data::weights::LikelihoodWeights;

/// What to do with filled bins where the model is not positive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnmodelledBins {
    /// The likelihood is zero there: an error that names the bin.
    #[default]
    Error,
    /// Leave them out of the sum without a word, as the LAT tools do.
    Skip,
}

/// How a component departs from the plain likelihood of counts and source maps.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Settings {
    /// Energy dispersion.
    pub dispersion: Option<Dispersion>,
    /// Likelihood weights.
    pub weights: Option<LikelihoodWeights>,
    /// How predicted counts are integrated over energy.
    pub energy_integration: EnergyIntegration,
}

impl Settings {
    /// Sets [`dispersion`](Self::dispersion).
    #[must_use]
    pub fn with_dispersion(mut self, dispersion: Option<Dispersion>) -> Self {
        self.dispersion = dispersion;
        self
    }

    /// Sets [`weights`](Self::weights).
    #[must_use]
    pub fn with_weights(mut self, weights: Option<LikelihoodWeights>) -> Self {
        self.weights = weights;
        self
    }

    /// Sets [`energy_integration`](Self::energy_integration).
    #[must_use]
    pub fn with_energy_integration(mut self, energy_integration: EnergyIntegration) -> Self {
        self.energy_integration = energy_integration;
        self
    }
}
