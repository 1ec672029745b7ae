//! Maps of point sources: the PSF integrated over pixels.

use rayon::prelude::*;
use roi_model::SkyDirection;

use super::pixels::Pixels;
use crate::geometry::UnitVector;
use crate::observation::PsfPlanes;
use crate::recipe::{PointPixels, Recipe};

/// Below this fraction of its peak the PSF is taken at the pixel's centre.
const NEGLIGIBLE: f64 = 1e-6;
/// Relative change of a pixel's mean PSF at which a finer grid is not needed.
const CONVERGED: f64 = 1e-3;
/// The finest grid of points in a pixel, points a side.
const FINEST: usize = 64;
/// Separation of pixels, degrees, below which their ratio is not defined.
const COINCIDENT: f64 = 1e-6;

/// Fraction of a point source's photons that each pixel receives, `[row][plane][column]`.
pub(crate) struct PointImage {
    rows: Vec<Vec<f64>>,
    nx: usize,
}

/// The image of a point source, computed for all planes at once: the geometry of a pixel serves them all.
pub(crate) fn image(pixels: &Pixels, psf: &PsfPlanes, source: &SkyDirection, recipe: &Recipe) -> PointImage {
    let integrator = Integrator::new(pixels, psf, source, recipe);
    let is_planar = recipe.point_pixels == PointPixels::PlanarDistances;
    match is_planar.then(|| PlanarRatio::new(pixels, source)).flatten() {
        Some(planar) => integrator.image(&planar),
        // Also for a source that the projection has no place for.
        None => integrator.image(&GreatCircle { pixels, source: (*source).into() }),
    }
}

impl PointImage {
    /// A row of a plane.
    pub(crate) fn row(&self, plane: usize, row: usize) -> &[f64] {
        self.rows.get(row).and_then(|row| row.get(plane * self.nx..(plane + 1) * self.nx)).unwrap_or_default()
    }

    /// Sums of the planes over the pixels whose centre is at most `radius` degrees from the source.
    pub(crate) fn sums_within(&self, pixels: &Pixels, source: &SkyDirection, radius: f64, n_planes: usize) -> Vec<f64> {
        let source = UnitVector::from(*source);
        let limit = radius.to_radians();
        let mut sums = vec![0.0; n_planes];
        for (y, row) in self.rows.iter().enumerate() {
            for x in 0..self.nx {
                if pixels.center(y * self.nx + x).is_some_and(|center| center.angle(source) <= limit) {
                    for (sum, plane) in sums.iter_mut().zip(row.chunks_exact(self.nx)) {
                        *sum += plane[x];
                    }
                }
            }
        }
        sums
    }
}

/// How the separation between the source and a point inside a pixel is found.
trait Separation: Sync {
    /// Separation in degrees of the point (`dx`, `dy`), in pixels from the centre of pixel (`x`, `y`); `None` off the projection.
    fn inside(&self, x: usize, y: usize, dx: f64, dy: f64) -> Option<f64>;
}

/// Great circles to points between the corners of a pixel.
struct GreatCircle<'a> {
    pixels: &'a Pixels,
    source: UnitVector,
}

impl Separation for GreatCircle<'_> {
    fn inside(&self, x: usize, y: usize, dx: f64, dy: f64) -> Option<f64> {
        let [a, b, c, d] = self.pixels.corners_of(y * self.pixels.grid().size()[0] + x)?.map(|corner| corner.0);
        let (u, v) = (dx + 0.5, dy + 0.5);
        let at = |i: usize| (1.0 - v) * ((1.0 - u) * a[i] + u * b[i]) + v * ((1.0 - u) * c[i] + u * d[i]);
        let point = [at(0), at(1), at(2)];
        let length = point.iter().map(|p| p * p).sum::<f64>().sqrt();
        let chord =
            point.iter().zip(self.source.0).map(|(p, s)| (p / length - s) * (p / length - s)).sum::<f64>().sqrt();
        Some(2.0 * (0.5 * chord).min(1.0).asin().to_degrees())
    }
}

/// Separations as the LAT tools take them: the distance in the plane of the image, times a ratio of true to planar distance that is
/// bilinear between the centres of the pixels.
struct PlanarRatio {
    /// The source in pixels, 0 at the centre of the first.
    source: [f64; 2],
    degrees_per_pixel: f64,
    nx: usize,
    ny: usize,
    ratios: Vec<f64>,
}

