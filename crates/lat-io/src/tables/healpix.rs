//! HEALPix tables: the keywords of the pixels, and columns of planes.

use lat_response::{Frame, HealpixGrid, HealpixOrdering};
use ndarray::Array2;

use crate::error::{Error, Result};
use crate::fits::{Column, ColumnValues, FitsFile, Hdu, Header};
use crate::tables::keywords::Keywords;

/// The name that counts cubes and maps have.
pub(crate) const SKYMAP: &str = "SKYMAP";

/// Names of the column of pixel numbers.
const PIXEL_COLUMNS: [&str; 2] = ["PIX", "PIXEL"];

/// Whether a table holds HEALPix pixels.
pub(crate) fn is_healpix(hdu: &Hdu) -> bool {
    let says = |keyword: &str, start: &str| {
        hdu.header().text(keyword).is_some_and(|text| text.trim().to_ascii_uppercase().starts_with(start))
    };
    hdu.table_rows().is_some() && (says("PIXTYPE", "HEALPIX") || says("HPX_CONV", "FGST_SRCMAP"))
}

/// The first table of HEALPix pixels of a file whose primary HDU has no image.
pub(crate) fn table(file: &FitsFile) -> Option<&Hdu> {
    let has_image = file.hdus().first().and_then(Hdu::image_axes).is_some_and(|axes| !axes.is_empty());
    file.hdus().iter().find(|hdu| !has_image && is_healpix(hdu))
}

/// The whole sphere that the keywords describe.
///
/// # Errors
/// When keywords are missing or cannot be.
pub(crate) fn read_sphere(file: &FitsFile, hdu: &Hdu) -> Result<HealpixGrid> {
    let keywords = Keywords { file, hdu };
    HealpixGrid::new(keywords.nside()?, keywords.ordering()?, keywords.frame()?)
        .map_err(|source| Error::map(file.path(), hdu.label(), source))
}

/// The pixels that the keywords describe. With explicit indices they are those of the column PIX, in its order.
///
/// # Errors
/// When keywords are missing or contradict each other or the table, or pixels cannot be.
pub(crate) fn read_grid(file: &FitsFile, hdu: &Hdu) -> Result<HealpixGrid> {
    let keywords = Keywords { file, hdu };
    let grid = read_sphere(file, hdu)?;
    let pixels = if keywords.is_explicit()? {
        // Without such a column the error names the one that is missing.
        Some(read_pixels(file, hdu, pixel_column(hdu).unwrap_or(PIXEL_COLUMNS[0]))?)
    } else {
        keywords.range(&grid)?
    };
    let grid = match pixels {
        Some(pixels) => grid.with_pixels(pixels).map_err(|source| Error::map(file.path(), hdu.label(), source))?,
        None => grid,
    };
    Ok(match hdu.header().text("HPX_REG").map(str::trim).filter(|text| !text.is_empty()) {
        Some(region) => grid.with_region(region),
        None => grid,
    })
}

/// Checks that a table has one row for each pixel, so that the keywords announce no more pixels than there are data.
///
/// # Errors
/// When it has not.
pub(crate) fn check_rows(file: &FitsFile, hdu: &Hdu, n_pixels: usize) -> Result<()> {
    if hdu.table_rows() == Some(n_pixels) { Ok(()) } else { Err(wrong_rows(file, hdu, hdu.shape(), n_pixels)) }
}

fn wrong_rows(file: &FitsFile, hdu: &Hdu, found: String, n_pixels: usize) -> Error {
    Error::Shape {
        path: file.path().to_owned(),
        hdu: hdu.label(),
        found,
        expected: format!("one row for each of the {n_pixels} pixels"),
    }
}

