//! Writing what photons are binned to, with the headers of gtbin: counts cubes and maps, light curves.

use std::path::Path;

use lat_response::WcsHeader;
use lat_response::{HealpixGrid, SkyGrid};
use likelihood_core::{CountsCube, EnergyAxis};

use super::headers::{Cut, Interval, set_instrument, set_time_system, set_times, write_cuts, write_good_times};
use crate::error::{Error, Result};
use crate::fits::{Column, ColumnValues, FitsWriter, Header};
use crate::tables::{energy_bounds, healpix, inputs, wcs_header};

const CREATOR: &str = "roi-fit";

/// What the headers of a binned product tell of the photons.
#[derive(Clone, Debug, PartialEq)]
pub struct BinnedHeader {
    /// The cuts that the photons have passed.
    pub cuts: Vec<Cut>,
    /// Good time intervals, s.
    pub good_times: Vec<Interval>,
    /// Begin and end of the observation, s.
    pub times: Interval,
    /// Livetime within the good times, s; `None` where no spacecraft file told it.
    pub exposure: Option<f64>,
    /// A digest of what the product is made from, if it is to be told.
    pub inputs: Option<String>,
}

/// A light curve as gtbin writes it, a number a bin in each list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LightCurveTable {
    /// Middle of the bin, s of mission time.
    pub time: Vec<f64>,
    /// Its length, s.
    pub width: Vec<f64>,
    /// Photons.
    pub counts: Vec<i32>,
    /// Statistical error of the counts.
    pub error: Vec<f32>,
}

/// Writes a counts cube: whole numbers in the primary HDU, or table SKYMAP for HEALPix pixels; energies and good times behind it.
/// Energies are stored as gtbin stores them, in 32-bit keV. The file appears whole or not at all; gzip when its name ends in `.gz`.
///
/// # Errors
/// When cube and grid have different pixels, a count is no whole number of 32 bits, or the file cannot be written.
pub fn write_binned_cube(path: &Path, grid: &SkyGrid, cube: &CountsCube, told: &BinnedHeader) -> Result<()> {
    let (bins, ny, nx) = cube.counts().dim();
    check_shape(path, [ny, nx], grid.shape())?;
    let mut writer = FitsWriter::create(path)?;
    match grid {
        SkyGrid::Wcs(wcs) => {
            let header = image_header(path, wcs.header(), Some(cube.axis()), told);
            writer.integer_primary(&header, &[nx, ny, bins], &whole(path, cube.counts().iter())?)?;
        }
        SkyGrid::Healpix(pixels) => write_pixels(&mut writer, pixels, cube, told)?,
        other => return Err(unwritable(path, format!("pixels of an unknown kind: {other:?}"))),
    }
    energy_bounds::write(&mut writer, cube.axis())?;
    write_good_times(&mut writer, Some(&good_times_header(told)), &told.good_times, told.times)?;
    writer.finish()
}

/// Writes a counts map of all energies together: whole numbers in the primary HDU, `[y, x]` with x the fastest, and the good times behind
/// it.
///
/// # Errors
/// When there is not a count a pixel, a count is no whole number of 32 bits, or the file cannot be written.
pub fn write_binned_map(path: &Path, wcs: &WcsHeader, counts: &[f32], told: &BinnedHeader) -> Result<()> {
    check_shape(path, [counts.len(), 1], [wcs.nx.saturating_mul(wcs.ny), 1])?;
    let mut writer = FitsWriter::create(path)?;
    let header = image_header(path, wcs, None, told);
    writer.integer_primary(&header, &[wcs.nx, wcs.ny], &whole(path, counts.iter())?)?;
    write_good_times(&mut writer, Some(&good_times_header(told)), &told.good_times, told.times)?;
    writer.finish()
}

/// Writes a light curve: table RATE, and the good times behind it.
///
/// # Errors
/// When the lists differ in length, or the file cannot be written.
pub fn write_light_curve(path: &Path, curve: &LightCurveTable, told: &BinnedHeader) -> Result<()> {
    let mut primary = described(told);
    name_file(&mut primary, path);
    inputs::set(&mut primary, told.inputs.as_deref());
    let mut header = described(told);
    for (keyword, value) in [
        ("HDUCLASS", "OGIP"),
        ("HDUCLAS1", "LIGHTCURVE"),
        ("HDUCLAS2", "TOTAL"),
        ("HDUCLAS3", "COUNT"),
        ("HDUVERS", "1.2.0"),
        ("FILTER", "NONE"),
        ("RADECSYS", "FK5"),
    ] {
        header.set(keyword, value, "");
    }
    if let Some(exposure) = told.exposure {
        header.set("EXPOSURE", exposure, "livetime within the good times (s)");
    }
    write_cuts(&mut header, &told.cuts);
    let column = |name: &str, unit: &str, values| Column { name: name.into(), unit: unit.into(), values };
    let columns = [
        column("TIME", "s", ColumnValues::Double(curve.time.clone())),
        column("TIMEDEL", "s", ColumnValues::Double(curve.width.clone())),
        column("COUNTS", "Counts", ColumnValues::Int(curve.counts.clone())),
        column("ERROR", "", ColumnValues::Float(curve.error.clone())),
    ];
    let mut writer = FitsWriter::create(path)?;
    writer.empty_primary(&primary)?;
    writer.table("RATE", &header, &columns)?;
    write_good_times(&mut writer, Some(&good_times_header(told)), &told.good_times, told.times)?;
    writer.finish()
}

