//! Writing a spacecraft file (FT2) in the layout of the data server.

use std::path::Path;

use super::new_photons::set_columns;
use crate::error::Result;
use crate::events::headers::{Interval, set_instrument, set_time_system, set_times};
use crate::events::spacecraft_file::SpacecraftRow;
use crate::fits::{FitsWriter, Header, RowWriter};

/// Name, format and unit of each column.
const COLUMNS: [(&str, &str, &str); 31] = [
    ("START", "D", "s"),
    ("STOP", "D", "s"),
    ("SC_POSITION", "3E", "m"),
    ("LAT_GEO", "E", "deg"),
    ("LON_GEO", "E", "deg"),
    ("RAD_GEO", "D", "m"),
    ("RA_ZENITH", "E", "deg"),
    ("DEC_ZENITH", "E", "deg"),
    ("B_MCILWAIN", "E", "Gauss"),
    ("L_MCILWAIN", "E", "Earth_Radii"),
    ("GEOMAG_LAT", "E", "deg"),
    ("LAMBDA", "E", "deg"),
    ("IN_SAA", "L", ""),
    ("RA_SCZ", "E", "deg"),
    ("DEC_SCZ", "E", "deg"),
    ("RA_SCX", "E", "deg"),
    ("DEC_SCX", "E", "deg"),
    ("RA_NPOLE", "E", "deg"),
    ("DEC_NPOLE", "E", "deg"),
    ("ROCK_ANGLE", "E", "deg"),
    ("LAT_MODE", "J", ""),
    ("LAT_CONFIG", "B", ""),
    ("DATA_QUAL", "I", ""),
    ("LIVETIME", "D", "s"),
    ("QSJ_1", "D", ""),
    ("QSJ_2", "D", ""),
    ("QSJ_3", "D", ""),
    ("QSJ_4", "D", ""),
    ("RA_SUN", "E", "deg"),
    ("DEC_SUN", "E", "deg"),
    ("SC_VELOCITY", "3E", "m/s"),
];

const ROW_BYTES: usize = 164;

/// A row with what a spacecraft file tells besides attitude and livetime. What is not set stays 0 in the file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NewSpacecraftRow {
    /// Times, livetime, axes. The LAT is in the South Atlantic anomaly where it has no livetime.
    pub row: SpacecraftRow,
    /// Position of the spacecraft in the equatorial frame, m.
    pub position: [f64; 3],
    /// Velocity of the spacecraft in the equatorial frame, m/s.
    pub velocity: [f64; 3],
    /// Latitude and longitude (0 to 360) of the point on the ground, degrees, and height above it, m.
    pub geography: [f64; 3],
    /// Magnetic field in Gauss, `L` in Earth radii, invariant latitude (0 to 90) and signed geomagnetic latitude in degrees.
    pub geomagnetic: [f64; 4],
    /// Right ascension and declination of the north pole of the orbit, degrees.
    pub orbital_pole: [f64; 2],
    /// Right ascension and declination of the Sun, degrees.
    pub sun: [f64; 2],
}

impl From<SpacecraftRow> for NewSpacecraftRow {
    fn from(row: SpacecraftRow) -> Self {
        let none = [0.0; 3];
        let (position, velocity, geography) = (none, none, none);
        Self { row, position, velocity, geography, geomagnetic: [0.0; 4], orbital_pole: [0.0; 2], sun: [0.0; 2] }
    }
}

/// Writes a spacecraft file: each row with the LAT in its nominal configuration (`LAT_CONFIG` and `DATA_QUAL` 1), within the South
/// Atlantic anomaly where it has no livetime. The file appears whole or not at all; gzip when its name ends in `.gz`.
///
/// # Errors
/// When the file cannot be written.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("spacecraft.fits");
/// use lat_io::{SpacecraftFile, SpacecraftRow};
/// let [z_axis, x_axis, zenith] = [[83.6, 22.0], [173.6, 0.0], [80.0, 0.0]];
/// let row = SpacecraftRow { start: 300_000_000.0, stop: 300_000_030.0, livetime: 27.5, z_axis, x_axis, zenith };
/// lat_io::write_new_spacecraft(&path, &[row])?;
/// assert_eq!(SpacecraftFile::open(&path)?.block(0, 1)?.row(0)?.livetime, 27.5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_new_spacecraft(path: &Path, rows: &[SpacecraftRow]) -> Result<()> {
    let start = rows.iter().map(|row| row.start).fold(f64::INFINITY, f64::min);
    let stop = rows.iter().map(|row| row.stop).fold(f64::NEG_INFINITY, f64::max);
    let times = if rows.is_empty() { (0.0, 0.0) } else { (start, stop) };
    write_spacecraft_rows(path, times, rows.iter().map(|row| NewSpacecraftRow::from(*row)))
}

/// As [`write_new_spacecraft`] for rows that come one after the other, with begin and end (s) of the whole; memory does not grow with them.
///
/// # Errors
/// When the file cannot be written, or there are not as many rows as the iterator says.
pub fn write_spacecraft_rows(
    path: &Path,
    times: Interval,
    rows: impl ExactSizeIterator<Item = NewSpacecraftRow>,
) -> Result<()> {
    let mut primary = Header::default();
    describe(&mut primary, times);
    primary.set("CREATOR", "roi-fit", "software creating this file");
    let mut table = Header::default();
    set_columns(&mut table, &COLUMNS);
    table.set("EXTNAME", "SC_DATA", "name of this binary table extension");
    describe(&mut table, times);
    let mut writer = FitsWriter::create(path)?;
    writer.empty_primary(&primary)?;
    let mut out = writer.rows(&table, ROW_BYTES, rows.len())?;
    for row in rows {
        write_row(&mut out, &row)?;
    }
    out.finish()?;
    writer.finish()
}

