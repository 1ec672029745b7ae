//! Derivatives of the means of a PSF over pixels.

use super::point_separation::Separation;
use crate::geometry::UnitVector;
use crate::observation::{PsfPlanes, SlopeWeights};

/// What the derivatives of the image of a radially symmetric source are made of.
pub(crate) struct Slopes<'a> {
    pub(crate) psf: &'a PsfPlanes,
    /// How the table changes when the source grows, 1/sr a degree.
    pub(crate) change: Option<&'a PsfPlanes>,
    pub(crate) source: UnitVector,
    /// Whether the last two grids are extrapolated to an infinitely fine one.
    pub(crate) extrapolate: bool,
}

/// Room for the points of a grid, and the slopes of one pixel.
pub(crate) struct SlopeBuffers {
    points: Vec<(f64, [f64; 2])>,
    weights: SlopeWeights,
    sums: [Vec<f64>; 3],
    slopes: [Vec<f64>; 3],
}

impl SlopeBuffers {
    pub(crate) fn new(psf: &PsfPlanes) -> Self {
        let zeros = || std::array::from_fn(|_| vec![0.0; psf.n_planes()]);
        let weights = SlopeWeights::new(psf.thetas().len());
        Self { points: Vec::new(), weights, sums: zeros(), slopes: zeros() }
    }

    /// What [`Slopes::of`] found, for each plane: to the east, to the north, and of the table.
    pub(crate) fn slopes(&self) -> &[Vec<f64>; 3] {
        &self.slopes
    }
}

impl Slopes<'_> {
    /// Derivatives of the means over a pixel, which [`SlopeBuffers::slopes`] has then. `points`: how many points a side the grid of each plane has; 1 for the
    /// centre alone, 0 for a plane that is zero.
    pub(crate) fn of<S: Separation>(
        &self,
        separation: &S,
        pixel: [usize; 2],
        (center, points): (UnitVector, &[usize]),
        work: &mut SlopeBuffers,
    ) {
        work.slopes.iter_mut().for_each(|slopes| slopes.fill(0.0));
        let finest = points.iter().copied().max().unwrap_or(0);
        let mut side = 1;
        while side <= finest {
            // The error of a grid falls as the square of its step, as for the means.
            let share = |plane: usize| match points[plane] {
                own if own == side && (side == 1 || !self.extrapolate) => 1.0,
                own if own == side => 4.0 / 3.0,
                own if own == 2 * side && self.extrapolate => -1.0 / 3.0,
                _ => 0.0,
            };
            let is_wanted = |plane: &usize| share(*plane) != 0.0;
            let planes = (0..points.len()).find(is_wanted).zip((0..points.len()).rev().find(is_wanted));
            if let Some((first, last)) = planes {
                self.grid(separation, (pixel, center), side, first..last + 1, work);
                for (slopes, sums) in work.slopes.iter_mut().zip(&work.sums) {
                    for (plane, sum) in (first..=last).zip(sums) {
                        slopes[plane] += share(plane) * sum / (side * side) as f64;
                    }
                }
            }
            side *= 2;
        }
    }

    /// The sums over one grid, from the first plane on.
    fn grid<S: Separation>(
        &self,
        separation: &S,
        (pixel, center): ([usize; 2], UnitVector),
        side: usize,
        planes: std::ops::Range<usize>,
        work: &mut SlopeBuffers,
    ) {
        let SlopeBuffers { points, weights, sums, .. } = work;
        if side == 1 {
            points.clear();
            let slopes = self.source.angle_slopes(&self.source.tangents(), center);
            points.push((center.angle(self.source).to_degrees(), slopes));
        } else {
            separation.grid_with_slopes(pixel, side, points);
        }
        for &(theta, slopes) in points.iter() {
            weights.add(self.psf, theta, slopes);
        }
        let sums = sums.each_mut().map(|sums| {
            let sums = &mut sums[..planes.len()];
            sums.fill(0.0);
            sums
        });
        weights.take((self.psf, self.change), planes.start, sums);
    }
}
