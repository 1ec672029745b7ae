//! Derivatives of the means of a PSF over pixels.

use super::point_separation::Separation;
use crate::geometry::UnitVector;
use crate::observation::PsfPlanes;

/// What the derivatives of the image of a radially symmetric source are made of.
pub(crate) struct Slopes<'a> {
    pub(crate) psf: &'a PsfPlanes,
    /// How the table changes when the source grows, 1/sr a degree.
    pub(crate) change: Option<&'a PsfPlanes>,
    pub(crate) source: UnitVector,
    /// Whether the last two grids are extrapolated to an infinitely fine one.
    pub(crate) extrapolate: bool,
}

/// The sums of one grid.
struct Sums([Vec<f64>; 3]);

impl Slopes<'_> {
    /// Derivatives of the means over a pixel, for each plane: to the east, to the north, and of the table. `points`: how many points a side the
    /// grid of each plane has; 1 for the centre alone, 0 for a plane that is zero.
    pub(crate) fn of<S: Separation>(
        &self,
        separation: &S,
        pixel: [usize; 2],
        center: UnitVector,
        points: &[usize],
    ) -> [Vec<f64>; 3] {
        let mut out = std::array::from_fn(|_| vec![0.0; points.len()]);
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
                let Sums(sums) = self.grid(separation, pixel, center, side, first..last + 1);
                for (out, sums) in out.iter_mut().zip(&sums) {
                    for (plane, sum) in (first..=last).zip(sums) {
                        out[plane] += share(plane) * sum / (side * side) as f64;
                    }
                }
            }
            side *= 2;
        }
        out
    }

    fn grid<S: Separation>(
        &self,
        separation: &S,
        [x, y]: [usize; 2],
        center: UnitVector,
        side: usize,
        planes: std::ops::Range<usize>,
    ) -> Sums {
        let mut sums = std::array::from_fn(|_| vec![0.0; planes.len()]);
        let [east, north, table] = &mut sums;
        let mut add = |theta: f64, slopes: [f64; 2]| {
            self.psf.add_slopes(theta, planes.start, slopes, [&mut *east, &mut *north]);
            if let Some(change) = self.change {
                change.add(theta, planes.start, table);
            }
        };
        if side == 1 {
            let slopes = self.source.angle_slopes(&self.source.tangents(), center);
            add(center.angle(self.source).to_degrees(), slopes);
            return Sums(sums);
        }
        let step = 1.0 / side as f64;
        for i in 0..side * side {
            let (dx, dy) = ((i % side) as f64 + 0.5, (i / side) as f64 + 0.5);
            if let Some((theta, slopes)) = separation.inside_with_slopes(x, y, dx * step - 0.5, dy * step - 0.5) {
                add(theta, slopes);
            }
        }
        Sums(sums)
    }
}
