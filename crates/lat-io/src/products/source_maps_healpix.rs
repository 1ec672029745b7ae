//! The map of one source in HEALPix pixels: a column a plane, or rows of pixel, plane and value (sparse).

use lat_response::HealpixGrid;
use likelihood_core::SourceMap;
use ndarray::{Array2, Array3, Axis};

use crate::error::{Error, Result};
use crate::fits::{Column, ColumnValues, FitsFile, FitsWriter, Hdu, Header};
use crate::tables::healpix;
use crate::tables::keywords::Keywords;

/// The layout keyword of a map with a column a plane.
const DENSE: &str = "FGST_SRCMAP";
/// The layout keyword of a map of rows.
const SPARSE: &str = "FGST_SRCMAP_SPARSE";

/// Reads the planes `[plane, 1, pixel]` in the order of the pixels of `grid`.
///
/// # Errors
/// When the table holds other pixels, planes that do not fit `edges` energy edges, or rows that cannot be.
pub(crate) fn read(file: &FitsFile, hdu: &Hdu, grid: &HealpixGrid, edges: usize) -> Result<Array3<f32>> {
    if hdu.header().get("NSIDE").is_some() {
        let sphere = healpix::read_sphere(file, hdu)?;
        let differs = |what: String| Error::Shape {
            path: file.path().to_owned(),
            hdu: hdu.label(),
            found: what,
            expected: "the pixels of the counts".into(),
        };
        if (sphere.nside(), sphere.ordering(), sphere.frame()) != (grid.nside(), grid.ordering(), grid.frame()) {
            return Err(differs(format!("{sphere:?}")));
        }
    }
    let says = |keyword: &str, value: &str| {
        hdu.header().text(keyword).is_some_and(|text| text.trim().eq_ignore_ascii_case(value))
    };
    let planes = if says("INDXSCHM", "SPARSE") || says("HPX_CONV", SPARSE) {
        read_rows(file, hdu, grid, edges)?
    } else {
        let planes = healpix::read_planes(file, hdu, grid.n_pixels())?;
        check_planes(file, hdu, planes.nrows(), edges)?;
        in_order(file, hdu, grid, planes)?
    };
    Ok(planes.insert_axis(Axis(1)))
}

/// How many planes a map has: what keyword `N_ENERGY` says, else one for each column `CHANNELn`.
pub(crate) fn n_planes(hdu: &Hdu) -> usize {
    let is_plane = |name: &&str| name.strip_prefix("CHANNEL").is_some_and(|n| n.parse::<usize>().is_ok());
    told_planes(hdu).unwrap_or_else(|| hdu.column_names().filter(is_plane).count())
}

/// Keyword `N_ENERGY`, if it is there and a number of planes.
fn told_planes(hdu: &Hdu) -> Option<usize> {
    hdu.header().integer("N_ENERGY").and_then(|n| usize::try_from(n).ok())
}

/// A map has a plane for each energy edge, and perhaps the same number more on each side, at most as many again, for energy dispersion.
fn check_planes(file: &FitsFile, hdu: &Hdu, planes: usize, edges: usize) -> Result<()> {
    let extra = planes.checked_sub(edges).filter(|extra| extra.is_multiple_of(2) && *extra <= 2 * edges);
    extra.map(drop).ok_or_else(|| Error::Shape {
        path: file.path().to_owned(),
        hdu: hdu.label(),
        found: format!("{planes} planes"),
        expected: format!("{edges} (energy edges) + an even number for energy dispersion"),
    })
}

/// The planes with their pixels in the order of `grid`, which need not be that of the table.
fn in_order(file: &FitsFile, hdu: &Hdu, grid: &HealpixGrid, planes: Array2<f32>) -> Result<Array2<f32>> {
    let Some(column) = healpix::pixel_column(hdu) else { return Ok(planes) };
    let pixels = healpix::read_pixels(file, hdu, column)?;
    if grid.pixels() == Some(pixels.as_slice()) {
        return Ok(planes);
    }
    let bad = |reason: String| Error::Column {
        path: file.path().to_owned(),
        hdu: hdu.label(),
        column: column.to_owned(),
        reason,
    };
    let mut rows = vec![None; grid.n_pixels()];
    for (row, &pixel) in pixels.iter().enumerate() {
        let place = grid.local_pixel(pixel).and_then(|local| rows.get_mut(local));
        let place = place.ok_or_else(|| bad(format!("pixel {pixel} in row {} is none of the counts", row + 1)))?;
        if place.replace(row).is_some() {
            return Err(bad(format!("pixel {pixel} stands twice")));
        }
    }
    // As many rows as pixels, all of them different: none is missing.
    let rows: Vec<usize> = rows.into_iter().flatten().collect();
    Ok(planes.select(Axis(1), &rows))
}

