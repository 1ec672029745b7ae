//! Response functions and the livetime that they are observed with.

use std::borrow::Cow;

use super::livetime::LivetimeCube;
use super::response_tables::ResponseTables;
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
    /// What is computed already.
    pub(crate) tables: Option<&'a ResponseTables>,
}

impl<'a> ObservedIrfs<'a> {
    /// In the way of the LAT tools.
    pub fn new(livetime: &'a LivetimeCube, irfs: &'a [Irf]) -> Self {
        Self { livetime, irfs, recipe: Recipe::fermitools(), tables: None }
    }

    /// The same with a recipe.
    #[must_use]
    pub fn with_recipe(mut self, recipe: Recipe) -> Self {
        self.recipe = recipe;
        self
    }

    /// The same with tables of these response functions; what they do not hold is computed.
    #[must_use]
    pub fn with_tables(mut self, tables: &'a ResponseTables) -> Self {
        self.tables = Some(tables);
        self
    }

    /// cm^2 of an event type at an energy in MeV, a value a bin of livetime.
    pub(crate) fn areas(&self, irf: usize, energy: f64) -> Cow<'a, [f64]> {
        if let Some(areas) = self.tables.and_then(|tables| tables.areas(irf, energy, self.livetime)) {
            return Cow::Borrowed(areas);
        }
        let Some(irf) = self.irfs.get(irf) else { return Cow::Borrowed(&[]) };
        let at = |(cosine, azimuth)| irf.effective_area.at(energy, cosine, azimuth);
        Cow::Owned(self.livetime.bins().map(at).collect())
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
