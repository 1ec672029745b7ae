//! Bins of energy from a file: those of gtbindef, or of a counts cube.

use std::path::Path;

use likelihood_core::EnergyAxis;

use crate::error::{Error, Result};
use crate::fits::FitsFile;
use crate::tables::{energies, energy_bounds};

/// The table of gtbindef.
const TABLE: &str = "ENERGYBINS";

/// By how much two ends that are meant as one may differ, relative: they are 32-bit floats.
const SAME: f64 = 1e-6;

/// The bins of table ENERGYBINS (gtbindef), or of table EBOUNDS of a counts cube.
///
/// # Errors
/// When the file cannot be read, has neither table, or its bins are not positive or do not follow each other.
pub fn read_energy_bins(path: &Path) -> Result<EnergyAxis> {
    let file = FitsFile::open(path)?;
    if file.table(TABLE).is_err() && file.table("EBOUNDS").is_ok() {
        return energy_bounds::read(&file);
    }
    let hdu = file.table(TABLE)?;
    let bad = |column: &str, reason: String| Error::Column {
        path: path.to_owned(),
        hdu: hdu.label(),
        column: column.to_owned(),
        reason,
    };
    let column = |name: &str| -> Result<Vec<f64>> {
        let unit = hdu.column_unit(name).unwrap_or("keV");
        let per_mev = energies::per_mev(unit).map_err(|reason| bad(name, reason))?;
        Ok(file.read_column(hdu, name)?.into_iter().map(|energy| energy / per_mev).collect())
    };
    let (lower, mut edges) = (column("E_MIN")?, column("E_MAX")?);
    for (row, (low, high)) in lower.iter().skip(1).zip(&edges).enumerate() {
        if (low - high).abs() > SAME * high.abs() {
            let reason = format!(
                "row {} begins at {low} MeV and the row before it ends at {high} MeV; bins must follow each other",
                row + 2
            );
            return Err(bad("E_MIN", reason));
        }
    }
    edges.splice(0..0, lower.first().copied());
    EnergyAxis::new(edges).map_err(|source| Error::data(path, hdu.label(), source))
}
