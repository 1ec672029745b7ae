//! The range of energies that counts.

use roi_fit::{Analysis, Result};
use serde::Deserialize;

/// The range of energies, MeV; an end that is `None` stays that of the analysis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Energies {
    /// Only energy bins above it: an edge.
    pub emin: Option<f64>,
    /// Only energy bins below it: an edge.
    pub emax: Option<f64>,
}

impl Energies {
    /// Narrows the range of an analysis.
    ///
    /// # Errors
    /// An energy that is no edge of the bins.
    pub fn apply(&self, analysis: &mut Analysis) -> Result<()> {
        if self.emin.is_none() && self.emax.is_none() {
            return Ok(());
        }
        let (emin, emax) = analysis.energy_range();
        analysis.set_energy_range(self.emin.or(Some(emin)), self.emax.or(Some(emax)))
    }

    /// In words, those of the program's command line: for what depends on them.
    pub fn words(&self) -> Vec<String> {
        let word = |flag: &str, energy: Option<f64>| energy.map(|energy| format!("{flag} {energy:?}"));
        [word("--emin", self.emin), word("--emax", self.emax)].into_iter().flatten().collect()
    }
}
