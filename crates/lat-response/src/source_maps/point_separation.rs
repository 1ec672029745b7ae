//! How far a point inside a pixel is from a source.

use roi_model::SkyDirection;

use super::pixels::Pixels;
use crate::geometry::{UnitVector, WcsGrid};

/// Separation of pixels, degrees, below which their ratio is not defined.
const COINCIDENT: f64 = 1e-6;
/// The step over which a projection is differentiated, degrees: the error is that of its third derivatives, 1e-10 of the result.
const STEP: f64 = 1e-3;

/// How the separation between the source and a point inside a pixel is found.
pub(crate) trait Separation: Sync {
    /// Separation in degrees of the point (`dx`, `dy`), in pixels from the centre of pixel (`x`, `y`); `None` off the projection.
    fn inside(&self, x: usize, y: usize, dx: f64, dy: f64) -> Option<f64>;

    /// The same, and how it changes when the source moves to the east and to the north, degrees a degree.
    fn inside_with_slopes(&self, x: usize, y: usize, dx: f64, dy: f64) -> Option<(f64, [f64; 2])>;
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

    fn point(&self, x: usize, y: usize, dx: f64, dy: f64) -> Option<UnitVector> {
        let [a, b, c, d] = self.pixels.corners_of(y * self.pixels.grid().size()[0] + x)?.map(|corner| corner.0);
        let (u, v) = (dx + 0.5, dy + 0.5);
        let at = |i: usize| (1.0 - v) * ((1.0 - u) * a[i] + u * b[i]) + v * ((1.0 - u) * c[i] + u * d[i]);
        let point = [at(0), at(1), at(2)];
        let length = point.iter().map(|p| p * p).sum::<f64>().sqrt();
        Some(UnitVector(point.map(|p| p / length)))
    }

    fn separation(&self, point: UnitVector) -> f64 {
        let chord = point.0.iter().zip(self.source.0).map(|(p, s)| (p - s) * (p - s)).sum::<f64>().sqrt();
        2.0 * (0.5 * chord).min(1.0).asin().to_degrees()
    }
}

impl Separation for GreatCircle<'_> {
    fn inside(&self, x: usize, y: usize, dx: f64, dy: f64) -> Option<f64> {
        self.point(x, y, dx, dy).map(|point| self.separation(point))
    }

    fn inside_with_slopes(&self, x: usize, y: usize, dx: f64, dy: f64) -> Option<(f64, [f64; 2])> {
        let point = self.point(x, y, dx, dy)?;
        Some((self.separation(point), self.source.angle_slopes(&self.tangents, point)))
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
    /// `None` for a source that the projection has no place for.
    pub(crate) fn new(pixels: &Pixels, source: &SkyDirection, with_slopes: bool) -> Option<Self> {
        let grid = pixels.grid();
        let (x, y) = grid.to_pixel(source)?;
        let [nx, ny] = grid.size();
        let degrees_per_pixel = grid.header().cdelt.iter().fold(f64::INFINITY, |least, d| least.min(d.abs()));
        let jacobian = if with_slopes { jacobian(grid, source)? } else { [[0.0; 2]; 2] };
        let (ratios, slopes) = (Vec::with_capacity(nx * ny), Vec::new());
        let mut planar = Self { source: [x - 1.0, y - 1.0], jacobian, degrees_per_pixel, nx, ny, ratios, slopes };
        let vector = UnitVector::from(*source);
        let tangents = vector.tangents();
        for pixel in 0..nx * ny {
            let (x, y) = ((pixel % nx) as f64, (pixel / nx) as f64);
            let distance = planar.distance(x, y);
            let center = pixels.center(pixel).filter(|_| distance >= COINCIDENT);
            let ratio = center.map_or(1.0, |center| center.angle(vector).to_degrees() / distance);
            planar.ratios.push(ratio);
            if with_slopes {
                let slopes = center.map_or([0.0; 2], |center| {
                    let angles = vector.angle_slopes(&tangents, center);
                    let distances = planar.distance_slopes(x, y);
                    [0, 1].map(|i| (angles[i] - ratio * distances[i]) / distance)
                });
                planar.slopes.push(slopes);
            }
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

    /// The pixels around a point, by number and weight.
    fn around(&self, x: usize, y: usize, dx: f64, dy: f64) -> [(usize, f64); 4] {
        let (left, u) = cell(x, dx, self.nx);
        let (below, v) = cell(y, dy, self.ny);
        let right = (left + 1).min(self.nx - 1);
        let above = (below + 1).min(self.ny - 1);
        let at = |x: usize, y: usize| y * self.nx + x;
        [
            (at(left, below), (1.0 - v) * (1.0 - u)),
            (at(right, below), (1.0 - v) * u),
            (at(left, above), v * (1.0 - u)),
            (at(right, above), v * u),
        ]
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

/// The cell of pixel centres that a point lies in, and where in it; beyond the outermost centres the last cell goes on.
fn cell(center: usize, offset: f64, n: usize) -> (usize, f64) {
    if n < 2 {
        return (0, 0.0);
    }
    let low = if offset < 0.0 { center.saturating_sub(1) } else { center.min(n - 2) };
    (low, center as f64 - low as f64 + offset)
}

impl Separation for PlanarRatio {
    fn inside(&self, x: usize, y: usize, dx: f64, dy: f64) -> Option<f64> {
        let (left, u) = cell(x, dx, self.nx);
        let (below, v) = cell(y, dy, self.ny);
        let right = (left + 1).min(self.nx - 1);
        let above = (below + 1).min(self.ny - 1);
        let at = |x: usize, y: usize| self.ratios.get(y * self.nx + x).copied().unwrap_or(1.0);
        let ratio = (1.0 - v) * ((1.0 - u) * at(left, below) + u * at(right, below))
            + v * ((1.0 - u) * at(left, above) + u * at(right, above));
        Some(self.distance(x as f64 + dx, y as f64 + dy) * ratio)
    }

    fn inside_with_slopes(&self, x: usize, y: usize, dx: f64, dy: f64) -> Option<(f64, [f64; 2])> {
        let (px, py) = (x as f64 + dx, y as f64 + dy);
        let (distance, distances) = (self.distance(px, py), self.distance_slopes(px, py));
        let (mut ratio, mut ratios) = (0.0, [0.0; 2]);
        for (pixel, weight) in self.around(x, y, dx, dy) {
            ratio += weight * self.ratios.get(pixel)?;
            let slopes = self.slopes.get(pixel)?;
            ratios = [ratios[0] + weight * slopes[0], ratios[1] + weight * slopes[1]];
        }
        Some((distance * ratio, [0, 1].map(|i| distances[i] * ratio + distance * ratios[i])))
    }
}
