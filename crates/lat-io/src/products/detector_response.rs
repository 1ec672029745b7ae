//! Detector response matrices in the layout of gtdrm: table DRM, a row a true-energy bin.

use std::path::Path;

use likelihood_core::{DetectorResponse, EnergyAxis, is_same_energy};
use ndarray::Array2;

use crate::error::{Error, Result};
use crate::fits::{Column, ColumnValues, FitsFile, FitsWriter, Hdu, Header};
use crate::products::for_people::for_people;

const TABLE: &str = "DRM";

/// Reads the matrix for a counts cube of this energy axis, plain or gzip. Its rows are the cube's energy bins with equally many true bins
/// more below and above. (The table EBOUNDS of gtdrm's files has the wrong energies and is not looked at.)
///
/// # Errors
/// When the file is missing or damaged, the matrix was made for other energies, or it holds what is no probability.
///
/// ```no_run
/// let counts = lat_io::read_counts_cube("ccube_00.fits".as_ref())?;
/// let response = lat_io::read_detector_response("drm_00.fits".as_ref(), counts.cube.axis())?;
/// println!("{} true-energy bins more on either side", response.n_extra());
/// # Ok::<(), lat_io::Error>(())
/// ```
pub fn read_detector_response(path: &Path, axis: &EnergyAxis) -> Result<DetectorResponse> {
    let file = FitsFile::open(path)?;
    let hdu = file.table(TABLE)?;
    let bad = |column: &str, reason: String| Error::Column {
        path: path.to_owned(),
        hdu: hdu.label(),
        column: column.to_owned(),
        reason,
    };
    let (lower, upper) = (file.read_column(hdu, "ENERG_LO")?, file.read_column(hdu, "ENERG_HI")?);
    let rows = matrix_rows(&file, hdu)?;
    if lower.len() != rows.len() || upper.len() != rows.len() {
        let reason = format!("{} values, the matrix has {} rows", lower.len().min(upper.len()), rows.len());
        return Err(bad("ENERG_LO", reason));
    }
    // gtdrm writes each row as one group of all channels from channel 1 on. The OGIP format allows others; they are not known here.
    for (column, expected) in [("N_GRP", 1.0), ("F_CHAN", 1.0)] {
        let values = if hdu.column_names().any(|name| name.eq_ignore_ascii_case(column)) {
            first_values(&file, hdu, column)?
        } else {
            Vec::new()
        };
        if let Some((row, value)) = values.iter().enumerate().find(|(_, value)| **value != expected) {
            return Err(bad(
                column,
                format!("{value} in row {}, expected {expected}: all channels of a row in one group", row + 1),
            ));
        }
    }
    let columns = axis.n_bins();
    if let Some((row, found)) = rows.iter().enumerate().find(|(_, row)| row.len() != columns) {
        let reason = format!(
            "row {} has {} measured bins, the counts cube has {columns}; make the matrix for this counts cube (gtdrm)",
            row + 1,
            found.len()
        );
        return Err(bad("MATRIX", reason));
    }
    let n_rows = rows.len();
    let matrix = Array2::from_shape_vec((n_rows, columns), rows.into_iter().flatten().collect())
        .map_err(|error| bad("MATRIX", error.to_string()))?;
    let response = DetectorResponse::new(matrix).map_err(|source| Error::data(path, hdu.label(), source))?;
    check_energies(&lower, &upper, axis, response.n_extra()).map_err(|(column, reason)| bad(column, reason))?;
    Ok(response)
}

