//! Livetime cubes in the layout of gtltcube with all that their files hold: what is summed, and what is written.

use std::path::Path;

use lat_response::CosineBins;
use lat_response::{Frame, HealpixGrid, HealpixOrdering};
use ndarray::Array2;

use super::headers::{
    Cut, Interval, read_good_times, set_instrument, set_time_system, set_times, write_cuts, write_good_times,
};
use super::new::set_columns;
use super::photon_file::time_keyword;
use crate::error::{Error, Result};
use crate::fits::{Column, ColumnValues, FitsFile, FitsWriter, Hdu, Header};
use crate::tables::inputs::{self, INPUTS};

/// The two tables of a livetime cube.
const TABLES: [&str; 2] = ["EXPOSURE", "WEIGHTED_EXPOSURE"];

/// The largest `NSIDE` of a file that is read.
const LARGEST_NSIDE: i64 = 8192;

/// A livetime cube as its file holds it.
#[derive(Clone, Debug)]
pub struct LivetimeTable {
    /// The pixels: all of the sphere.
    pub pixels: HealpixGrid,
    /// Bins of the cosine of the inclination.
    pub bins: CosineBins,
    /// Bins of azimuth, 0 for none.
    pub azimuth_bins: usize,
    /// Seconds, `[pixel, bin]`: the cosine bins whatever the azimuth, then those of each bin of azimuth.
    pub livetime: Array2<f32>,
    /// The same weighted with the fraction of time that the instrument was live.
    pub weighted: Array2<f32>,
    /// The range of angles to the zenith that is counted, degrees; `(0, 180)` for all.
    pub zenith: (f64, f64),
    /// Good time intervals, s.
    pub good_times: Vec<Interval>,
    /// Begin and end (`TSTART`, `TSTOP`), s.
    pub times: Interval,
    /// A digest of what the cube is made from, if it is to be told.
    pub inputs: Option<String>,
}

impl LivetimeTable {
    /// Values a pixel.
    pub fn width(&self) -> usize {
        self.bins.n.saturating_mul(self.azimuth_bins.saturating_add(1))
    }
}

/// Writes a livetime cube: tables EXPOSURE, `WEIGHTED_EXPOSURE`, CTHETABOUNDS and GTI. The file appears whole or not at all; gzip when its
/// name ends in `.gz`.
///
/// # Errors
/// When the tables have not a row a pixel or not the bins that are told, or the file cannot be written.
pub fn write_livetime_table(path: &Path, table: &LivetimeTable) -> Result<()> {
    let expected = (table.pixels.n_pixels(), table.width());
    for (name, values) in TABLES.iter().zip([&table.livetime, &table.weighted]) {
        if values.dim() != expected {
            return Err(Error::Shape {
                path: path.to_owned(),
                hdu: format!("'{name}'"),
                found: format!("{:?}", values.dim()),
                expected: format!("{expected:?}, pixels and bins"),
            });
        }
    }
    let mut primary = described(table.times);
    primary.set("CREATOR", "roi-fit", "software creating this file");
    primary.set("VERSION", "1", "release version of the file");
    inputs::set(&mut primary, table.inputs.as_deref());
    let mut writer = FitsWriter::create(path)?;
    writer.empty_primary(&primary)?;
    for (name, values) in TABLES.iter().zip([&table.livetime, &table.weighted]) {
        write_times(&mut writer, name, table, values)?;
    }
    write_bounds(&mut writer, &table.bins, table.times)?;
    write_good_times(&mut writer, None, &table.good_times, table.times)?;
    writer.finish()
}

fn described((start, stop): Interval) -> Header {
    let mut header = Header::default();
    set_instrument(&mut header);
    header.set("EQUINOX", 2000.0, "equinox for ra and dec");
    header.set("RADECSYS", "FK5", "world coord. system for this file (FK5 or FK4)");
    set_times(&mut header, start, stop);
    set_time_system(&mut header);
    header
}