fn read_rows(file: &FitsFile, hdu: &Hdu, grid: &HealpixGrid, edges: usize) -> Result<Array2<f32>> {
    let columns = file.read_columns(hdu, ["PIX", "CHANNEL", "VALUE"])?;
    let [pixels, channels, values] = columns.as_slice() else {
        return Err(Error::Shape {
            path: file.path().to_owned(),
            hdu: hdu.label(),
            found: format!("{} columns", columns.len()),
            expected: "the columns PIX, CHANNEL and VALUE".into(),
        });
    };
    let n_planes = match hdu.header().get("N_ENERGY") {
        Some(_) => told_planes(hdu).ok_or_else(|| Keywords { file, hdu }.wrong("N_ENERGY", "the number of planes"))?,
        None => edges,
    };
    check_planes(file, hdu, n_planes, edges)?;
    let mut planes = Array2::zeros((n_planes, grid.n_pixels()));
    for (row, ((&pixel, &channel), &value)) in pixels.iter().zip(channels).zip(values).enumerate() {
        let place = whole(channel).zip(whole(pixel)).and_then(|(plane, pixel)| planes.get_mut([plane, pixel]));
        let place = place.ok_or_else(|| Error::Column {
            path: file.path().to_owned(),
            hdu: hdu.label(),
            column: "PIX".into(),
            reason: format!(
                "pixel {pixel} of channel {channel} in row {}, expected pixels below {} and channels below {n_planes}",
                row + 1,
                grid.n_pixels()
            ),
        })?;
        #[expect(clippy::cast_possible_truncation, reason = "source maps are kept in 32-bit floats")]
        let value = value as f32;
        *place = value;
    }
    Ok(planes)
}

/// A number that is an index.
fn whole(value: f64) -> Option<usize> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number in the range")]
    (value.fract() == 0.0 && (0.0..9_007_199_254_740_992.0).contains(&value)).then_some(value as usize)
}

/// Writes a map, with the keywords of `header`, as gtsrcmaps does: rows of the values that are not 0 for a map of the whole sphere that is mostly 0, else a column a plane.
///
/// # Errors
/// When the table cannot be written.
pub(crate) fn write(
    writer: &mut FitsWriter,
    name: &str,
    grid: &HealpixGrid,
    map: &SourceMap,
    mut header: Header,
) -> Result<()> {
    let planes = map.planes();
    let filled = planes.iter().filter(|value| **value != 0.0).count();
    healpix::write_grid(grid, &mut header);
    let columns = if grid.is_full_sky() && filled < planes.len() / 2 {
        header.set("INDXSCHM", "SPARSE", "rows of pixel, channel and value");
        header.set("HPX_CONV", SPARSE, "layout of the table");
        let told = i64::try_from(map.n_planes()).map(|n| header.set("N_ENERGY", n, "number of planes"));
        told.map_err(|_| format!("{} planes are too many", map.n_planes())).and_then(|()| rows(map))
    } else {
        header.set("HPX_CONV", DENSE, "layout of the table");
        let values = planes.outer_iter().map(|plane| ColumnValues::Float(plane.iter().copied().collect()));
        healpix::columns(grid, "CHANNEL", "", values)
    };
    let columns = columns.map_err(|reason| Error::Unwritable {
        path: writer.path().to_owned(),
        hdu: format!("'{name}'"),
        what: "a source map".into(),
        reason,
    })?;
    writer.table(name, &header, &columns)
}

/// The columns of a map of rows, or why there are none.
fn rows(map: &SourceMap) -> std::result::Result<Vec<Column>, String> {
    let (mut pixels, mut channels, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for ((plane, _, pixel), &value) in map.planes().indexed_iter().filter(|(_, value)| **value != 0.0) {
        let (Ok(pixel), Ok(plane)) = (i32::try_from(pixel), i16::try_from(plane)) else {
            return Err(format!("pixel {pixel} of plane {plane} does not fit the columns"));
        };
        pixels.push(pixel);
        channels.push(plane);
        values.push(value);
    }
    let column = |name: &str, values| Column { name: name.into(), unit: String::new(), values };
    Ok(vec![
        column("PIX", ColumnValues::Int(pixels)),
        column("CHANNEL", ColumnValues::Short(channels)),
        column("VALUE", ColumnValues::Float(values)),
    ])
}
