//! Writing a spacecraft file (FT2) in the layout of the data server.

use std::path::Path;

use super::new_photons::set_columns;
use crate::error::Result;
use crate::events::headers::{set_instrument, set_time_system, set_times};
use crate::events::spacecraft_file::SpacecraftRow;
use crate::fits::{FitsWriter, Header, RowWriter};

/// Name, format and unit of each column that [`write_new_spacecraft`] fills. The others of the data server (position, geomagnetic values,
/// quaternion, Sun, velocity) are left out: nothing here can tell them.
const COLUMNS: [(&str, &str, &str); 13] = [
    ("START", "D", "s"),
    ("STOP", "D", "s"),
    ("RA_ZENITH", "E", "deg"),
    ("DEC_ZENITH", "E", "deg"),
    ("IN_SAA", "L", ""),
    ("RA_SCZ", "E", "deg"),
    ("DEC_SCZ", "E", "deg"),
    ("RA_SCX", "E", "deg"),
    ("DEC_SCX", "E", "deg"),
    ("ROCK_ANGLE", "E", "deg"),
    ("LAT_CONFIG", "B", ""),
    ("DATA_QUAL", "I", ""),
    ("LIVETIME", "D", "s"),
];

const ROW_BYTES: usize = 56;

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
    rows.iter().try_for_each(|row| write_row(&mut out, row))?;
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

fn write_row(out: &mut RowWriter<'_>, row: &SpacecraftRow) -> Result<()> {
    let mut bytes = Vec::with_capacity(ROW_BYTES);
    let float = |bytes: &mut Vec<u8>, value: f64| {
        #[expect(clippy::cast_possible_truncation, reason = "the format holds 32-bit floats")]
        bytes.extend((value as f32).to_be_bytes());
    };
    bytes.extend(row.start.to_be_bytes());
    bytes.extend(row.stop.to_be_bytes());
    row.zenith.iter().for_each(|value| float(&mut bytes, *value));
    bytes.push(if row.livetime > 0.0 { b'F' } else { b'T' });
    row.z_axis.iter().chain(&row.x_axis).for_each(|value| float(&mut bytes, *value));
    float(&mut bytes, rock_angle(row));
    bytes.push(1);
    bytes.extend(1i16.to_be_bytes());
    bytes.extend(row.livetime.to_be_bytes());
    out.write(&bytes)
}

/// The angle between z axis and zenith in degrees, positive where the axis is tilted to the north.
fn rock_angle(row: &SpacecraftRow) -> f64 {
    let vector = |[ra, dec]: [f64; 2]| {
        let ((sin_ra, cos_ra), (sin_dec, cos_dec)) = (ra.to_radians().sin_cos(), dec.to_radians().sin_cos());
        [cos_ra * cos_dec, sin_ra * cos_dec, sin_dec]
    };
    let (z, zenith) = (vector(row.z_axis), vector(row.zenith));
    let cosine: f64 = z.iter().zip(zenith).map(|(a, b)| a * b).sum();
    cosine.clamp(-1.0, 1.0).acos().to_degrees().copysign(row.z_axis[1] - row.zenith[1])
}