/// The header of one of the two tables.
fn times_header(name: &str, table: &LivetimeTable) -> Header {
    let mut header = Header::default();
    let form = format!("{}E", table.width());
    set_columns(&mut header, &[("COSBINS", form.as_str(), "s"), ("RA", "E", "deg"), ("DEC", "E", "deg")]);
    header.set("EXTNAME", name, "name of this binary table extension");
    header.extend(described(table.times).cards().iter().cloned());
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    header.set("PIXTYPE", "HEALPIX", "kind of pixels");
    let nested = table.pixels.ordering() == HealpixOrdering::Nested;
    header.set("ORDERING", if nested { "NESTED" } else { "RING" }, "NESTED or RING");
    let celestial = table.pixels.frame() == Frame::Celestial;
    header.set("COORDSYS", if celestial { "EQU" } else { "GAL" }, "EQU equatorial, GAL galactic");
    header.set("NSIDE", i64::from(table.pixels.nside()), "pixels along a side of a base pixel");
    header.set("FIRSTPIX", 0, "first pixel index");
    header.set("LASTPIX", count(table.pixels.n_pixels()) - 1, "last pixel index");
    let binning = if table.bins.square_root { "SQRT(1-COSTHETA)" } else { "COSTHETA" };
    header.set("THETABIN", binning, "costheta binning scheme");
    header.set("NBRBINS", count(table.bins.n), "number of costheta bins");
    header.set("COSMIN", table.bins.minimum, "minimum costheta value");
    header.set("PHIBINS", count(table.azimuth_bins), "number of phi bins");
    write_cuts(&mut header, &[Cut::GoodTimes]);
    if table.zenith != (0.0, 180.0) {
        header.set("ZENMAX", table.zenith.1, "largest zenith angle (deg)");
        header.set("ZENMIN", table.zenith.0, "smallest zenith angle (deg)");
    }
    header
}

fn write_times(writer: &mut FitsWriter, name: &str, table: &LivetimeTable, values: &Array2<f32>) -> Result<()> {
    let row_bytes = 4 * (table.width() + 2);
    let mut rows = writer.rows(&times_header(name, table), row_bytes, table.pixels.n_pixels())?;
    let mut bytes = Vec::with_capacity(row_bytes);
    for (pixel, times) in values.outer_iter().enumerate() {
        bytes.clear();
        times.iter().for_each(|time| bytes.extend(time.to_be_bytes()));
        // Every pixel of the sphere has a centre.
        let center = table.pixels.direction_of(pixel).map_or([0.0; 2], |center| [center.ra(), center.dec()]);
        for angle in center {
            #[expect(clippy::cast_possible_truncation, reason = "the format holds 32-bit floats")]
            bytes.extend((angle as f32).to_be_bytes());
        }
        rows.write(&bytes)?;
    }
    rows.finish()
}

fn write_bounds(writer: &mut FitsWriter, bins: &CosineBins, times: Interval) -> Result<()> {
    let edge = |bin: usize| {
        let part = bin as f64 / bins.n as f64;
        #[expect(clippy::cast_possible_truncation, reason = "the format holds 32-bit floats")]
        let edge = (1.0 - (if bins.square_root { part * part } else { part }) * (1.0 - bins.minimum)) as f32;
        edge
    };
    let column = |name: &str, values| Column { name: name.into(), unit: String::new(), values };
    let columns = [
        column("CTHETA_MIN", ColumnValues::Float((1..=bins.n).map(edge).collect())),
        column("CTHETA_MAX", ColumnValues::Float((0..bins.n).map(edge).collect())),
    ];
    writer.table("CTHETABOUNDS", &described(times), &columns)
}

/// Reads a livetime cube of the whole sphere with all that its file holds, plain or gzip.
///
/// # Errors
/// When the file is missing or damaged, lacks a table, its keywords do not tell pixels and bins or contradict the tables, or it holds
/// times that cannot be.
///
/// ```no_run
/// let livetime = lat_io::read_livetime_table("ltcube_00.fits".as_ref())?;
/// println!("{} s of good time", livetime.good_times.iter().map(|(start, stop)| stop - start).sum::<f64>());
/// # Ok::<(), lat_io::Error>(())
/// ```
pub fn read_livetime_table(path: &Path) -> Result<LivetimeTable> {
    let file = FitsFile::open(path)?;
    let hdu = file.table(TABLES[0])?;
    let keywords = Keywords { file: &file, hdu };
    let (pixels, bins, azimuth_bins) = (keywords.pixels()?, keywords.bins()?, keywords.count("PHIBINS", 0)?);
    let width = bins.n.saturating_mul(azimuth_bins.saturating_add(1));
    let mut tables = Vec::with_capacity(2);
    for name in TABLES {
        tables.push(times(&file, file.table(name)?, (pixels.n_pixels(), width))?);
    }
    let (Some(weighted), Some(livetime)) = (tables.pop(), tables.pop()) else {
        return Err(keywords.wrong("EXTNAME", "EXPOSURE and WEIGHTED_EXPOSURE"));
    };
    let zenith = (keywords.degrees("ZENMIN", 0.0)?, keywords.degrees("ZENMAX", 180.0)?);
    let good_times = read_good_times(&file)?;
    let times = (time_keyword(&file, hdu, "TSTART")?, time_keyword(&file, hdu, "TSTOP")?);
    let inputs = file.primary()?.header().text(INPUTS).map(str::to_owned);
    Ok(LivetimeTable { pixels, bins, azimuth_bins, livetime, weighted, zenith, good_times, times, inputs })
}