/// Appends the keywords of the pixels.
pub(crate) fn write_grid(grid: &HealpixGrid, header: &mut Header) {
    header.set("PIXTYPE", "HEALPIX", "kind of pixels");
    let ordering = match grid.ordering() {
        HealpixOrdering::Ring => "RING",
        HealpixOrdering::Nested => "NESTED",
    };
    header.set("ORDERING", ordering, "numbering of pixels");
    header.set("ORDER", grid.order().map_or(-1, i64::from), "log2 of NSIDE, -1 when it is no power of two");
    header.set("NSIDE", i64::from(grid.nside()), "pixels along a side of a base pixel");
    header.set("FIRSTPIX", 0, "first pixel of the sphere");
    // Far below 2^63 for every NSIDE that a grid can have.
    header.set("LASTPIX", grid.sphere_size().cast_signed() - 1, "last pixel of the sphere");
    let scheme = if grid.is_full_sky() { "IMPLICIT" } else { "EXPLICIT" };
    header.set("INDXSCHM", scheme, "EXPLICIT: column PIX lists the pixels");
    let frame = match grid.frame() {
        Frame::Celestial => "CEL",
        Frame::Galactic => "GAL",
    };
    header.set("COORDSYS", frame, "GAL galactic, CEL celestial");
    if let Some(region) = grid.region() {
        header.set("HPX_REG", region, "region of the sky");
    }
}

/// The planes of a table `[plane, pixel]`: one column each, numbered (`CHANNEL1`, `ENERGY1`, ...), or one column with a value a plane in each
/// row, or with several pixels of one plane in each row.
///
/// # Errors
/// When there is no such column, or it has not one row for each of the `n_pixels` pixels.
pub(crate) fn read_planes(file: &FitsFile, hdu: &Hdu, n_pixels: usize) -> Result<Array2<f32>> {
    let columns = plane_columns(hdu);
    let shape = |found: String| wrong_rows(file, hdu, found, n_pixels);
    let rows = hdu.table_rows().ok_or_else(|| shape(hdu.shape()))?;
    let one_column = match columns.as_slice() {
        [] => {
            // Names the columns that there are.
            return file.column_repeat(hdu, "CHANNEL1").and(Err(shape("no column of numbers".into())));
        }
        [column] => Some((*column, file.column_repeat(hdu, column)?)),
        _ => None,
    };
    if let Some((column, per_row)) = one_column.filter(|(_, per_row)| *per_row != 1) {
        let values = narrow(file.read_column(hdu, column)?);
        return if rows == n_pixels {
            // A row holds the planes of one pixel.
            let by_pixel = Array2::from_shape_vec((rows, per_row), values).map_err(|e| shape(e.to_string()))?;
            Ok(by_pixel.reversed_axes().as_standard_layout().into_owned())
        } else {
            let found = format!("{rows} rows of {per_row} values");
            Array2::from_shape_vec((1, n_pixels), values).map_err(|_| shape(found))
        };
    }
    check_rows(file, hdu, n_pixels)?;
    let n_planes = columns.len();
    let planes = file.read_columns(hdu, columns)?.into_iter().flat_map(narrow).collect();
    Array2::from_shape_vec((n_planes, n_pixels), planes).map_err(|e| shape(e.to_string()))
}

/// The columns of planes `[plane, pixel]` as the LAT tools name them, and before them PIX for a map that lists its pixels.
///
/// # Errors
/// The reason, when a pixel number is too large for the column.
pub(crate) fn columns(
    grid: &HealpixGrid,
    name: &str,
    unit: &str,
    planes: impl Iterator<Item = ColumnValues>,
) -> std::result::Result<Vec<Column>, String> {
    let mut columns = Vec::new();
    if let Some(pixels) = grid.pixels() {
        let number = |&pixel: &u64| i32::try_from(pixel).map_err(|_| format!("pixel {pixel} is above 2^31"));
        let pixels = pixels.iter().map(number).collect::<std::result::Result<_, _>>()?;
        columns.push(Column { name: "PIX".into(), unit: String::new(), values: ColumnValues::Int(pixels) });
    }
    for (values, number) in planes.zip(1..) {
        columns.push(Column { name: format!("{name}{number}"), unit: unit.into(), values });
    }
    Ok(columns)
}

