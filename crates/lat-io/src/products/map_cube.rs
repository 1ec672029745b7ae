//! Maps over the sky: diffuse templates (`MapCubeFunction`), spatial templates (`SpatialMap`), weights.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use lat_response::{MapIntegral, SkyCube, SkyGrid, SkyPlanes, WcsGrid};
use likelihood_core::EnergyAxis;
use ndarray::Array2;

use crate::error::{Error, Result};
use crate::fits::{ColumnValues, FileSize, FitsFile, FitsWriter, Hdu, Header};
use crate::tables::energies;
use crate::tables::energy_bounds;
use crate::tables::healpix;
use crate::tables::inputs;
use crate::tables::wcs_header;

/// Reads a map: an image of 2 axes (one plane, energy 1 MeV when the file states none) or 3, or a table of HEALPix pixels with a column a
/// plane; and a table ENERGIES (or gammapy's EBOUNDS) whose column Energy gives the energy of each plane, in MeV unless it states another
/// unit. Pixels that lie off the projection are 0,
/// whatever the file has there.
///
/// # Errors
/// When the file is missing or damaged, there is no image, or projection, pixels or energies cannot be.
///
/// ```no_run
/// let diffuse = lat_io::read_map_cube("gll_iem_v07.fits".as_ref())?;
/// println!("{} planes of {} pixels", diffuse.energies().len(), diffuse.grid().n_pixels());
/// # Ok::<(), lat_io::Error>(())
/// ```
pub fn read_map_cube(path: &Path) -> Result<SkyCube> {
    Ok(read_named(path)?.1)
}

/// The HDU of the planes and the map.
pub(crate) fn read_named(path: &Path) -> Result<(String, SkyCube)> {
    read_open(&FitsFile::open(path)?)
}

fn read_open(file: &FitsFile) -> Result<(String, SkyCube)> {
    let path = file.path();
    let (hdu, grid, planes) = read_planes(file)?;
    let energies = energies::read(file, planes.nrows())?;
    let cube = SkyCube::new(file_name(path), grid, energies, planes);
    Ok((hdu.label(), cube.map_err(|source| Error::map(path, hdu.label(), source))?))
}

/// Opens a map as [`read_map_cube`] does, but reads an image plane by plane when asked for, so that a cube of any number of planes takes the memory of one.
/// HEALPix pixels are read at once; so are the bytes of a gzip file.
///
/// # Errors
/// As [`read_map_cube`], but for values that are not finite: these end the reading of their plane.
pub fn open_map_cube(path: &Path) -> Result<Arc<dyn SkyPlanes>> {
    let file = FitsFile::open(path)?;
    if healpix::table(&file).is_some() {
        return Ok(Arc::new(read_open(&file)?.1));
    }
    let (hdu, grid, n_planes) = image(&file)?;
    let energies = energies::read(&file, n_planes)?;
    // Checks the energies.
    let checked = MapIntegral::from_planes(file_name(path), energies, vec![0.0; n_planes]);
    let energies = checked.map_err(|source| Error::map(path, hdu.label(), source))?.energies().to_vec();
    let hdu = hdu.index();
    Ok(Arc::new(MapFile { name: file_name(path), file, hdu, grid: SkyGrid::Wcs(grid), energies }))
}

/// What a map takes in memory, told from its headers, before it is read.
#[derive(Clone, Debug)]
pub struct MapFileSize {
    /// Its pixels; `None` for a gzip file, whose headers are not known before it is inflated.
    pub grid: Option<SkyGrid>,
    /// Bytes of all planes in single precision, at most.
    pub planes: usize,
    /// Bytes as long as it is open: the planes of HEALPix pixels, or the inflated file.
    pub held: usize,
    /// More bytes while it is opened.
    pub opening: usize,
}