/// Table SKYMAP behind a primary HDU without data.
fn write_pixels(writer: &mut FitsWriter, grid: &HealpixGrid, cube: &CountsCube, told: &BinnedHeader) -> Result<()> {
    let path = writer.path().to_owned();
    let mut primary = described(told);
    name_file(&mut primary, &path);
    write_cuts(&mut primary, &told.cuts);
    inputs::set(&mut primary, told.inputs.as_deref());
    writer.empty_primary(&primary)?;
    let mut header = described(told);
    healpix::write_grid(grid, &mut header);
    header.set("HPX_CONV", "FGST_CCUBE", "layout of the table");
    write_cuts(&mut header, &told.cuts);
    let planes = cube.counts().as_slice().unwrap_or_default().chunks(grid.n_pixels());
    let wide = |plane: &[f32]| ColumnValues::Double(plane.iter().copied().map(f64::from).collect());
    let columns =
        healpix::columns(grid, "CHANNEL", "", planes.map(wide)).map_err(|reason| unwritable(&path, reason))?;
    writer.table(healpix::SKYMAP, &header, &columns)
}

fn image_header(path: &Path, wcs: &WcsHeader, axis: Option<&EnergyAxis>, told: &BinnedHeader) -> Header {
    let mut header = Header::default();
    wcs_header::write(wcs, &mut header);
    if let Some([first, second, ..]) = axis.map(EnergyAxis::edges) {
        header.set("CTYPE3", "Energy", "energy axis");
        header.set("CRPIX3", 1, "reference plane");
        header.set("CRVAL3", *first, "energy at the reference plane");
        header.set("CDELT3", second - first, "width of the first bin");
        header.set("CUNIT3", "MeV", "unit of the energy axis");
    }
    name_file(&mut header, path);
    header.extend(described(told).cards().iter().cloned());
    write_cuts(&mut header, &told.cuts);
    inputs::set(&mut header, told.inputs.as_deref());
    header
}

/// What all HDUs tell: instrument, times, maker.
fn described(told: &BinnedHeader) -> Header {
    let mut header = Header::default();
    set_instrument(&mut header);
    set_times(&mut header, told.times.0, told.times.1);
    set_time_system(&mut header);
    header.set("EQUINOX", 2000.0, "equinox of RA and DEC");
    header.set("CREATOR", CREATOR, "software creating this file");
    header
}

fn good_times_header(told: &BinnedHeader) -> Header {
    let mut header = described(told);
    header.set("HDUCLASS", "OGIP", "format conforms to OGIP standard");
    header.set("HDUCLAS1", "GTI", "contains good time intervals");
    if let Some(exposure) = told.exposure {
        header.set("EXPOSURE", exposure, "livetime within the good times (s)");
    }
    header
}

fn name_file(header: &mut Header, path: &Path) {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if name.chars().all(|c| (' '..='~').contains(&c)) {
        header.set("FILENAME", name.as_str(), "name of this file");
    }
}

fn whole<'a>(path: &Path, counts: impl Iterator<Item = &'a f32>) -> Result<Vec<i32>> {
    /// The largest count below which every whole number is a 32-bit float.
    const LARGEST: f32 = 16_777_216.0;
    counts
        .map(|&count| {
            if count.fract() == 0.0 && (0.0..=LARGEST).contains(&count) {
                #[expect(clippy::cast_possible_truncation, reason = "a whole number of at most 2^24")]
                return Ok(count as i32);
            }
            Err(unwritable(path, format!("a count of {count}, expected whole numbers up to {LARGEST}")))
        })
        .collect()
}

fn check_shape(path: &Path, found: [usize; 2], expected: [usize; 2]) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(Error::Shape {
        path: path.to_owned(),
        hdu: "'PRIMARY'".into(),
        found: format!("{} x {} pixels", found[1], found[0]),
        expected: format!("{} x {} pixels, as in the grid on the sky", expected[1], expected[0]),
    })
}

fn unwritable(path: &Path, reason: String) -> Error {
    Error::Unwritable { path: path.to_owned(), hdu: "of the counts".into(), what: "the counts".into(), reason }
}
