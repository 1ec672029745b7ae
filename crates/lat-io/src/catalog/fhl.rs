//! 3FHL (Ajello et al. 2017, `ApJS` 232, 18): power laws and log-parabolas in GeV; 2FHL (Ackermann et al. 2016, `ApJS` 222, 5): power
//! laws with the flux from 50 GeV to 2 TeV.

use super::law::{Kind, Law, at, kinds};
use super::table::Table;
use crate::error::Result;

/// The energy range of 2FHL, MeV.
const RANGE: (f64, f64) = (50e3, 2e6);

pub(super) fn laws(table: &Table<'_>) -> Result<Vec<Law>> {
    let index = table.numbers("Spectral_Index")?;
    if !table.has("Flux_Density") {
        let flux = table.numbers("Flux50")?;
        let law = |(flux, index): (f64, f64)| Law::power_law(density_at_50_gev(flux, index), index, RANGE.0);
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

/// dN/dE at 50 GeV of a power law with this integral over the range of 2FHL.
fn density_at_50_gev(flux: f64, index: f64) -> f64 {
    let (slope, log_range) = (1.0 - index, (RANGE.1 / RANGE.0).ln());
    // Integral of x^-index from 1 to the range, without loss at index 1.
    let integral = if slope.abs() < 1e-9 { log_range } else { (slope * log_range).exp_m1() / slope };
    flux / (RANGE.0 * integral)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_density_of_2fhl_integrates_to_the_flux() {
        for index in [0.5, 1.0, 1.0 + 1e-8, 2.0, 3.7] {
            let density = super::density_at_50_gev(3e-11, index);
            let steps = 20_000;
            let width = 40f64.ln() / f64::from(steps);
            let integral: f64 = (0..steps)
                .map(|i| ((f64::from(i) + 0.5) * width).exp())
                .map(|x| density * x.powf(-index) * 50e3 * x * width)
                .sum();
            assert!((integral / 3e-11 - 1.0).abs() < 1e-6, "{index}: {integral}");
        }
    }
}
