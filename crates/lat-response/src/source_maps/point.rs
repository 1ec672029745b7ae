//! Maps of point sources: the PSF integrated over pixels, and the derivatives of that.

use multiversion::multiversion;
use rayon::prelude::*;
use roi_model::SkyDirection;

use super::pixels::Pixels;
use super::point_separation::{GreatCircle, PlanarRatio, Separation};
use super::point_slopes::{SlopeBuffers, Slopes};
use crate::geometry::UnitVector;
use crate::observation::{NodeWeights, PsfPlanes};
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
    /// Sums of the planes over the pixels within the radius that was asked for.
    sums: Vec<f64>,
}

/// What the image of a point source is made of.
pub(crate) struct PointSource<'a> {
    pub(crate) pixels: &'a Pixels,
    /// The PSF, or the PSF convolved with a radially symmetric shape.
    pub(crate) psf: &'a PsfPlanes,
    pub(crate) direction: &'a SkyDirection,
    pub(crate) recipe: &'a Recipe,
    /// The planes are summed over the pixels whose centre is at most so many degrees away.
    pub(crate) summed_within: Option<f64>,
}

impl PointSource<'_> {
    /// The image, computed for all planes at once: the geometry of a pixel serves them all.
    pub(crate) fn image(&self) -> PointImage {
        let angles = self.pixels.angles(self.direction);
        let integrator = Integrator::new(self, &angles);
        let [image] = match self.planar(&angles, false) {
            Some(planar) => integrator.images(&planar, |_, _, _, _| {}),
            // Also for a source that the projection has no place for.
            None => integrator.images(&GreatCircle::new(self.pixels, self.direction), |_, _, _, _| {}),
        };
        image
    }

    /// The same image, and its derivatives: when the source moves to the east and to the north, and, if `M` is 4, when the table changes by `change`; a degree
    /// each. Every pixel and plane is summed over the points over which the image was, so that these are the derivatives of its very numbers.
    pub(crate) fn sloped_images<const M: usize>(&self, change: Option<&PsfPlanes>) -> [PointImage; M] {
        let angles = self.pixels.angles(self.direction);
        let integrator = Integrator::new(self, &angles);
        let extrapolate = integrator.extrapolate;
        let slopes = Slopes { psf: self.psf, change, source: (*self.direction).into(), extrapolate };
        if let Some(planar) = self.planar(&angles, true) {
            return integrator
                .images(&planar, |pixel, center, points, work| slopes.of(&planar, pixel, (center, points), work));
        }
        let circles = GreatCircle::new(self.pixels, self.direction);
        integrator.images(&circles, |pixel, center, points, work| slopes.of(&circles, pixel, (center, points), work))
    }

    fn planar(&self, angles: &[f64], with_slopes: bool) -> Option<PlanarRatio> {
        let is_planar = self.recipe.point_pixels == PointPixels::PlanarDistances;
        is_planar.then(|| PlanarRatio::new(self.pixels, self.direction, angles, with_slopes)).flatten()
    }
}

impl PointImage {
    /// A row of a plane.
    pub(crate) fn row(&self, plane: usize, row: usize) -> &[f64] {
        self.rows.get(row).and_then(|row| row.get(plane * self.nx..(plane + 1) * self.nx)).unwrap_or_default()
    }

    /// Sums of the planes over the pixels within the radius that was asked for; zeros where none was.
    pub(crate) fn sums(&self) -> &[f64] {
        &self.sums
    }
}

/// The integral over pixels on finer and finer grids.
struct Integrator<'a> {
    pixels: &'a Pixels,
    psf: &'a PsfPlanes,
    /// Angles between the source and the pixels' centres, radians.
    angles: &'a [f64],
    peaks: Vec<f64>,
    /// Separation in degrees beyond which a plane is 0.
    reach: Vec<f64>,
    /// Whether the last two grids are extrapolated to an infinitely fine one.
    extrapolate: bool,
    /// The finest grid of points in a pixel, points a side.
    finest: usize,
    /// The planes are summed over pixels of at most this angle, radians.
    limit: f64,
}

/// What the planes of one pixel have come to, and room for the points in it.
struct Means {
    planes: Planes,
    /// Sums over a finer grid.
    finer: Vec<f64>,
    thetas: Vec<f64>,
    weights: NodeWeights,
}

/// What the planes of one pixel have come to.
struct Planes {
    means: Vec<f64>,
    done: Vec<bool>,
    /// Points a side of the grid that it was, 0 for a plane that is zero.
    points: Vec<usize>,
}

impl Means {
    fn new(psf: &PsfPlanes) -> Self {
        let n = psf.n_planes();
        Self {
            planes: Planes { means: vec![0.0; n], done: vec![false; n], points: vec![1; n] },
            finer: vec![0.0; n],
            thetas: Vec::new(),
            weights: NodeWeights::new(psf.thetas().len()),
        }
    }
}

/// A row of each image, and the sums of the first one's planes over the pixels near the source.
struct Row<const M: usize> {
    values: [Vec<f64>; M],
    sums: Vec<f64>,
}