/// What a map takes in memory that [`open_map_cube`] opens.
///
/// # Errors
/// As [`open_map_cube`].
pub fn map_cube_size(path: &Path) -> Result<MapFileSize> {
    let size = FileSize::of(path)?;
    if let Some(beginning) = &size.gzip {
        let is_healpix = beginning.windows(HEALPIX.len()).any(|window| window == HEALPIX);
        // The inflated file and the columns are gone when the planes are there.
        let opening = if is_healpix { 2 * size.bytes } else { 0 };
        return Ok(MapFileSize { grid: None, planes: size.bytes, held: size.bytes, opening });
    }
    let file = FitsFile::open(path)?;
    if let Some(hdu) = healpix::table(&file) {
        let grid = healpix::read_grid(&file, hdu)?;
        return Ok(MapFileSize {
            grid: Some(SkyGrid::Healpix(grid)),
            planes: size.bytes,
            held: size.bytes,
            opening: 2 * size.bytes,
        });
    }
    let (_, grid, n_planes) = image(&file)?;
    let planes = grid.n_pixels().saturating_mul(n_planes).saturating_mul(4);
    Ok(MapFileSize { grid: Some(SkyGrid::Wcs(grid)), planes, held: 0, opening: 0 })
}

/// How the header of a table of HEALPix pixels is known in a gzip file.
const HEALPIX: &[u8] = b"PIXTYPE = 'HEALPIX";

/// An image of planes that stay in their file.
#[derive(Debug)]
struct MapFile {
    name: String,
    file: FitsFile,
    hdu: usize,
    grid: SkyGrid,
    energies: Vec<f64>,
}

impl SkyPlanes for MapFile {
    fn what(&self) -> &str {
        &self.name
    }

    fn grid(&self) -> &SkyGrid {
        &self.grid
    }

    fn energies(&self) -> &[f64] {
        &self.energies
    }

    fn plane(&self, index: usize) -> lat_response::Result<Cow<'_, [f32]>> {
        let unreadable = |reason: String| lat_response::Error::Template { file: self.name.clone(), reason };
        let hdu = self.file.hdus().get(self.hdu).ok_or_else(|| unreadable("no image".into()))?;
        let mut values = self.file.read_plane_f32(hdu, index).map_err(|error| unreadable(error.to_string()))?;
        for (pixel, value) in values.iter_mut().enumerate() {
            // Some programs write NaN off the projection.
            if value.is_nan() && self.grid.direction(pixel).is_none() {
                *value = 0.0;
            }
            if !value.is_finite() {
                let what = format!("{}, plane {index}, pixel {pixel}", self.name);
                let value = f64::from(*value);
                return Err(lat_response::Error::BadValue { what, value, expected: "a finite number" });
            }
        }
        Ok(Cow::Owned(values))
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// The integral of a map over the sky, see [`SkyCube::integral`]. An image is read plane by plane, so that a cube of any number of planes takes
/// the memory of few.
///
/// # Errors
/// As [`read_map_cube`].
pub fn map_cube_integral(path: &Path) -> Result<MapIntegral> {
    let file = FitsFile::open(path)?;
    if healpix::table(&file).is_some() {
        return Ok(read_open(&file)?.1.integral());
    }
    let (hdu, grid, n_planes) = image(&file)?;
    let energies = energies::read(&file, n_planes)?;
    let solid_angles: Vec<f64> = (0..grid.n_pixels()).map(|pixel| grid.solid_angle(pixel)).collect();
    let mut sums = Vec::with_capacity(n_planes);
    for plane in 0..n_planes {
        let values = file.read_plane_f32(hdu, plane)?;
        // Off the projection some programs write NaN, and no pixel has a solid angle.
        let terms = values.iter().zip(&solid_angles).filter(|(value, angle)| !value.is_nan() || **angle != 0.0);
        sums.push(terms.map(|(&value, angle)| f64::from(value) * angle).sum());
    }
    MapIntegral::from_planes(file_name(path), energies, sums).map_err(|source| Error::map(path, hdu.label(), source))
}

/// Writes a map as [`read_map_cube`] takes it: an image, or a table SKYMAP of HEALPix pixels; gzip when the name ends in `.gz`. `unit` is that of the
/// pixels, empty for none. The file appears whole or not at all.
///
/// # Errors
/// When the file cannot be written.
pub fn write_map_cube(path: &Path, cube: &SkyCube, unit: &str) -> Result<()> {
    write_map_table(
        path,
        cube,
        unit,
        &MapLayout { table: healpix::SKYMAP, layout: "FGST_TEMPLATE", inputs: None, bins: None },
    )
}

/// Writes a map of energy bins, as [`write_map_cube`] does, with their edges in a table EBOUNDS; the energies of the planes are those that the map
/// has.
///
/// # Errors
/// When the file cannot be written.
pub fn write_map_of_bins(path: &Path, cube: &SkyCube, unit: &str, bins: &EnergyAxis) -> Result<()> {
    let layout = MapLayout { table: healpix::SKYMAP, layout: "FGST_TEMPLATE", inputs: None, bins: Some(bins) };
    write_map_table(path, cube, unit, &layout)
}

/// How a map is laid out.
pub(crate) struct MapLayout<'a> {
    /// Name of a table of HEALPix pixels.
    pub(crate) table: &'a str,
    /// Name of its layout.
    pub(crate) layout: &'a str,
    /// What the map is made from, if it is to be told.
    pub(crate) inputs: Option<&'a str>,
    /// The energy bins, where planes are of bins.
    pub(crate) bins: Option<&'a EnergyAxis>,
}