fn times(file: &FitsFile, hdu: &Hdu, (rows, width): (usize, usize)) -> Result<Array2<f32>> {
    const COLUMN: &str = "COSBINS";
    let found = (hdu.table_rows().unwrap_or(0), file.column_repeat(hdu, COLUMN)?);
    if found != (rows, width) {
        return Err(Error::Shape {
            path: file.path().to_owned(),
            hdu: hdu.label(),
            found: format!("{} rows of {} values", found.0, found.1),
            expected: format!("{rows} rows of {width} values, as NSIDE, NBRBINS and PHIBINS tell"),
        });
    }
    let values = file.read_column(hdu, COLUMN)?;
    if let Some(index) = values.iter().position(|time| !(time.is_finite() && *time >= 0.0)) {
        return Err(Error::Column {
            path: file.path().to_owned(),
            hdu: hdu.label(),
            column: COLUMN.into(),
            reason: format!("row {} holds {}, expected seconds of at least 0", index / width + 1, values[index]),
        });
    }
    #[expect(clippy::cast_possible_truncation, reason = "the format holds 32-bit floats")]
    let values = values.into_iter().map(|time| time as f32).collect();
    Array2::from_shape_vec((rows, width), values).map_err(|error| Error::Shape {
        path: file.path().to_owned(),
        hdu: hdu.label(),
        found: error.to_string(),
        expected: format!("{rows} rows of {width} values"),
    })
}

/// The keywords of a table of a livetime cube.
struct Keywords<'a> {
    file: &'a FitsFile,
    hdu: &'a Hdu,
}

impl Keywords<'_> {
    fn pixels(&self) -> Result<HealpixGrid> {
        let text = |keyword: &str| self.hdu.header().text(keyword).map(|text| text.trim().to_ascii_uppercase());
        let ordering = match text("ORDERING").as_deref() {
            Some("NESTED" | "NEST") => HealpixOrdering::Nested,
            Some("RING") => HealpixOrdering::Ring,
            _ => return Err(self.wrong("ORDERING", "NESTED or RING")),
        };
        let frame = match text("COORDSYS").as_deref() {
            Some("EQU" | "CEL" | "C") => Frame::Celestial,
            Some("GAL" | "G") => Frame::Galactic,
            _ => return Err(self.wrong("COORDSYS", "EQU or GAL")),
        };
        let nside = self.hdu.header().integer("NSIDE").filter(|nside| (1..=LARGEST_NSIDE).contains(nside));
        let nside = nside.and_then(|nside| u32::try_from(nside).ok());
        let nside = nside.ok_or_else(|| self.wrong("NSIDE", "a whole number from 1 to 8192"))?;
        let grid = HealpixGrid::new(nside, ordering, frame);
        grid.map_err(|error| Error::map(self.file.path(), self.hdu.label(), error))
    }

    fn bins(&self) -> Result<CosineBins> {
        let n = self.count("NBRBINS", 1)?;
        let minimum = self.hdu.header().real("COSMIN").filter(|minimum| (-1.0..1.0).contains(minimum));
        let minimum = minimum.ok_or_else(|| self.wrong("COSMIN", "the least cosine, at least -1 and below 1"))?;
        let square_root = match self.hdu.header().text("THETABIN").map(str::trim) {
            Some("SQRT(1-COSTHETA)") => true,
            Some("COSTHETA") => false,
            _ => return Err(self.wrong("THETABIN", "SQRT(1-COSTHETA) or COSTHETA")),
        };
        Ok(CosineBins { n, minimum, square_root })
    }

    /// A number of bins; without the keyword the least one, if that is 0.
    fn count(&self, keyword: &str, least: usize) -> Result<usize> {
        if least == 0 && self.hdu.header().get(keyword).is_none() {
            return Ok(0);
        }
        let count = self.hdu.header().integer(keyword).and_then(|n| usize::try_from(n).ok());
        count
            .filter(|n| (least..=10_000).contains(n))
            .ok_or_else(|| self.wrong(keyword, "a number of bins up to 10000"))
    }

    fn degrees(&self, keyword: &str, default: f64) -> Result<f64> {
        if self.hdu.header().get(keyword).is_none() {
            return Ok(default);
        }
        let angle = self.hdu.header().real(keyword).filter(|angle| (0.0..=180.0).contains(angle));
        angle.ok_or_else(|| self.wrong(keyword, "an angle from 0 to 180 degrees"))
    }

    fn wrong(&self, keyword: &str, expected: &'static str) -> Error {
        let found = self.hdu.header().get(keyword).map_or_else(|| "missing".to_owned(), ToString::to_string);
        let (path, hdu) = (self.file.path().to_owned(), self.hdu.label());
        Error::Keyword { path, hdu, keyword: keyword.to_owned(), found, expected }
    }
}