impl<'a> Integrator<'a> {
    fn new(source: &PointSource<'a>, angles: &'a [f64]) -> Self {
        let (psf, recipe) = (source.psf, source.recipe);
        let planes = 0..psf.n_planes();
        let peaks = planes.clone().map(|plane| psf.peak(plane)).collect();
        let reach = |plane| recipe.point_containment.map_or(f64::INFINITY, |part| psf.containment_radius(part, plane));
        Self {
            pixels: source.pixels,
            psf,
            angles,
            peaks,
            reach: planes.map(reach).collect(),
            extrapolate: recipe.point_pixels == PointPixels::GreatCircles,
            finest: if recipe.point_pixels == PointPixels::Centers { 1 } else { FINEST },
            limit: source.summed_within.map_or(-1.0, f64::to_radians),
        }
    }

    /// The image, and with it the slopes that `more` makes of a pixel, its centre and the points of each plane.
    fn images<S: Separation, const M: usize>(
        &self,
        separation: &S,
        more: impl Fn([usize; 2], UnitVector, &[usize], &mut SlopeBuffers) + Sync,
    ) -> [PointImage; M] {
        let [nx, ny] = self.pixels.grid().size();
        let n = self.psf.n_planes();
        let row = |(means, work): &mut (Means, SlopeBuffers), y: usize| {
            let mut row: Row<M> = Row { values: std::array::from_fn(|_| vec![0.0; n * nx]), sums: vec![0.0; n] };
            for x in 0..nx {
                let Some(center) = self.pixels.center(y * nx + x) else { continue };
                let solid_angle = self.pixels.solid_angle(y * nx + x);
                let angle = self.angles[y * nx + x];
                self.pixel(angle, separation, [x, y], means);
                let Planes { means, points, .. } = &means.planes;
                more([x, y], center, points, work);
                for (row, own) in row.values.iter_mut().zip(std::iter::once(means).chain(work.slopes())) {
                    for (plane, value) in own.iter().enumerate() {
                        row[plane * nx + x] = value * solid_angle;
                    }
                }
                if angle <= self.limit {
                    row.sums.iter_mut().zip(means).for_each(|(sum, value)| *sum += value * solid_angle);
                }
            }
            row
        };
        let start = || (Means::new(self.psf), SlopeBuffers::new(self.psf));
        let mut rows: [Vec<Vec<f64>>; M] = std::array::from_fn(|_| Vec::with_capacity(ny));
        let mut sums = vec![0.0; n];
        // Sums are added row by row, whatever the threads.
        for row in (0..ny).into_par_iter().map_init(start, row).collect::<Vec<_>>() {
            rows.iter_mut().zip(row.values).for_each(|(rows, row)| rows.push(row));
            sums.iter_mut().zip(&row.sums).for_each(|(sum, own)| *sum += own);
        }
        rows.map(|rows| PointImage { rows, nx, sums: sums.clone() })
    }

    /// The mean of the PSF over a pixel whose centre is so many radians away, for each plane.
    fn pixel<S: Separation>(&self, angle: f64, separation: &S, pixel: [usize; 2], work: &mut Means) {
        let theta = angle.to_degrees();
        let Means { planes, finer, thetas, weights } = work;
        let Some(around) = self.psf.around(theta) else {
            planes.means.fill(0.0);
            planes.points.fill(0);
            return;
        };
        begin(planes, theta, around, (&self.peaks, &self.reach));
        let mut side = 2;
        while side <= self.finest {
            // The planes that are not done lie between these two.
            let Some(first) = planes.done.iter().position(|done| !done) else { return };
            let last = planes.done.iter().rposition(|done| !done).unwrap_or(first);
            let sums = &mut finer[first..=last];
            sums.fill(0.0);
            separation.grid(pixel, side, thetas);
            weights.add_values(self.psf, thetas);
            weights.take(self.psf, first, sums);
            refine(planes, (first, sums), side, (side == self.finest, self.extrapolate));
            side *= 2;
        }
    }
}

/// The values in a pixel's centre, `theta` degrees from the source: planes are done that are 0 or negligible there beside their peaks, or beyond their reach.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl+avx512bw", "x86_64+avx2"))]
fn begin(
    planes: &mut Planes,
    theta: f64,
    (below, above, fraction): (&[f64], &[f64], f64),
    (peaks, reach): (&[f64], &[f64]),
) {
    let Planes { means, done, points } = planes;
    let planes = means.iter_mut().zip(done).zip(points).zip(below).zip(above).zip(peaks).zip(reach);
    for ((((((mean, done), points), below), above), peak), reach) in planes {
        let value = if theta > *reach { 0.0 } else { below + (above - below) * fraction };
        *mean = value;
        *done = value <= 0.0 || value < NEGLIGIBLE * peak;
        *points = usize::from(value > 0.0);
    }
}

/// Takes up the sums of planes, from `first` on, over a grid of `side` x `side` points, where they are not done yet.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl+avx512bw", "x86_64+avx2"))]
fn refine(planes: &mut Planes, (first, sums): (usize, &[f64]), side: usize, (is_finest, extrapolate): (bool, bool)) {
    let scale = 1.0 / (side * side) as f64;
    let Planes { means, done, points } = planes;
    let planes = means.iter_mut().zip(done).zip(points).skip(first);
    for (((mean, done), points), sum) in planes.zip(sums) {
        let (finer, before) = (sum * scale, *mean);
        // Also true for a mean of zero.
        let ends = (finer - before).abs() <= CONVERGED * finer || is_finest;
        // The error of a grid falls as the square of its step.
        let best = if ends && extrapolate { (4.0 * finer - before) / 3.0 } else { finer };
        // Chosen and not branched on: several planes are taken up at once.
        *mean = if *done { before } else { best };
        *points = if *done { *points } else { side };
        *done |= ends;
    }
}
