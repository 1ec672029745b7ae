//! 3FGL (Acero et al. 2015, `ApJS` 218, 23): one set of columns for all types of spectra.

use super::law::{Kind, Law, at, kinds};
use super::table::Table;
use crate::error::Result;

pub(super) fn laws(table: &Table<'_>) -> Result<Vec<Law>> {
    let density = table.densities("Flux_Density")?;
    let (index, pivot) = (table.numbers("Spectral_Index")?, table.energies("Pivot_Energy")?);
    let (beta, cutoff) = (table.numbers("beta")?, table.energies("Cutoff")?);
    let exponent = table.numbers("Exp_Index")?;
    let law = |(row, kind)| {
        let (density, index, pivot) = (at(&density, row), at(&index, row), at(&pivot, row));
        match kind {
            Kind::PowerLaw => Law::power_law(density, index, pivot),
            Kind::LogParabola => Law::log_parabola(density, index, at(&beta, row), pivot),
            Kind::Cutoff => {
                let cutoff = at(&cutoff, row);
                // Absent where the exponent is 1 (PLExpCutoff).
                let exponent = Some(at(&exponent, row)).filter(|exponent| exponent.is_finite()).unwrap_or(1.0);
                // The catalog gives the flux density at the pivot, where the cutoff already bites.
                let prefactor = density * (pivot / cutoff).powf(exponent).exp();
                Law::new(
                    "PLSuperExpCutoff",
                    [
                        ("Prefactor", prefactor),
                        ("Index1", -index),
                        ("Scale", pivot),
                        ("Cutoff", cutoff),
                        ("Index2", exponent),
                    ],
                )
            }
        }
    };
    Ok(kinds(table)?.into_iter().enumerate().map(law).collect())
}
