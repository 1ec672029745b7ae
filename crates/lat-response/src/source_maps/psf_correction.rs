//! The correction of the LAT tools for what is lost of a PSF's integral between pixels (`psfcorr`).

use roi_model::SkyDirection;

use super::pixels::Pixels;
use crate::observation::PsfPlanes;
use crate::recipe::PsfCorrection;

/// Pixels, and bins of energy, by which a source must lie inside the map.
const MARGIN: usize = 4;

/// What the correction of a source depends on beside the source.
pub(crate) struct Correction<'a> {
    pub(crate) pixels: &'a Pixels,
    /// Edges of the energy axis, without those for energy dispersion.
    pub(crate) n_edges: usize,
    pub(crate) way: PsfCorrection,
}

impl Correction<'_> {
    /// How far around a source its planes are summed, degrees: to the nearest boundary of the map; `None` where there is no correction.
    ///
    /// [`PsfCorrection::Inside`] asks for a source at least 4 pixels inside the map, and for a middle edge at least 4 energy bins from both ends.
    pub(crate) fn radius(&self, source: &SkyDirection) -> Option<f64> {
        self.applies_to(source).then(|| self.pixels.to_boundary(source))
    }

    /// The factors, one a plane, that make the sums over the pixels within a radius the integral of the PSF that far out.
    pub(crate) fn factors(&self, psf: &PsfPlanes, radius: f64, sums: &[f64]) -> Vec<f64> {
        let overlapping = self.way == PsfCorrection::Overlapping;
        let integral = |plane| {
            if overlapping { psf.integral_with_overlap(radius, plane) } else { psf.integral(radius, plane) }
        };
        let of_nothing = if overlapping { 1.0 } else { 0.0 };
        let factor = |(plane, sum): (usize, &f64)| if *sum > 0.0 { integral(plane) / sum } else { of_nothing };
        let mut factors: Vec<f64> = sums.iter().enumerate().map(factor).collect();
        // The tools of Pass 7 gave the last plane the factor of the one before it.
        if let ([.., before, last], true) = (factors.as_mut_slice(), overlapping) {
            *last = *before;
        }
        factors
    }

    fn applies_to(&self, source: &SkyDirection) -> bool {
        let [nx, ny] = self.pixels.grid().size();
        let pixel = self.pixels.grid().pixel(source);
        let inside = |index: usize, n: usize| index >= MARGIN && index + MARGIN < n;
        match self.way {
            PsfCorrection::Inside => {
                inside(self.n_edges / 2, self.n_edges - 1)
                    && pixel.is_some_and(|pixel| inside(pixel % nx, nx) && inside(pixel / nx, ny))
            }
            PsfCorrection::Overlapping => pixel.is_some(),
            PsfCorrection::Never => false,
        }
    }
}