/// The sphere pixels of a column.
pub(crate) fn read_pixels(file: &FitsFile, hdu: &Hdu, column: &str) -> Result<Vec<u64>> {
    let number = |(row, value): (usize, f64)| {
        // 2^53: every whole number below is exact in an f64.
        if value.fract() != 0.0 || !(0.0..9_007_199_254_740_992.0).contains(&value) {
            return Err(Error::Column {
                path: file.path().to_owned(),
                hdu: hdu.label(),
                column: column.to_owned(),
                reason: format!("{value} in row {}, expected a pixel number, 0 or above", row + 1),
            });
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number in the range")]
        Ok(value as u64)
    };
    file.read_column(hdu, column)?.into_iter().enumerate().map(number).collect()
}

/// The name of the column of pixel numbers.
pub(crate) fn pixel_column(hdu: &Hdu) -> Option<&str> {
    hdu.column_names().find(|name| PIXEL_COLUMNS.iter().any(|known| known.eq_ignore_ascii_case(name)))
}

/// The columns that hold planes, in their order.
fn plane_columns(hdu: &Hdu) -> Vec<&str> {
    let numbered = |name: &&'_ str| {
        let prefix = name.trim_end_matches(|c: char| c.is_ascii_digit());
        name.get(prefix.len()..).and_then(|digits| digits.parse::<u64>().ok())
    };
    let others = || hdu.column_names().filter(|name| pixel_column(hdu) != Some(name));
    let mut planes: Vec<(u64, &str)> = others().filter_map(|name| Some((numbered(&name)?, name))).collect();
    planes.sort_unstable();
    if planes.is_empty() { others().take(1).collect() } else { planes.into_iter().map(|(_, name)| name).collect() }
}

#[expect(clippy::cast_possible_truncation, reason = "planes are kept in 32-bit floats")]
fn narrow(values: Vec<f64>) -> Vec<f32> {
    values.into_iter().map(|value| value as f32).collect()
}

impl Keywords<'_> {
    fn word(&self, keyword: &str) -> Option<String> {
        self.hdu.header().text(keyword).map(|text| text.trim().to_ascii_uppercase())
    }

    fn nside(&self) -> Result<u32> {
        let header = self.hdu.header();
        if header.get("NSIDE").is_some() {
            let nside = header.integer("NSIDE").and_then(|n| u32::try_from(n).ok());
            return nside.ok_or_else(|| self.wrong("NSIDE", "a whole number above 0"));
        }
        let order = header.integer("ORDER").and_then(|n| u32::try_from(n).ok()).filter(|order| *order < 30);
        order.map(|order| 1 << order).ok_or_else(|| self.wrong("NSIDE", "a whole number above 0"))
    }

    fn ordering(&self) -> Result<HealpixOrdering> {
        match self.word("ORDERING").as_deref() {
            Some("RING") => Ok(HealpixOrdering::Ring),
            Some("NESTED" | "NEST") => Ok(HealpixOrdering::Nested),
            _ => Err(self.wrong("ORDERING", "RING or NESTED")),
        }
    }

    fn frame(&self) -> Result<Frame> {
        match self.word("COORDSYS").as_deref() {
            Some("GAL" | "G" | "GALACTIC") => Ok(Frame::Galactic),
            Some("CEL" | "C" | "EQU" | "CELESTIAL" | "EQUATORIAL" | "ICRS") => Ok(Frame::Celestial),
            _ => Err(self.wrong("COORDSYS", "GAL or CEL")),
        }
    }

    fn is_explicit(&self) -> Result<bool> {
        match self.word("INDXSCHM").as_deref() {
            None | Some("") => Ok(pixel_column(self.hdu).is_some()),
            Some("IMPLICIT") => Ok(false),
            Some("EXPLICIT" | "LOCAL") => Ok(true),
            Some(_) => Err(self.wrong("INDXSCHM", "IMPLICIT or EXPLICIT")),
        }
    }

    /// The pixels from FIRSTPIX to LASTPIX when they are not the whole sphere.
    fn range(&self, grid: &HealpixGrid) -> Result<Option<Vec<u64>>> {
        let header = self.hdu.header();
        let bound = |keyword: &str, default: u64| {
            if header.get(keyword).is_none() {
                return Ok(default);
            }
            let number = header.integer(keyword).and_then(|n| u64::try_from(n).ok());
            let on_sphere = number.filter(|n| *n < grid.sphere_size());
            on_sphere.ok_or_else(|| self.wrong(keyword, "a pixel of the sphere"))
        };
        let (first, last) = (bound("FIRSTPIX", 0)?, bound("LASTPIX", grid.sphere_size() - 1)?);
        let n = (last + 1).saturating_sub(first);
        if n == grid.sphere_size() || self.hdu.table_rows().is_none_or(|rows| rows as u64 != n) {
            return Ok(None);
        }
        Ok(Some((first..=last).collect()))
    }
}
