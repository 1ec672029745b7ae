//! How far a point inside a pixel is from a source.

use std::ops::Range;

use multiversion::multiversion;
use roi_model::SkyDirection;

use super::pixels::Pixels;
use crate::geometry::{UnitVector, WcsGrid};

/// Separation of pixels, degrees, below which their ratio is not defined.
const COINCIDENT: f64 = 1e-6;
/// The step over which a projection is differentiated, degrees: the error is that of its third derivatives, 1e-10 of the result.
const STEP: f64 = 1e-3;

/// How the separations between the source and the points inside a pixel are found: those of a grid of `side` x `side` points, in the middle of as many
/// equal cells. Points off the projection are left out.
pub(crate) trait Separation: Sync {
    /// The separations, degrees, in place of what `thetas` held.
    fn grid(&self, pixel: [usize; 2], side: usize, thetas: &mut Vec<f64>);

    /// The same, each with how it changes when the source moves to the east and to the north, degrees a degree.
    fn grid_with_slopes(&self, pixel: [usize; 2], side: usize, points: &mut Vec<(f64, [f64; 2])>);
}

/// How far the middle of the cell `i` of `side` lies from the centre of the pixel, in pixels.
fn offset(i: usize, side: usize) -> f64 {
    (i as f64 + 0.5) / side as f64 - 0.5
}

/// Great circles to points between the corners of a pixel.
pub(crate) struct GreatCircle<'a> {
    pixels: &'a Pixels,
    source: UnitVector,
    tangents: [UnitVector; 2],
}

impl<'a> GreatCircle<'a> {
    pub(crate) fn new(pixels: &'a Pixels, source: &SkyDirection) -> Self {
        let source = UnitVector::from(*source);
        Self { pixels, source, tangents: source.tangents() }
    }

    fn points(&self, [x, y]: [usize; 2], side: usize) -> impl Iterator<Item = UnitVector> + use<> {
        let corners = self.pixels.corners_of(y * self.pixels.grid().size()[0] + x);
        corners.into_iter().flat_map(move |corners| {
            let [a, b, c, d] = corners.map(|corner| corner.0);
            (0..side * side).map(move |i| {
                let (u, v) = (offset(i % side, side) + 0.5, offset(i / side, side) + 0.5);
                let at = |i: usize| (1.0 - v) * ((1.0 - u) * a[i] + u * b[i]) + v * ((1.0 - u) * c[i] + u * d[i]);
                let point = [at(0), at(1), at(2)];
                let length = point.iter().map(|p| p * p).sum::<f64>().sqrt();
                UnitVector(point.map(|p| p / length))
            })
        })
    }

    fn separation(&self, point: UnitVector) -> f64 {
        let chord = point.0.iter().zip(self.source.0).map(|(p, s)| (p - s) * (p - s)).sum::<f64>().sqrt();
        2.0 * (0.5 * chord).min(1.0).asin().to_degrees()
    }
}

impl Separation for GreatCircle<'_> {
    fn grid(&self, pixel: [usize; 2], side: usize, thetas: &mut Vec<f64>) {
        thetas.clear();
        thetas.extend(self.points(pixel, side).map(|point| self.separation(point)));
    }

    fn grid_with_slopes(&self, pixel: [usize; 2], side: usize, points: &mut Vec<(f64, [f64; 2])>) {
        points.clear();
        let slopes = |point| self.source.angle_slopes(&self.tangents, point);
        points.extend(self.points(pixel, side).map(|point| (self.separation(point), slopes(point))));
    }
}

/// Separations as the LAT tools take them: the distance in the plane of the image, times a ratio of true to planar distance that is
/// bilinear between the centres of the pixels.
pub(crate) struct PlanarRatio {
    /// The source in pixels, 0 at the centre of the first.
    source: [f64; 2],
    /// By how many pixels the source moves along x and y, a degree to the east and to the north.
    jacobian: [[f64; 2]; 2],
    degrees_per_pixel: f64,
    nx: usize,
    ny: usize,
    ratios: Vec<f64>,
    /// How they change, a degree to the east and to the north; empty where nobody asks.
    slopes: Vec<[f64; 2]>,
}

