//! The isotropic component: extragalactic light and misclassified cosmic rays, as a table.

use std::fmt::Write as _;

use roi_model::FileTable;

use crate::error::Result;

/// Intensity at 1000 MeV, cm^-2 s^-1 sr^-1 MeV^-1, index and cut-off in MeV: about the isotropic gamma-ray background with the residual
/// background (Ackermann et al. 2015, Astrophys. J. 799, 86).
const SPECTRUM: (f64, f64, f64) = (6e-10, 2.3, 280_000.0);
/// Rows of the table a decade.
const PER_DECADE: f64 = 8.0;

/// The table from half the lowest to twice the highest energy (MeV).
pub(crate) fn table(emin: f64, emax: f64) -> Result<FileTable> {
    let (from, to) = ((0.5 * emin).ln(), (2.0 * emax).ln());
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the options allow a few decades")]
    let rows = ((to - from) / 10f64.ln() * PER_DECADE).ceil() as usize + 1;
    let energies: Vec<f64> = (0..rows).map(|i| (from + (to - from) * i as f64 / (rows - 1) as f64).exp()).collect();
    let (norm, index, cutoff) = SPECTRUM;
    let dnde = energies.iter().map(|e| norm * (e / 1000.0).powf(-index) * (-e / cutoff).exp()).collect();
    Ok(FileTable::new(energies, dnde)?)
}

/// The table as text, every number as it is.
pub(crate) fn text(table: &FileTable) -> String {
    let mut text = String::from("# energy (MeV), intensity (cm^-2 s^-1 sr^-1 MeV^-1)\n");
    for (energy, dnde) in table.energies().iter().zip(table.values()) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{energy:e} {dnde:e}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_the_table() {
        let table = table(100.0, 3e5).unwrap();
        assert_eq!(FileTable::parse(&text(&table)).unwrap(), table);
        assert!(table.dnde(100.0).is_ok() && table.dnde(3e5).is_ok());
        approx::assert_relative_eq!(table.dnde(1000.0).unwrap(), 6e-10, max_relative = 0.01);
    }
}
