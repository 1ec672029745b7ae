//! Counts cubes in the layout of gtbin: CCUBE, counts in the primary HDU, or HEALPIX, counts in table SKYMAP; energies in EBOUNDS, times in
//! GTI.

use std::path::Path;

use lat_response::{HealpixGrid, SkyGrid};
use likelihood_core::{CountsCube, EnergyAxis};
use ndarray::Array3;

use crate::error::{Error, Result};
use crate::fits::{ColumnValues, FitsFile, FitsWriter, Hdu, Header};
use crate::tables::energy_bounds;
use crate::tables::good_time;
use crate::tables::healpix;
use crate::tables::wcs_header;
use lat_response::WcsHeader;

/// A counts cube with its place on the sky and in time.
#[derive(Clone, Debug, PartialEq)]
pub struct CountsCubeFile {
    /// Counts, shape `[energy bin, y, x]`, or `[energy bin, 1, pixel]` for HEALPix pixels, and the energy axis in MeV.
    pub cube: CountsCube,
    /// The pixels on the sky.
    pub grid: SkyGrid,
    /// Good time intervals (start, stop) in mission elapsed seconds; empty when the file has none.
    pub gti: Vec<(f64, f64)>,
}

/// Reads a counts cube, plain or gzip, in a projection or in HEALPix pixels. Source map files, which hold a counts cube, are read as well.
///
/// # Errors
/// When the file is missing, damaged or no counts cube, or holds counts or energies that cannot be.
///
/// ```no_run
/// let counts = lat_io::read_counts_cube("ccube_00.fits".as_ref())?;
/// println!("{} counts in {} energy bins", counts.cube.total(), counts.cube.axis().n_bins());
/// # Ok::<(), lat_io::Error>(())
/// ```
pub fn read_counts_cube(path: &Path) -> Result<CountsCubeFile> {
    let file = FitsFile::open(path)?;
    let (hdu, grid) = read_grid(&file)?;
    let counts = read_counts(&file, hdu, &grid)?;
    let axis = energy_bounds::read(&file)?;
    let gti = good_time::read(&file)?;
    let cube = CountsCube::new(axis, counts).map_err(|source| Error::data(path, hdu.label(), source))?;
    Ok(CountsCubeFile { cube, grid, gti })
}

/// The HDU of the counts and its pixels.
pub(crate) fn read_grid(file: &FitsFile) -> Result<(&Hdu, SkyGrid)> {
    if let Some(hdu) = healpix::table(file) {
        let grid = healpix::read_grid(file, hdu)?;
        healpix::check_rows(file, hdu, grid.n_pixels())?;
        return Ok((hdu, SkyGrid::Healpix(grid)));
    }
    let hdu = file.primary()?;
    let grid = SkyGrid::wcs(wcs_header::read(file, hdu)?);
    Ok((hdu, grid.map_err(|source| Error::map(file.path(), hdu.label(), source))?))
}

/// The counts of the HDU of [`read_grid`], `[energy bin, y, x]`.
pub(crate) fn read_counts(file: &FitsFile, hdu: &Hdu, grid: &SkyGrid) -> Result<Array3<f32>> {
    match grid {
        SkyGrid::Healpix(grid) => Ok(healpix::read_planes(file, hdu, grid.n_pixels())?.insert_axis(ndarray::Axis(1))),
        _ => file.read_cube_f32(hdu),
    }
}

/// Writes a counts cube; gzip when the name ends in `.gz`. The file appears whole or not at all.
///
/// Energy edges are stored as gtbin stores them, in 32-bit keV: they come back with a relative precision of 6e-8.
///
/// # Errors
/// When cube and grid have different pixels, or the file cannot be written.
pub fn write_counts_cube(path: &Path, counts: &CountsCubeFile) -> Result<()> {
    let mut writer = FitsWriter::create(path)?;
    write_counts(&mut writer, counts, "ccube")?;
    energy_bounds::write(&mut writer, counts.cube.axis())?;
    good_time::write(&mut writer, &counts.gti)?;
    writer.finish()
}

/// Writes the counts: the primary HDU, or table SKYMAP behind an empty one.
pub(crate) fn write_counts(writer: &mut FitsWriter, counts: &CountsCubeFile, product: &str) -> Result<()> {
    let (_, ny, nx) = counts.cube.counts().dim();
    let expected = counts.grid.shape();
    if [ny, nx] != expected {
        return Err(Error::Shape {
            path: writer.path().to_owned(),
            hdu: "'PRIMARY'".into(),
            found: format!("{nx} x {ny} pixels"),
            expected: format!("{} x {} pixels, as in the grid on the sky", expected[1], expected[0]),
        });
    }
    let creator = format!("roi-fit {product}");
    match &counts.grid {
        SkyGrid::Healpix(grid) => write_table(writer, counts, grid, &creator),
        SkyGrid::Wcs(grid) => {
            let mut header = image_header(grid.header(), counts.cube.axis());
            header.set("CREATOR", creator.as_str(), "software creating this file");
            writer.image(&header, counts.cube.counts())
        }
        other => Err(unwritable(writer, &format!("pixels of an unknown kind: {other:?}"))),
    }
}

fn write_table(writer: &mut FitsWriter, counts: &CountsCubeFile, grid: &HealpixGrid, creator: &str) -> Result<()> {
    let mut header = table_header(grid);
    header.set("HPX_CONV", "FGST_CCUBE", "layout of the table");
    header.set("CREATOR", creator, "software creating this file");
    let planes = counts.cube.counts().outer_iter();
    let values = planes.map(|plane| ColumnValues::Double(plane.iter().copied().map(f64::from).collect()));
    let columns = healpix::columns(grid, "CHANNEL", "", values).map_err(|reason| unwritable(writer, &reason))?;
    writer.table(healpix::SKYMAP, &header, &columns)
}

fn unwritable(writer: &FitsWriter, reason: &str) -> Error {
    Error::Unwritable {
        path: writer.path().to_owned(),
        hdu: format!("'{}'", healpix::SKYMAP),
        what: "pixels".into(),
        reason: reason.to_owned(),
    }
}

/// The keywords of a table of HEALPix pixels.
pub(crate) fn table_header(grid: &HealpixGrid) -> Header {
    let mut header = Header::default();
    healpix::write_grid(grid, &mut header);
    instrument(&mut header);
    header
}

/// The keywords of an image over pixels and energies.
pub(crate) fn image_header(wcs: &WcsHeader, axis: &EnergyAxis) -> Header {
    let mut header = Header::default();
    wcs_header::write(wcs, &mut header);
    header.set("CTYPE3", "Energy", "energy axis");
    header.set("CRPIX3", 1.0, "reference plane");
    if let [first, second, ..] = axis.edges() {
        header.set("CRVAL3", *first, "energy at the reference plane");
        header.set("CDELT3", second - first, "width of the first bin");
    }
    header.set("CUNIT3", "MeV", "unit of the energy axis");
    instrument(&mut header);
    header.set("EQUINOX", 2000.0, "equinox of RA and DEC");
    header
}

fn instrument(header: &mut Header) {
    header.set("TELESCOP", "GLAST", "name of telescope generating data");
    header.set("INSTRUME", "LAT", "name of instrument generating data");
}