impl PlanarRatio {
    /// `None` for a source that the projection has no place for. `angles`: those between the source and the pixels' centres, radians.
    pub(crate) fn new(pixels: &Pixels, source: &SkyDirection, angles: &[f64], with_slopes: bool) -> Option<Self> {
        let grid = pixels.grid();
        let (x, y) = grid.to_pixel(source)?;
        let [nx, ny] = grid.size();
        let degrees_per_pixel = grid.header().cdelt.iter().fold(f64::INFINITY, |least, d| least.min(d.abs()));
        let jacobian = if with_slopes { jacobian(grid, source)? } else { [[0.0; 2]; 2] };
        let (ratios, slopes) = (Vec::new(), Vec::new());
        let mut planar = Self { source: [x - 1.0, y - 1.0], jacobian, degrees_per_pixel, nx, ny, ratios, slopes };
        // Row by row: an index would have to be divided for each pixel.
        let places = || (0..ny).flat_map(|y| (0..nx).map(move |x| (x as f64, y as f64)));
        let ratio = |((x, y), angle): ((f64, f64), &f64)| {
            let distance = planar.distance(x, y);
            if angle.is_nan() || distance < COINCIDENT { 1.0 } else { angle.to_degrees() / distance }
        };
        planar.ratios = places().zip(angles).map(ratio).collect();
        if with_slopes {
            let vector = UnitVector::from(*source);
            let tangents = vector.tangents();
            let slopes = |((pixel, ratio), (x, y)): ((usize, &f64), (f64, f64))| {
                let distance = planar.distance(x, y);
                pixels.center(pixel).filter(|_| distance >= COINCIDENT).map_or([0.0; 2], |center| {
                    let angles = vector.angle_slopes(&tangents, center);
                    let distances = planar.distance_slopes(x, y);
                    [0, 1].map(|i| (angles[i] - ratio * distances[i]) / distance)
                })
            };
            planar.slopes = planar.ratios.iter().enumerate().zip(places()).map(slopes).collect();
        }
        Some(planar)
    }

    fn distance(&self, x: f64, y: f64) -> f64 {
        let (dx, dy) = (x - self.source[0], y - self.source[1]);
        (dx * dx + dy * dy).sqrt() * self.degrees_per_pixel
    }

    /// Changes of the planar distance, degrees a degree, when the source moves to the east and to the north.
    fn distance_slopes(&self, x: f64, y: f64) -> [f64; 2] {
        let (dx, dy) = (x - self.source[0], y - self.source[1]);
        let length = (dx * dx + dy * dy).sqrt();
        let along = |[x, y]: [f64; 2]| -(dx * x + dy * y) / length * self.degrees_per_pixel;
        if length > 0.0 { self.jacobian.map(along) } else { [0.0; 2] }
    }

    /// The columns or rows of a grid of points that lie on either side of a pixel's centre: their offsets from it, and the cell of centres around them.
    fn halves(center: usize, n: usize, side: usize) -> [(Range<usize>, Cell); 2] {
        // The point in the middle of an odd number is the centre, which the cell after it begins with.
        let half = side / 2;
        [(0..half, Cell::of(center, -0.5, n)), (half..side, Cell::of(center, 0.5, n))]
    }

    /// The lines along which the ratio goes through a row of points, whose offset from the pixel's centre is `dy`: at the first centre of a cell of
    /// columns, and its change to the next.
    fn line(&self, columns: Cell, rows: Cell, dy: f64) -> [f64; 2] {
        let v = rows.fraction + dy;
        let at = |x: usize, y: usize| self.ratios.get(y * self.nx + x).copied().unwrap_or(1.0);
        let across = |x: usize| (1.0 - v) * at(x, rows.low) + v * at(x, rows.high);
        let (low, high) = (across(columns.low), across(columns.high));
        [low, high - low]
    }

    /// The same of the changes of the ratio when the source moves.
    fn sloped_line(&self, columns: Cell, rows: Cell, dy: f64) -> [[f64; 2]; 2] {
        let v = rows.fraction + dy;
        let at = |x: usize, y: usize| self.slopes.get(y * self.nx + x).copied().unwrap_or_default();
        [0, 1].map(|i| {
            let across = |x: usize| (1.0 - v) * at(x, rows.low)[i] + v * at(x, rows.high)[i];
            let (low, high) = (across(columns.low), across(columns.high));
            [low, high - low]
        })
    }
}

/// Two neighbouring centres of pixels, and how far beyond the first of them the centre of the pixel is in which points lie; the same twice on an axis
/// of one pixel.
#[derive(Clone, Copy)]
struct Cell {
    low: usize,
    high: usize,
    fraction: f64,
}

