//! Response functions and the livetime that they are observed with.

use super::livetime::LivetimeCube;
use crate::irf::Irf;
use crate::recipe::{Recipe, TriggerRate};

/// Response functions of all event types of an observation, and how long each inclination was seen: what exposure, mean PSF and energy
/// dispersion are computed from.
#[derive(Clone, Copy, Debug)]
pub struct ObservedIrfs<'a> {
    /// How long each direction was seen at each inclination.
    pub livetime: &'a LivetimeCube,
    /// The event types, in the order of the bits of `evtype`.
    pub irfs: &'a [Irf],
    /// How it is computed.
    pub recipe: Recipe,
}

impl<'a> ObservedIrfs<'a> {
    /// In the way of the LAT tools.
    pub fn new(livetime: &'a LivetimeCube, irfs: &'a [Irf]) -> Self {
        Self { livetime, irfs, recipe: Recipe::fermitools() }
    }

    /// The same with a recipe.
    #[must_use]
    pub fn with_recipe(mut self, recipe: Recipe) -> Self {
        self.recipe = recipe;
        self
    }

    /// The event types, each with the factors of livetime and weighted livetime that correct its effective area at an energy in MeV (see
    /// [`EffectiveArea::livetime_factors`](crate::EffectiveArea::livetime_factors)).
    pub(crate) fn corrected(&self, energy: f64) -> impl Iterator<Item = (&'a Irf, (f64, f64))> {
        let of = move |irf: &Irf| irf.effective_area.livetime_factors(energy);
        let shared = match self.recipe.trigger_rate {
            TriggerRate::FirstEventType => self.irfs.first().map(of),
            TriggerRate::OwnEventType => None,
        };
        self.irfs.iter().map(move |irf| (irf, shared.unwrap_or_else(|| of(irf))))
    }
}