impl PlanarRatio {
    fn new(pixels: &Pixels, source: &SkyDirection) -> Option<Self> {
        let grid = pixels.grid();
        let (x, y) = grid.to_pixel(source)?;
        let [nx, ny] = grid.size();
        let degrees_per_pixel = grid.header().cdelt.iter().fold(f64::INFINITY, |least, d| least.min(d.abs()));
        let mut planar =
            Self { source: [x - 1.0, y - 1.0], degrees_per_pixel, nx, ny, ratios: Vec::with_capacity(nx * ny) };
        let vector = UnitVector::from(*source);
        for pixel in 0..nx * ny {
            let distance = planar.distance((pixel % nx) as f64, (pixel / nx) as f64);
            let ratio = match pixels.center(pixel) {
                Some(center) if distance >= COINCIDENT => center.angle(vector).to_degrees() / distance,
                _ => 1.0,
            };
            planar.ratios.push(ratio);
        }
        Some(planar)
    }

    fn distance(&self, x: f64, y: f64) -> f64 {
        let (dx, dy) = (x - self.source[0], y - self.source[1]);
        (dx * dx + dy * dy).sqrt() * self.degrees_per_pixel
    }
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
}

/// The integral over pixels on finer and finer grids.
struct Integrator<'a> {
    pixels: &'a Pixels,
    psf: &'a PsfPlanes,
    source: UnitVector,
    peaks: Vec<f64>,
    /// Separation in degrees beyond which a plane is 0.
    reach: Vec<f64>,
    /// Whether the last two grids are extrapolated to an infinitely fine one.
    extrapolate: bool,
    /// The finest grid of points in a pixel, points a side.
    finest: usize,
}

/// What the planes of one pixel have come to.
struct Means {
    now: Vec<f64>,
    before: Vec<f64>,
    done: Vec<bool>,
}

impl<'a> Integrator<'a> {
    fn new(pixels: &'a Pixels, psf: &'a PsfPlanes, source: &SkyDirection, recipe: &Recipe) -> Self {
        let planes = 0..psf.n_planes();
        let peaks = planes.clone().map(|plane| psf.peak(plane)).collect();
        let reach = |plane| recipe.point_containment.map_or(f64::INFINITY, |part| psf.containment_radius(part, plane));
        Self {
            pixels,
            psf,
            source: (*source).into(),
            peaks,
            reach: planes.map(reach).collect(),
            extrapolate: recipe.point_pixels == PointPixels::GreatCircles,
            finest: if recipe.point_pixels == PointPixels::Centers { 1 } else { FINEST },
        }
    }

    fn image<S: Separation>(&self, separation: &S) -> PointImage {
        let [nx, ny] = self.pixels.grid().size();
        let n = self.psf.n_planes();
        let row = |y: usize| {
            let mut values = vec![0.0; n * nx];
            let mut means = Means { now: vec![0.0; n], before: vec![0.0; n], done: vec![false; n] };
            for x in 0..nx {
                let Some(center) = self.pixels.center(y * nx + x) else { continue };
                let solid_angle = self.pixels.solid_angle(y * nx + x);
                self.pixel(center, separation, [x, y], &mut means);
                for (plane, value) in means.now.iter().enumerate() {
                    values[plane * nx + x] = value * solid_angle;
                }
            }
            values
        };
        PointImage { rows: (0..ny).into_par_iter().map(row).collect(), nx }
    }

    /// The mean of the PSF over a pixel, for each plane.
    fn pixel<S: Separation>(&self, center: UnitVector, separation: &S, [x, y]: [usize; 2], means: &mut Means) {
        let theta = center.angle(self.source).to_degrees();
        let Means { now, before, done } = means;
        now.fill(0.0);
        self.psf.add(theta, 0, now);
        for (((done, now), peak), reach) in done.iter_mut().zip(now.iter_mut()).zip(&self.peaks).zip(&self.reach) {
            if theta > *reach {
                *now = 0.0;
            }
            *done = *now <= 0.0 || *now < NEGLIGIBLE * peak;
        }
        let mut points = 2;
        while points <= self.finest {
            // The planes that are not done lie between these two.
            let Some(first) = done.iter().position(|done| !done) else { return };
            let last = done.iter().rposition(|done| !done).unwrap_or(first);
            let sums = &mut before[first..=last];
            sums.fill(0.0);
            let step = 1.0 / points as f64;
            for i in 0..points * points {
                let (dx, dy) = ((i % points) as f64 + 0.5, (i / points) as f64 + 0.5);
                if let Some(theta) = separation.inside(x, y, dx * step - 0.5, dy * step - 0.5) {
                    self.psf.add(theta, first, sums);
                }
            }
            let scale = step * step;
            for plane in first..=last {
                if done[plane] {
                    continue;
                }
                let (mean, previous) = (before[plane] * scale, now[plane]);
                // Also true for a mean of zero.
                let converged = (mean - previous).abs() <= CONVERGED * mean;
                done[plane] = converged || points == self.finest;
                // The error of a grid falls as the square of its step.
                now[plane] = if done[plane] && self.extrapolate { (4.0 * mean - previous) / 3.0 } else { mean };
            }
            points *= 2;
        }
    }
}
