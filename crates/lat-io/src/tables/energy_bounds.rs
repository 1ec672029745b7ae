//! The EBOUNDS table: energy bins of a cube, in keV in the file and in MeV here.

use std::path::Path;

use likelihood_core::{ENERGY_TOLERANCE, EnergyAxis, is_same_energy};

use crate::error::{Error, Result};
use crate::fits::{Column, ColumnValues, FitsFile, FitsWriter, Header};
use crate::tables::energies;

const TABLE: &str = "EBOUNDS";

/// Reads the energy axis: all `E_MIN` and the last `E_MAX`. Without unit the values are keV, as in every LAT counts cube.
///
/// The edges are 32-bit floats in keV; the axis takes those values exactly and divides by 1000 in double precision.
pub(crate) fn read(file: &FitsFile) -> Result<EnergyAxis> {
    let hdu = file.table(TABLE)?;
    let column = |name: &str| -> Result<Vec<f64>> {
        let values = file.read_column(hdu, name)?;
        let per_mev = energies::per_mev(hdu.column_unit(name).unwrap_or("keV"))
            .map_err(|reason| bad_column(file, name, reason))?;
        Ok(values.into_iter().map(|value| value / per_mev).collect())
    };
    let lower = column("E_MIN")?;
    let upper = column("E_MAX")?;
    if lower.len() != upper.len() {
        return Err(bad_column(file, "E_MAX", format!("{} values, E_MIN has {}", upper.len(), lower.len())));
    }
    let Some(&last) = upper.last() else {
        return Err(Error::EmptyTable {
            path: file.path().to_owned(),
            hdu: hdu.label(),
            expected: "one row for each energy bin (E_MIN, E_MAX)",
        });
    };
    for (bin, (below, above)) in upper.iter().zip(lower.iter().skip(1)).enumerate() {
        if !is_same_energy(*below, *above) {
            let reason = format!(
                "bin {bin} ends at {below} MeV and bin {} begins at {above} MeV; bins must be contiguous",
                bin + 1
            );
            return Err(bad_column(file, "E_MIN", reason));
        }
    }
    let mut edges = lower;
    edges.push(last);
    EnergyAxis::new(edges).map_err(|source| Error::data(file.path(), hdu.label(), source))
}

fn bad_column(file: &FitsFile, column: &str, reason: String) -> Error {
    Error::Column { path: file.path().to_owned(), hdu: format!("'{TABLE}'"), column: column.to_owned(), reason }
}

/// Writes the axis as gtbin does: channel numbers from 1, 32-bit floats in keV.
pub(crate) fn write(writer: &mut FitsWriter, axis: &EnergyAxis) -> Result<()> {
    #[expect(clippy::cast_possible_truncation, reason = "the format holds 32-bit floats")]
    let kev = |edge: &f64| (edge * 1000.0) as f32;
    let (lower, upper): (Vec<f32>, Vec<f32>) = axis.edges().windows(2).map(|e| (kev(&e[0]), kev(&e[1]))).unzip();
    let channel: Option<Vec<i16>> = (1..=axis.n_bins()).map(|n| i16::try_from(n).ok()).collect();
    let channel = channel.ok_or_else(|| Error::Unwritable {
        path: writer.path().to_owned(),
        hdu: format!("'{TABLE}'"),
        what: format!("{} energy bins", axis.n_bins()),
        reason: format!("the channel numbers are 16-bit integers; at most {} bins are possible", i16::MAX),
    })?;
    let mut header = Header::default();
    header.set("TELESCOP", "GLAST", "name of telescope generating data");
    header.set("INSTRUME", "LAT", "name of instrument generating data");
    header.set("CHANTYPE", "PI", "energy channel type");
    header.set("HDUCLASS", "OGIP", "format conforms to OGIP standard");
    header.set("HDUCLAS1", "RESPONSE", "extension contains response data");
    header.set("HDUCLAS2", "EBOUNDS", "extension contains energy bounds");
    let column = |name: &str, unit: &str, values| Column { name: name.into(), unit: unit.into(), values };
    let columns = [
        column("CHANNEL", "", ColumnValues::Short(channel)),
        column("E_MIN", "keV", ColumnValues::Float(lower)),
        column("E_MAX", "keV", ColumnValues::Float(upper)),
    ];
    writer.table(TABLE, &header, &columns)
}

/// Checks that two products have the same energy edges.
///
/// # Errors
/// [`Error::EnergyCount`] or [`Error::EnergyMismatch`].
pub fn check_energy_edges(path: &Path, axis: &EnergyAxis, other_path: &Path, other: &EnergyAxis) -> Result<()> {
    let (found, expected) = (axis.edges(), other.edges());
    if found.len() != expected.len() {
        return Err(Error::EnergyCount {
            path: path.to_owned(),
            other: other_path.to_owned(),
            found: found.len(),
            expected: expected.len(),
        });
    }
    match found.iter().zip(expected).enumerate().find(|(_, (a, b))| !is_same_energy(**a, **b)) {
        None => Ok(()),
        Some((index, (found, expected))) => Err(Error::EnergyMismatch {
            path: path.to_owned(),
            other: other_path.to_owned(),
            index,
            found: *found,
            expected: *expected,
            tolerance: ENERGY_TOLERANCE,
        }),
    }
}
