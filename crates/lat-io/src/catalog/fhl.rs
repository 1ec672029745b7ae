//! 3FHL (Ajello et al. 2017, `ApJS` 232, 18): power laws and log-parabolas in GeV; 2FHL (Ackermann et al. 2016, `ApJS` 222, 5): power
//! laws with the flux from 50 GeV to 2 TeV, which stays their parameter.

use super::law::{Kind, Law, at, kinds};
use super::table::Table;
use crate::error::Result;

/// The energy range of 2FHL, MeV.
const RANGE: (f64, f64) = (50e3, 2e6);

pub(super) fn laws(table: &Table<'_>) -> Result<Vec<Law>> {
    let index = table.numbers("Spectral_Index")?;
    if !table.has("Flux_Density") {
        let flux = table.numbers("Flux50")?;
        let law = |(flux, index): (f64, f64)| Law::power_law_2(flux, index, RANGE);
        return Ok(flux.into_iter().zip(index).map(law).collect());
    }
    let (density, pivot) = (table.densities("Flux_Density")?, table.energies("Pivot_Energy")?);
    let (kinds, beta) = (kinds(table)?, table.numbers("beta")?);
    let law = |(row, kind)| {
        let (density, index, pivot) = (at(&density, row), at(&index, row), at(&pivot, row));
        match kind {
            Kind::PowerLaw => Ok(Law::power_law(density, index, pivot)),
            Kind::LogParabola => Ok(Law::log_parabola(density, index, at(&beta, row), pivot)),
            Kind::Cutoff => {
                let reason = format!("row {} has a cutoff, expected PowerLaw or LogParabola", row + 1);
                Err(table.bad("SpectrumType", reason))
            }
        }
    };
    kinds.into_iter().enumerate().map(law).collect()
}