/// Writes a map in a layout.
pub(crate) fn write_map_table(path: &Path, cube: &SkyCube, unit: &str, laid_out: &MapLayout<'_>) -> Result<()> {
    let mut writer = FitsWriter::create(path)?;
    let refuse = |reason: String| Error::Unwritable {
        path: path.to_owned(),
        hdu: "'PRIMARY'".into(),
        what: "a map".into(),
        reason,
    };
    match cube.grid() {
        SkyGrid::Wcs(grid) => {
            let mut header = Header::default();
            wcs_header::write(grid.header(), &mut header);
            header.set("CTYPE3", "Energy", "energy axis, see table ENERGIES");
            header.set("CUNIT3", "MeV", "unit of the energy axis");
            if !unit.is_empty() {
                header.set("BUNIT", unit, "unit of the pixels");
            }
            inputs::set(&mut header, laid_out.inputs);
            let [nx, ny] = grid.size();
            let planes = cube.planes().view().into_shape_with_order((cube.energies().len(), ny, nx));
            writer.image(&header, &planes.map_err(|error| refuse(error.to_string()))?.to_owned())?;
        }
        SkyGrid::Healpix(grid) => {
            let mut header = Header::default();
            healpix::write_grid(grid, &mut header);
            header.set("HPX_CONV", laid_out.layout, "layout of the table");
            let values = cube.planes().outer_iter().map(|plane| ColumnValues::Float(plane.to_vec()));
            let columns = healpix::columns(grid, "ENERGY", unit, values);
            writer.table(laid_out.table, &header, &columns.map_err(refuse)?)?;
        }
        other => return Err(refuse(format!("pixels of an unknown kind: {other:?}"))),
    }
    energies::write(&mut writer, cube.energies())?;
    if let Some(bins) = laid_out.bins {
        energy_bounds::write(&mut writer, bins)?;
    }
    writer.finish()
}

/// The planes of the map in the file's first table of HEALPix pixels or first image, `[plane, pixel]`, and their pixels.
fn read_planes(file: &FitsFile) -> Result<(&Hdu, SkyGrid, Array2<f32>)> {
    if let Some(hdu) = healpix::table(file) {
        let grid = healpix::read_grid(file, hdu)?;
        let planes = healpix::read_planes(file, hdu, grid.n_pixels())?;
        return Ok((hdu, SkyGrid::Healpix(grid), planes));
    }
    let (hdu, grid, planes) = image(file)?;
    let pixels = file.read_image_f32(hdu)?.pixels;
    let mut planes = pixels.into_shape_with_order((planes, grid.n_pixels())).map_err(|_| not_a_map(file, hdu))?;
    blank_outside(&grid, &mut planes);
    Ok((hdu, SkyGrid::Wcs(grid), planes))
}