impl Cell {
    /// The cell of pixel centres that a point lies in; beyond the outermost centres the last cell goes on.
    fn of(center: usize, offset: f64, n: usize) -> Self {
        if n < 2 {
            return Self { low: 0, high: 0, fraction: 0.0 };
        }
        let low = if offset < 0.0 { center.saturating_sub(1) } else { center.min(n - 2) };
        Self { low, high: low + 1, fraction: center as f64 - low as f64 }
    }
}

/// By how many pixels along x and y a direction moves, a degree to the east and to the north.
fn jacobian(grid: &WcsGrid, source: &SkyDirection) -> Option<[[f64; 2]; 2]> {
    let along = |east: f64, north: f64| {
        let at = |sign: f64| source.moved(sign * STEP * east, sign * STEP * north).ok();
        let ((x0, y0), (x1, y1)) = (grid.to_pixel(&at(-1.0)?)?, grid.to_pixel(&at(1.0)?)?);
        Some([(x1 - x0) / (2.0 * STEP), (y1 - y0) / (2.0 * STEP)])
    };
    Some([along(1.0, 0.0)?, along(0.0, 1.0)?])
}

impl Separation for PlanarRatio {
    fn grid(&self, [x, y]: [usize; 2], side: usize, thetas: &mut Vec<f64>) {
        thetas.resize(side * side, 0.0);
        let (columns, rows) = (Self::halves(x, self.nx, side), Self::halves(y, self.ny, side));
        for (row_range, row_cell) in rows {
            for j in row_range {
                let dy = offset(j, side);
                let across = y as f64 + dy - self.source[1];
                for (range, cell) in columns.clone() {
                    let line = self.line(cell, row_cell, dy);
                    let Some(out) = thetas.get_mut(j * side + range.start..j * side + range.end) else { return };
                    let along =
                        Along { from: x as f64 - self.source[0], fraction: cell.fraction, first: range.start, side };
                    fill_thetas(out, along, (across * across, self.degrees_per_pixel), line);
                }
            }
        }
    }

    fn grid_with_slopes(&self, [x, y]: [usize; 2], side: usize, points: &mut Vec<(f64, [f64; 2])>) {
        points.clear();
        let (columns, rows) = (Self::halves(x, self.nx, side), Self::halves(y, self.ny, side));
        for (row_range, row_cell) in rows {
            for j in row_range {
                let dy = offset(j, side);
                for (range, cell) in columns.clone() {
                    let line = self.line(cell, row_cell, dy);
                    let slopes = self.sloped_line(cell, row_cell, dy);
                    points.extend(range.map(|i| {
                        let dx = offset(i, side);
                        let (px, py, u) = (x as f64 + dx, y as f64 + dy, cell.fraction + dx);
                        let (distance, distances) = (self.distance(px, py), self.distance_slopes(px, py));
                        let ratio = line[0] + line[1] * u;
                        let ratios = slopes.map(|[low, change]| low + change * u);
                        (distance * ratio, [0, 1].map(|k| distances[k] * ratio + distance * ratios[k]))
                    }));
                }
            }
        }
    }
}

/// Points in a row: the distance of the pixel's centre from the source along x in pixels, and from the first centre of the cell.
#[derive(Clone, Copy)]
struct Along {
    from: f64,
    fraction: f64,
    first: usize,
    side: usize,
}

/// From so many points on a row is worth the call of a routine for wide registers.
const WIDE: usize = 8;

/// The separations of points in a row: planar distance times a ratio that is linear along the row.
#[inline]
fn fill_thetas(out: &mut [f64], along: Along, scales: (f64, f64), line: [f64; 2]) {
    if out.len() < WIDE { fill_row(out, along, scales, line) } else { fill_wide(out, along, scales, line) }
}

#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2"))]
fn fill_wide(out: &mut [f64], along: Along, scales: (f64, f64), line: [f64; 2]) {
    fill_row(out, along, scales, line);
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled for the instruction set of the multiversioned caller")]
fn fill_row(out: &mut [f64], along: Along, (across_squared, scale): (f64, f64), [low, change]: [f64; 2]) {
    for (i, theta) in out.iter_mut().enumerate() {
        let dx = ((along.first + i) as f64 + 0.5) / along.side as f64 - 0.5;
        let x = along.from + dx;
        *theta = (x * x + across_squared).sqrt() * scale * (low + change * (along.fraction + dx));
    }
}
