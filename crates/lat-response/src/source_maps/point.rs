//! Maps of point sources: the PSF integrated over pixels, and the derivatives of that.

use rayon::prelude::*;
use roi_model::SkyDirection;

use super::pixels::Pixels;
use super::point_separation::{GreatCircle, PlanarRatio, Separation};
use super::point_slopes::Slopes;
use crate::geometry::UnitVector;
use crate::observation::PsfPlanes;
use crate::recipe::{PointPixels, Recipe};

/// Below this fraction of its peak the PSF is taken at the pixel's centre.
const NEGLIGIBLE: f64 = 1e-6;
/// Relative change of a pixel's mean PSF at which a finer grid is not needed.
const CONVERGED: f64 = 1e-3;
/// The finest grid of points in a pixel, points a side.
const FINEST: usize = 64;

/// Fraction of a point source's photons that each pixel receives, `[row][plane][column]`.
pub(crate) struct PointImage {
    rows: Vec<Vec<f64>>,
    nx: usize,
}

/// The image of a point source, computed for all planes at once: the geometry of a pixel serves them all.
pub(crate) fn image(pixels: &Pixels, psf: &PsfPlanes, source: &SkyDirection, recipe: &Recipe) -> PointImage {
    let integrator = Integrator::new(pixels, psf, source, recipe);
    let [image] = match planar(pixels, source, recipe, false) {
        Some(planar) => integrator.images(&planar, |_, _, _| []),
        // Also for a source that the projection has no place for.
        None => integrator.images(&GreatCircle::new(pixels, source), |_, _, _| []),
    };
    image
}

/// The same image, and its derivatives: when the source moves to the east and to the north, and when the table changes by `change`; a degree
/// each. Every pixel and plane is summed over the points over which the image was, so that these are the derivatives of its very numbers.
pub(crate) fn sloped_images(
    pixels: &Pixels,
    psf: &PsfPlanes,
    change: Option<&PsfPlanes>,
    source: &SkyDirection,
    recipe: &Recipe,
) -> [PointImage; 4] {
    let integrator = Integrator::new(pixels, psf, source, recipe);
    let slopes = Slopes { psf, change, source: (*source).into(), extrapolate: integrator.extrapolate };
    if let Some(planar) = planar(pixels, source, recipe, true) {
        return integrator.images(&planar, |pixel, center, points| slopes.of(&planar, pixel, center, points));
    }
    let circles = GreatCircle::new(pixels, source);
    integrator.images(&circles, |pixel, center, points| slopes.of(&circles, pixel, center, points))
}

fn planar(pixels: &Pixels, source: &SkyDirection, recipe: &Recipe, with_slopes: bool) -> Option<PlanarRatio> {
    let is_planar = recipe.point_pixels == PointPixels::PlanarDistances;
    is_planar.then(|| PlanarRatio::new(pixels, source, with_slopes)).flatten()
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
    /// Points a side of the grid that it was, 0 for a plane that is zero.
    points: Vec<usize>,
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

    /// The image, and with it whatever `more` makes of a pixel, its centre and the points of each plane.
    fn images<S: Separation, const N: usize, const M: usize>(
        &self,
        separation: &S,
        more: impl Fn([usize; 2], UnitVector, &[usize]) -> [Vec<f64>; N] + Sync,
    ) -> [PointImage; M] {
        let [nx, ny] = self.pixels.grid().size();
        let n = self.psf.n_planes();
        let row = |y: usize| {
            let mut values: [Vec<f64>; M] = std::array::from_fn(|_| vec![0.0; n * nx]);
            let mut means = Means { now: vec![0.0; n], before: vec![0.0; n], done: vec![false; n], points: vec![1; n] };
            for x in 0..nx {
                let Some(center) = self.pixels.center(y * nx + x) else { continue };
                let solid_angle = self.pixels.solid_angle(y * nx + x);
                self.pixel(center, separation, [x, y], &mut means);
                let others = more([x, y], center, &means.points);
                for (row, own) in values.iter_mut().zip(std::iter::once(&means.now).chain(&others)) {
                    for (plane, value) in own.iter().enumerate() {
                        row[plane * nx + x] = value * solid_angle;
                    }
                }
            }
            values
        };
        let mut rows: [Vec<Vec<f64>>; M] = std::array::from_fn(|_| Vec::with_capacity(ny));
        for row in (0..ny).into_par_iter().map(row).collect::<Vec<_>>() {
            rows.iter_mut().zip(row).for_each(|(rows, row)| rows.push(row));
        }
        rows.map(|rows| PointImage { rows, nx })
    }

    /// The mean of the PSF over a pixel, for each plane.
    fn pixel<S: Separation>(&self, center: UnitVector, separation: &S, [x, y]: [usize; 2], means: &mut Means) {
        let theta = center.angle(self.source).to_degrees();
        let Means { now, before, done, points: grids } = means;
        now.fill(0.0);
        self.psf.add(theta, 0, now);
        for (((done, now), peak), reach) in done.iter_mut().zip(now.iter_mut()).zip(&self.peaks).zip(&self.reach) {
            if theta > *reach {
                *now = 0.0;
            }
            *done = *now <= 0.0 || *now < NEGLIGIBLE * peak;
        }
        for (grid, now) in grids.iter_mut().zip(now.iter()) {
            *grid = usize::from(*now > 0.0);
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
                grids[plane] = points;
                // The error of a grid falls as the square of its step.
                now[plane] = if done[plane] && self.extrapolate { (4.0 * mean - previous) / 3.0 } else { mean };
            }
            points *= 2;
        }
    }
}