/// The file's first image with pixels, its grid and its number of planes.
fn image(file: &FitsFile) -> Result<(&Hdu, WcsGrid, usize)> {
    let has_pixels = |hdu: &&Hdu| hdu.image_axes().is_some_and(|axes| !axes.is_empty());
    let hdu = file.hdus().iter().find(has_pixels).map_or_else(|| file.primary(), Ok)?;
    let header = wcs_header::read(file, hdu)?;
    let grid = WcsGrid::new(header).map_err(|source| Error::map(file.path(), hdu.label(), source))?;
    let planes = match hdu.image_axes() {
        Some([_, _]) => 1,
        // Axes of length 1 behind the third add nothing.
        Some([_, _, planes, rest @ ..]) if rest.iter().all(|&n| n == 1) => *planes,
        _ => return Err(not_a_map(file, hdu)),
    };
    Ok((hdu, grid, planes))
}

fn not_a_map(file: &FitsFile, hdu: &Hdu) -> Error {
    Error::Shape {
        path: file.path().to_owned(),
        hdu: hdu.label(),
        found: hdu.shape(),
        expected: "an image of 2 axes [x, y] or 3 [x, y, energy]".into(),
    }
}

/// Sets pixels without a value to 0 where they lie off the projection: some programs write NaN there.
fn blank_outside(grid: &WcsGrid, planes: &mut Array2<f32>) {
    let empty: Vec<usize> = (0..grid.n_pixels())
        .filter(|&pixel| planes.column(pixel).iter().any(|v| v.is_nan()) && grid.direction_of(pixel).is_none())
        .collect();
    for pixel in empty {
        planes.column_mut(pixel).fill(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lat_response::{Frame, HealpixGrid, HealpixOrdering, WcsHeader};

    #[test]
    fn what_a_map_takes_is_told_before_it_is_read() {
        let directory = tempfile::tempdir().unwrap();
        let healpix = SkyGrid::Healpix(HealpixGrid::new(32, HealpixOrdering::Ring, Frame::Galactic).unwrap());
        let header = WcsHeader::centered([60, 40], 1.0, Frame::Galactic, "CAR", [0.0, 0.0]);
        let wcs = SkyGrid::Wcs(WcsGrid::new(header).unwrap());
        for (grid, held) in [(healpix, true), (wcs, false)] {
            let planes = 4 * 3 * grid.n_pixels();
            let values = Array2::from_shape_fn((3, grid.n_pixels()), |(plane, pixel)| (plane + pixel % 7) as f32);
            let cube = SkyCube::new("map", grid.clone(), vec![100.0, 300.0, 1000.0], values).unwrap();
            let [plain, zipped] = ["map.fits", "map.fits.gz"].map(|name| directory.path().join(name));
            write_map_cube(&plain, &cube, "").unwrap();
            write_map_cube(&zipped, &cube, "").unwrap();
            let found = map_cube_size(&plain).unwrap();
            assert_eq!((found.grid.is_some(), found.held >= planes, found.opening > 0), (true, held, held));
            assert!(found.planes >= planes && found.held <= planes + 20_000, "{found:?}");
            // A gzip file is known by what it holds, not by its name.
            let renamed = directory.path().join("zipped.fits");
            std::fs::rename(&zipped, &renamed).unwrap();
            let found = map_cube_size(&renamed).unwrap();
            assert_eq!((found.grid.is_none(), found.opening > 0), (true, held));
            assert_eq!(found.held as u64, std::fs::metadata(&plain).unwrap().len());
        }
    }
}
