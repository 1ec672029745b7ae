//! 4FGL and 4FGL-DR2 (Abdollahi et al. 2020, `ApJS` 247, 33): columns by type of spectrum, cutoffs as `PLSuperExpCutoff2`.

use super::law::{Kind, Law, at, kinds};
use super::table::Table;
use crate::error::Result;

pub(super) fn laws(table: &Table<'_>) -> Result<Vec<Law>> {
    laws_from(table, ["PL_Flux_Density", "LP_Flux_Density", "PLEC_Flux_Density"])
}

/// The flux densities of power law, log-parabola and cutoff stand in these columns.
pub(super) fn laws_from(table: &Table<'_>, densities: [&str; 3]) -> Result<Vec<Law>> {
    let [power_law, log_parabola, cutoff] = densities;
    let (pivot, power_law) = (table.energies("Pivot_Energy")?, table.densities(power_law)?);
    let (log_parabola, cutoff) = (table.densities(log_parabola)?, table.densities(cutoff)?);
    let (pl_index, lp_index, beta) =
        (table.numbers("PL_Index")?, table.numbers("LP_Index")?, table.numbers("LP_beta")?);
    let (index, factor) = (table.numbers("PLEC_Index")?, table.numbers("PLEC_Expfactor")?);
    let exponent = table.numbers("PLEC_Exp_Index")?;
    let law = |(row, kind)| {
        let pivot = at(&pivot, row);
        match kind {
            Kind::PowerLaw => Law::power_law(at(&power_law, row), at(&pl_index, row), pivot),
            Kind::LogParabola => Law::log_parabola(at(&log_parabola, row), at(&lp_index, row), at(&beta, row), pivot),
            Kind::Cutoff => {
                Law::cutoff2(at(&cutoff, row), at(&index, row), at(&factor, row), at(&exponent, row), pivot)
            }
        }
    };
    Ok(kinds(table)?.into_iter().enumerate().map(law).collect())
}
