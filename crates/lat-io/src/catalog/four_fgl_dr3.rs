//! 4FGL-DR3, DR4 and FL16Y (Abdollahi et al. 2022, `ApJS` 260, 53): cutoffs as `PLSuperExpCutoff4`, with index and curvature at the
//! pivot energy.

use super::law::{Kind, Law, at, kinds};
use super::table::Table;
use crate::error::Result;

pub(super) fn laws(table: &Table<'_>) -> Result<Vec<Law>> {
    let (pivot, power_law) = (table.energies("Pivot_Energy")?, table.densities("PL_Flux_Density")?);
    let (log_parabola, cutoff) = (table.densities("LP_Flux_Density")?, table.densities("PLEC_Flux_Density")?);
    let (pl_index, lp_index, beta) =
        (table.numbers("PL_Index")?, table.numbers("LP_Index")?, table.numbers("LP_beta")?);
    let (index, factor) = (table.numbers("PLEC_IndexS")?, table.numbers("PLEC_ExpfactorS")?);
    let exponent = table.numbers("PLEC_Exp_Index")?;
    let law = |(row, kind)| {
        let pivot = at(&pivot, row);
        match kind {
            Kind::PowerLaw => Law::power_law(at(&power_law, row), at(&pl_index, row), pivot),
            Kind::LogParabola => Law::log_parabola(at(&log_parabola, row), at(&lp_index, row), at(&beta, row), pivot),
            Kind::Cutoff => Law::new(
                "PLSuperExpCutoff4",
                [
                    ("Prefactor", at(&cutoff, row)),
                    ("IndexS", -at(&index, row)),
                    ("Scale", pivot),
                    ("ExpfactorS", at(&factor, row)),
                    ("Index2", at(&exponent, row)),
                ],
            ),
        }
    };
    Ok(kinds(table)?.into_iter().enumerate().map(law).collect())
}
