//! Maps over the sky: diffuse templates (`MapCubeFunction`), spatial templates (`SpatialMap`), weights.

use std::path::Path;

use lat_response::{SkyCube, SkyGrid, WcsGrid};
use ndarray::Array2;

use crate::error::{Error, Result};
use crate::fits::{FitsFile, FitsWriter, Hdu, Header};
use crate::{energies, wcs_header};

/// Reads a map: an image of 2 axes (one plane, energy 1 MeV when the file states none), or of 3 with a table ENERGIES (or gammapy's EBOUNDS)
/// whose column Energy gives the energy of each plane, in MeV unless it states another unit. Pixels that lie off the projection are 0,
/// whatever the file has there.
///
/// # Errors
/// When the file is missing or damaged, there is no image, or projection, pixels or energies cannot be.
///
/// ```no_run
/// let diffuse = lat_io::map_cube::read("gll_iem_v07.fits".as_ref())?;
/// println!("{} planes of {} pixels", diffuse.energies().len(), diffuse.grid().n_pixels());
/// # Ok::<(), lat_io::Error>(())
/// ```
pub fn read(path: &Path) -> Result<SkyCube> {
    let file = FitsFile::open(path)?;
    let (hdu, grid, planes) = read_planes(&file)?;
    let energies = energies::read(&file, planes.nrows())?;
    SkyCube::new(name(path), grid, energies, planes).map_err(|source| Error::map(path, hdu.label(), source))
}

/// Writes a map as [`read`] takes it; gzip when the name ends in `.gz`. `unit` is that of the pixels, empty for none. The file appears whole
/// or not at all.
///
/// # Errors
/// When the file cannot be written.
pub fn write(path: &Path, cube: &SkyCube, unit: &str) -> Result<()> {
    let mut writer = FitsWriter::create(path)?;
    let mut header = Header::default();
    match cube.grid() {
        SkyGrid::Wcs(grid) => {
            wcs_header::write(grid.header(), &mut header);
            header.set("CTYPE3", "Energy", "energy axis, see table ENERGIES");
            header.set("CUNIT3", "MeV", "unit of the energy axis");
            if !unit.is_empty() {
                header.set("BUNIT", unit, "unit of the pixels");
            }
            let [nx, ny] = grid.size();
            let planes = cube.planes().view().into_shape_with_order((cube.energies().len(), ny, nx));
            let planes = planes.map_err(|error| Error::Shape {
                path: path.to_owned(),
                hdu: "'PRIMARY'".into(),
                found: format!("{:?}", cube.planes().shape()),
                expected: error.to_string(),
            })?;
            writer.image(&header, &planes.to_owned())?;
        }
        _ => {
            return Err(Error::Unwritable {
                path: path.to_owned(),
                hdu: "'PRIMARY'".into(),
                what: "a map".into(),
                reason: "its pixels are of a kind that this version does not write".into(),
            });
        }
    }
    energies::write(&mut writer, cube.energies())?;
    writer.finish()
}

/// The map's name in messages.
pub(crate) fn name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// The planes of the map in the file's first image, `[plane, pixel]`, and their pixels.
fn read_planes(file: &FitsFile) -> Result<(&Hdu, SkyGrid, Array2<f32>)> {
    let has_pixels = |hdu: &&Hdu| hdu.image_axes().is_some_and(|axes| !axes.is_empty());
    let hdu = file.hdus().iter().find(has_pixels).map_or_else(|| file.primary(), Ok)?;
    let header = wcs_header::read(file, hdu)?;
    let grid = WcsGrid::new(header).map_err(|source| Error::map(file.path(), hdu.label(), source))?;
    let axes = hdu.image_axes().unwrap_or_default();
    let shape = |expected: &str| Error::Shape {
        path: file.path().to_owned(),
        hdu: hdu.label(),
        found: format!("{axes:?}"),
        expected: expected.into(),
    };
    let planes = match axes {
        [_, _] => 1,
        // Axes of length 1 behind the third add nothing.
        [_, _, planes, rest @ ..] if rest.iter().all(|&n| n == 1) => *planes,
        _ => return Err(shape("an image of 2 axes [x, y] or 3 [x, y, energy]")),
    };
    let pixels = file.read_image_f32(hdu)?.pixels;
    let mut planes = pixels
        .into_shape_with_order((planes, grid.n_pixels()))
        .map_err(|_| shape("an image of 2 axes [x, y] or 3 [x, y, energy]"))?;
    blank_outside(&grid, &mut planes);
    Ok((hdu, SkyGrid::Wcs(grid), planes))
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