fn describe(header: &mut Header, (start, stop): (f64, f64)) {
    set_instrument(header);
    header.set("EQUINOX", 2000.0, "equinox for ra and dec");
    header.set("RADECSYS", "FK5", "world coord. system for this file (FK5 or FK4)");
    set_time_system(header);
    set_times(header, start, stop);
}

fn write_row(out: &mut RowWriter<'_>, new: &NewSpacecraftRow) -> Result<()> {
    let row = &new.row;
    let mut bytes = Vec::with_capacity(ROW_BYTES);
    let floats = |bytes: &mut Vec<u8>, values: &[f64]| {
        for value in values {
            #[expect(clippy::cast_possible_truncation, reason = "the format holds 32-bit floats")]
            bytes.extend((*value as f32).to_be_bytes());
        }
    };
    let [latitude, longitude, height] = new.geography;
    bytes.extend(row.start.to_be_bytes());
    bytes.extend(row.stop.to_be_bytes());
    floats(&mut bytes, &new.position);
    floats(&mut bytes, &[latitude, longitude]);
    bytes.extend(height.to_be_bytes());
    floats(&mut bytes, &row.zenith);
    floats(&mut bytes, &new.geomagnetic);
    bytes.push(if row.livetime > 0.0 { b'F' } else { b'T' });
    for direction in [row.z_axis, row.x_axis, new.orbital_pole] {
        floats(&mut bytes, &direction);
    }
    floats(&mut bytes, &[rock_angle(row)]);
    bytes.extend(SURVEY.to_be_bytes());
    bytes.push(1);
    bytes.extend(1i16.to_be_bytes());
    bytes.extend(row.livetime.to_be_bytes());
    for part in quaternion(row) {
        bytes.extend(part.to_be_bytes());
    }
    floats(&mut bytes, &new.sun);
    floats(&mut bytes, &new.velocity);
    out.write(&bytes)
}

/// `LAT_MODE` of the sky survey.
const SURVEY: i32 = 5;

/// The angle between z axis and zenith in degrees, positive where the axis is tilted to the north.
fn rock_angle(row: &SpacecraftRow) -> f64 {
    let cosine = dot(vector(row.z_axis), vector(row.zenith));
    cosine.clamp(-1.0, 1.0).acos().to_degrees().copysign(row.z_axis[1] - row.zenith[1])
}

/// The rotation from the spacecraft's axes to the equatorial frame as a quaternion, vector part first (Shepperd 1978, J. Guid. Control 1, 223).
fn quaternion(row: &SpacecraftRow) -> [f64; 4] {
    let (x, z) = (vector(row.x_axis), vector(row.z_axis));
    let y = [z[1] * x[2] - z[2] * x[1], z[2] * x[0] - z[0] * x[2], z[0] * x[1] - z[1] * x[0]];
    let trace = x[0] + y[1] + z[2];
    // Four times the square of each part; the largest is divided by.
    let squares = [1.0 + 2.0 * x[0] - trace, 1.0 + 2.0 * y[1] - trace, 1.0 + 2.0 * z[2] - trace, 1.0 + trace];
    let (differences, sums) = ([y[2] - z[1], z[0] - x[2], x[1] - y[0]], [y[2] + z[1], z[0] + x[2], x[1] + y[0]]);
    let parts = if squares[3] >= squares[0].max(squares[1]).max(squares[2]) {
        [differences[0], differences[1], differences[2], squares[3]]
    } else if squares[0] >= squares[1].max(squares[2]) {
        [squares[0], sums[2], sums[1], differences[0]]
    } else if squares[1] >= squares[2] {
        [sums[2], squares[1], sums[0], differences[1]]
    } else {
        [sums[1], sums[0], squares[2], differences[2]]
    };
    let length = parts.iter().map(|part| part * part).sum::<f64>().sqrt();
    parts.map(|part| part / length)
}

fn vector([ra, dec]: [f64; 2]) -> [f64; 3] {
    let ((sin_ra, cos_ra), (sin_dec, cos_dec)) = (ra.to_radians().sin_cos(), dec.to_radians().sin_cos());
    [cos_ra * cos_dec, sin_ra * cos_dec, sin_dec]
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A vector of the spacecraft in the equatorial frame, by the quaternion.
    fn rotated([i, j, k, w]: [f64; 4], v: [f64; 3]) -> [f64; 3] {
        let cross = |a: [f64; 3], b: [f64; 3]| {
            [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
        };
        let q = [i, j, k];
        let once = cross(q, v);
        let twice = cross(q, once);
        [0, 1, 2].map(|n| v[n] + 2.0 * (w * once[n] + twice[n]))
    }

    #[test]
    fn the_quaternion_turns_the_axes_of_the_spacecraft_to_where_they_point() {
        for (z, x) in [
            ([0.0, 90.0], [0.0, 0.0]),
            ([83.6, 22.0], [173.6, 0.0]),
            ([0.0, -90.0], [30.0, 0.0]),
            ([180.0, 0.0], [0.0, 90.0]),
            ([270.0, 0.0], [180.0, 0.0]),
            ([90.0, 0.0], [180.0, 0.0]),
        ] {
            let (start, stop, livetime) = (0.0, 30.0, 27.0);
            let row = SpacecraftRow { start, stop, livetime, z_axis: z, x_axis: x, zenith: z };
            let q = quaternion(&row);
            for (own, sky) in [([0.0, 0.0, 1.0], vector(z)), ([1.0, 0.0, 0.0], vector(x))] {
                for (found, expected) in rotated(q, own).iter().zip(sky) {
                    assert!((found - expected).abs() < 1e-12, "{z:?} {x:?}: {q:?}");
                }
            }
        }
    }
}