/// Writes a matrix of a counts cube with this energy axis as gtdrm does, to be looked at: what opens a folder does not take it up by itself.
///
/// # Errors
/// When the file cannot be written, or the matrix is of another axis.
pub fn write_detector_response(path: &Path, axis: &EnergyAxis, response: &DetectorResponse) -> Result<()> {
    let matrix = response.matrix();
    let wrong = |source| Error::data(path, format!("'{TABLE}'"), source);
    let (edges, width) = (axis.extended(response.n_extra()).map_err(wrong)?.edges().to_vec(), matrix.ncols());
    let n_rows = matrix.nrows();
    let column = |name: &str, unit: &str, values| Column { name: name.into(), unit: unit.into(), values };
    let channels = i16::try_from(width).unwrap_or(i16::MAX);
    let columns = [
        column("ENERG_LO", "MeV", ColumnValues::Double(edges.iter().take(n_rows).copied().collect())),
        column("ENERG_HI", "MeV", ColumnValues::Double(edges.iter().skip(1).take(n_rows).copied().collect())),
        column("N_GRP", "", ColumnValues::Short(vec![1; n_rows])),
        column("F_CHAN", "", ColumnValues::Short(vec![1; n_rows])),
        column("N_CHAN", "", ColumnValues::Short(vec![channels; n_rows])),
        column("MATRIX", "", ColumnValues::Doubles { width, values: matrix.iter().copied().collect() }),
    ];
    let mut header = Header::default();
    header.set("DETCHANS", i64::from(channels), "measured energy bins");
    let bins = [
        column("CHANNEL", "", ColumnValues::Short((1..=channels).collect())),
        column("E_MIN", "keV", ColumnValues::Double(axis.edges().iter().take(width).map(|e| e * 1000.0).collect())),
        column("E_MAX", "keV", ColumnValues::Double(axis.edges().iter().skip(1).map(|e| e * 1000.0).collect())),
    ];
    let mut writer = FitsWriter::create(path)?;
    writer.empty_primary(&for_people())?;
    writer.table(TABLE, &header, &columns)?;
    writer.table("EBOUNDS", &Header::default(), &bins)?;
    writer.finish()
}

/// The rows of the matrix, lists of one length or of several.
fn matrix_rows(file: &FitsFile, hdu: &Hdu) -> Result<Vec<Vec<f64>>> {
    if hdu.is_variable_column("MATRIX") {
        return file.read_variable_column(hdu, "MATRIX");
    }
    let width = file.column_repeat(hdu, "MATRIX")?.max(1);
    Ok(file.read_column(hdu, "MATRIX")?.chunks(width).map(<[f64]>::to_vec).collect())
}

/// The first value of each row, whether the column holds plain numbers or arrays of variable length.
fn first_values(file: &FitsFile, hdu: &Hdu, column: &str) -> Result<Vec<f64>> {
    if !hdu.is_variable_column(column) {
        return file.read_column(hdu, column);
    }
    let empty = |row: usize| Error::Column {
        path: file.path().to_owned(),
        hdu: hdu.label(),
        column: column.to_owned(),
        reason: format!("no value in row {}, expected one: all channels of a row in one group", row + 1),
    };
    let rows = file.read_variable_column(hdu, column)?.into_iter().enumerate();
    rows.map(|(row, values)| values.first().copied().ok_or_else(|| empty(row))).collect()
}

/// The true bins must be contiguous and, in the middle, those of the counts cube.
fn check_energies(
    lower: &[f64],
    upper: &[f64],
    axis: &EnergyAxis,
    extra: usize,
) -> std::result::Result<(), (&'static str, String)> {
    for (row, (end, start)) in upper.iter().zip(lower.iter().skip(1)).enumerate() {
        if !is_same_energy(*end, *start) {
            return Err(("ENERG_LO", format!("row {} ends at {end} MeV and the next begins at {start} MeV", row + 1)));
        }
    }
    let inner = lower.iter().zip(upper).skip(extra).zip(axis.edges().windows(2)).enumerate();
    for (bin, ((&low, &high), edges)) in inner {
        for (column, found, expected) in [("ENERG_LO", low, edges[0]), ("ENERG_HI", high, edges[1])] {
            if !is_same_energy(found, expected) {
                let reason = format!(
                    "true bin {bin} of the counts cube's range has {found} MeV, the counts cube {expected} MeV; make the matrix for this counts cube (gtdrm)"
                );
                return Err((column, reason));
            }
        }
    }
    Ok(())
}
