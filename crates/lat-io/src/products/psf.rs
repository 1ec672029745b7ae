//! Mean point spread functions in the layout of gtpsf.

use std::path::Path;

use lat_response::Psf;
use ndarray::Array2;

use crate::error::{Error, Result};
use crate::fits::{Column, ColumnValues, FitsFile, FitsWriter, Hdu, Header};
use crate::products::for_people::for_people;
use crate::tables::energies;

/// Reads a gtpsf file: a table with the columns Energy (MeV unless it states another unit) and Psf (1/sr, one row an energy), and a table
/// with the column Theta (degrees).
///
/// # Errors
/// When the file is missing or damaged, has no such tables, they do not fit together, or hold a PSF that cannot be.
///
/// ```no_run
/// let psf = lat_io::read_psf("psf_00.fits".as_ref())?;
/// println!("68 % containment at 1 GeV: {:?} deg", psf.at_energy(1000.0)?.containment_radius(0.68));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read_psf(path: &Path) -> Result<Psf> {
    let file = FitsFile::open(path)?;
    // The table of the PSF has a name that users may choose.
    let with_column = |wanted: &str, name: &str| {
        let has = |hdu: &&Hdu| hdu.column_names().any(|column| column.eq_ignore_ascii_case(wanted));
        file.hdus().iter().find(has).map_or_else(|| file.table(name), Ok)
    };
    let (table, theta_table) = (with_column("Psf", "PSF")?, with_column("Theta", "THETA")?);
    let bad_column = |hdu: &Hdu, column: &str, reason| Error::Column {
        path: path.to_owned(),
        hdu: hdu.label(),
        column: column.into(),
        reason,
    };
    let per_mev = energies::per_mev(table.column_unit("Energy").unwrap_or("MeV"))
        .map_err(|reason| bad_column(table, "Energy", reason))?;
    let energies: Vec<f64> = file.read_column(table, "Energy")?.into_iter().map(|e| e / per_mev).collect();
    let in_degrees = match theta_table.column_unit("Theta").map(str::to_ascii_lowercase).as_deref() {
        None | Some("deg" | "degree" | "degrees") => 1.0,
        Some("rad" | "radian" | "radians") => 180.0 / std::f64::consts::PI,
        Some(other) => {
            return Err(bad_column(theta_table, "Theta", format!("unit is '{other}', expected deg or rad")));
        }
    };
    let thetas: Vec<f64> = file.read_column(theta_table, "Theta")?.into_iter().map(|t| t * in_degrees).collect();
    let values = file.read_column(table, "Psf")?;
    let values = Array2::from_shape_vec((energies.len(), file.column_repeat(table, "Psf")?), values)
        .map_err(|error| bad_column(table, "Psf", error.to_string()))?;
    Psf::new(energies, thetas, values).map_err(|source| Error::map(path, table.label(), source))
}

/// Writes a mean PSF as gtpsf does, with the exposure that it is the mean over, cm^2 s, one value an energy of the table.
///
/// # Errors
/// When the file cannot be written, or there is another number of exposures.
pub fn write_psf(path: &Path, psf: &Psf, exposure: &[f64]) -> Result<()> {
    write(path, psf, exposure, &Header::default())
}

/// The same of one direction, to be looked at: what opens a folder does not take it up, see [`is_for_people`](crate::is_for_people).
///
/// # Errors
/// As [`write_psf`].
pub fn write_psf_for_people(path: &Path, psf: &Psf, exposure: &[f64]) -> Result<()> {
    write(path, psf, exposure, &for_people())
}

fn write(path: &Path, psf: &Psf, exposure: &[f64], primary: &Header) -> Result<()> {
    let column = |name: &str, unit: &str, values| Column { name: name.into(), unit: unit.into(), values };
    let width = psf.thetas().len();
    let mut writer = FitsWriter::create(path)?;
    let values = ColumnValues::Doubles { width, values: psf.values().iter().copied().collect() };
    let columns = [
        column("Energy", "", ColumnValues::Double(psf.energies().to_vec())),
        column("Exposure", "", ColumnValues::Double(exposure.to_vec())),
        column("Psf", "", values),
    ];
    writer.empty_primary(primary)?;
    writer.table("PSF", &Header::default(), &columns)?;
    let thetas = column("Theta", "", ColumnValues::Double(psf.thetas().to_vec()));
    writer.table("THETA", &Header::default(), &[thetas])?;
    writer.finish()
}
