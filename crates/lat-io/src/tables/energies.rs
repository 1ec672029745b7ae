//! The energies of the planes of a map: table ENERGIES, column Energy.

use crate::error::{Error, Result};
use crate::fits::{Column, ColumnValues, FitsFile, FitsWriter, Hdu, Header};

const TABLE: &str = "ENERGIES";

/// How many of an energy unit make 1 MeV.
///
/// # Errors
/// The reason, for an unknown unit.
pub(crate) fn per_mev(unit: &str) -> std::result::Result<f64, String> {
    match unit.trim() {
        "eV" => Ok(1e6),
        "keV" | "KeV" => Ok(1000.0),
        "MeV" | "log_MeV" => Ok(1.0),
        "GeV" => Ok(0.001),
        "TeV" => Ok(1e-6),
        other => Err(format!("unit is '{other}', expected eV, keV, MeV, GeV or TeV")),
    }
}

/// The table that holds the energies of planes: `ENERGIES`, else an `EBOUNDS` with a column `ENERGY`, which gammapy writes.
fn table(file: &FitsFile) -> Option<&Hdu> {
    let has_energy = |hdu: &&Hdu| hdu.column_names().any(|name| name.eq_ignore_ascii_case("ENERGY"));
    file.table(TABLE).ok().or_else(|| file.table("EBOUNDS").ok().filter(has_energy))
}

/// Energies of `planes` planes in MeV, which the column is in when it states no unit. A map of one plane may come without: then 1 MeV.
///
/// # Errors
/// When there is no table or column, its unit is unknown, it has not one row a plane, or the energies are not positive and increasing.
pub(crate) fn read(file: &FitsFile, planes: usize) -> Result<Vec<f64>> {
    let hdu = match table(file) {
        None if planes == 1 => return Ok(vec![1.0]),
        None => file.table(TABLE)?,
        Some(hdu) => hdu,
    };
    let bad_column =
        |reason| Error::Column { path: file.path().to_owned(), hdu: hdu.label(), column: "Energy".into(), reason };
    let values = file.read_column(hdu, "Energy")?;
    if values.len() != planes {
        return Err(bad_column(format!("{} values, expected one for each of the {planes} planes", values.len())));
    }
    let per_mev = per_mev(hdu.column_unit("Energy").unwrap_or("MeV")).map_err(bad_column)?;
    let energies: Vec<f64> = values.into_iter().map(|value| value / per_mev).collect();
    let mut previous = 0.0;
    for (row, &energy) in energies.iter().enumerate() {
        if !energy.is_finite() || energy <= previous {
            let reason = format!("{energy} MeV in row {}, expected positive energies that increase", row + 1);
            return Err(bad_column(reason));
        }
        previous = energy;
    }
    Ok(energies)
}

/// Writes the energies in MeV.
pub(crate) fn write(writer: &mut FitsWriter, energies: &[f64]) -> Result<()> {
    let values = ColumnValues::Double(energies.to_vec());
    let column = Column { name: "Energy".into(), unit: "MeV".into(), values };
    writer.table(TABLE, &Header::default(), &[column])
}
