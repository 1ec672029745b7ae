//! The correction of the LAT tools for what is lost of a PSF's integral between pixels (`psfcorr`).

use roi_model::SkyDirection;

use super::pixels::Pixels;
use super::point::PointImage;
use crate::observation::PsfPlanes;
use crate::parity::Parity;

/// Pixels, and bins of energy, by which a source must lie inside the map.
const MARGIN: usize = 4;

/// The factors, one a plane, that make the sum over the pixels within the nearest boundary the integral of the PSF that far out; 1 where the
/// tools apply none.
///
/// Today's tools ask for a source at least 4 pixels inside the map, and for a middle edge (of `n_edges`) at least 4 energy bins from both
/// ends.
pub(crate) fn factors(
    pixels: &Pixels,
    image: &PointImage,
    psf: &PsfPlanes,
    source: &SkyDirection,
    n_edges: usize,
    parity: Parity,
) -> Vec<f64> {
    let n = psf.n_planes();
    let [nx, ny] = pixels.grid().size();
    let pixel = pixels.grid().pixel(source);
    let inside = |index: usize, n: usize| index >= MARGIN && index + MARGIN < n;
    let wanted = match parity {
        Parity::Fermitools => {
            inside(n_edges / 2, n_edges - 1)
                && pixel.is_some_and(|pixel| inside(pixel % nx, nx) && inside(pixel / nx, ny))
        }
        Parity::ScienceTools => pixel.is_some(),
        Parity::Accurate => false,
    };
    if !wanted {
        return vec![1.0; n];
    }
    let radius = pixels.to_boundary(source);
    let sums = image.sums_within(pixels, source, radius, n);
    let old = parity == Parity::ScienceTools;
    let integral = |plane| if old { psf.integral_with_overlap(radius, plane) } else { psf.integral(radius, plane) };
    let of_nothing = if old { 1.0 } else { 0.0 };
    let factor = |(plane, sum): (usize, f64)| if sum > 0.0 { integral(plane) / sum } else { of_nothing };
    let mut factors: Vec<f64> = sums.into_iter().enumerate().map(factor).collect();
    // The old tools gave the last plane the factor of the one before it.
    if let ([.., before, last], true) = (factors.as_mut_slice(), old) {
        *last = *before;
    }
    factors
}
