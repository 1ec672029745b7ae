//! Coarser versions of maps that are finer than the counts map can show.

use std::borrow::Cow;
use std::sync::Arc;

use rayon::prelude::*;

use super::sky_planes::SkyPlanes;
use crate::error::Result;
use crate::geometry::{SkyGrid, WcsGrid};

/// How many pixels of a map make one of `wanted` degrees, at least 1.
pub(crate) fn factor(grid: &SkyGrid, wanted: f64) -> usize {
    pixel(grid).map_or(1, |size| floor(wanted / size))
}

/// How many pixels of a map fit into one of `degrees`, at least 1.
pub(crate) fn ratio(degrees: f64, grid: &SkyGrid) -> usize {
    factor(grid, degrees)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float saturates")]
fn floor(x: f64) -> usize {
    // Sizes of exactly n pixels must not become n - 1 by rounding.
    ((x + 1e-6).floor() as usize).max(1)
}

fn pixel(grid: &SkyGrid) -> Option<f64> {
    match grid {
        SkyGrid::Wcs(grid) => Some(grid.header().cdelt.iter().fold(f64::INFINITY, |least, d| least.min(d.abs()))),
        SkyGrid::Healpix(_) => None,
    }
}

/// A map whose pixels are the means, weighted by solid angle, of `factor` x `factor` pixels; blocks at the far edges may hold fewer. A plane is
/// averaged when it is asked for.
#[derive(Debug)]
pub(crate) struct Rebinned {
    fine: Arc<dyn SkyPlanes>,
    /// Pixels in a row of the fine map.
    nx: usize,
    factor: usize,
    coarse: SkyGrid,
    /// Of the fine pixels, sr.
    solid_angles: Vec<f64>,
}

/// A map with pixels `factor` times as large; HEALPix pixels stay as they are.
pub(crate) fn rebin(fine: Arc<dyn SkyPlanes>, factor: usize) -> Result<Arc<dyn SkyPlanes>> {
    let SkyGrid::Wcs(grid) = fine.grid() else { return Ok(fine) };
    let factor = factor.max(1);
    let [nx, ny] = grid.size();
    let mut header = grid.header().clone();
    (header.nx, header.ny) = (nx.div_ceil(factor), ny.div_ceil(factor));
    for axis in 0..2 {
        header.cdelt[axis] *= factor as f64;
        header.crpix[axis] = (header.crpix[axis] - 0.5) / factor as f64 + 0.5;
    }
    let solid_angles = (0..nx * ny).into_par_iter().map(|pixel| grid.solid_angle(pixel)).collect();
    let coarse = SkyGrid::Wcs(WcsGrid::new(header)?);
    Ok(Arc::new(Rebinned { fine, nx, factor, coarse, solid_angles }))
}

impl SkyPlanes for Rebinned {
    fn what(&self) -> &str {
        self.fine.what()
    }

    fn grid(&self) -> &SkyGrid {
        &self.coarse
    }

    fn energies(&self) -> &[f64] {
        self.fine.energies()
    }

    fn plane(&self, index: usize) -> Result<Cow<'_, [f32]>> {
        let fine = self.fine.plane(index)?;
        let coarse_nx = self.nx.div_ceil(self.factor);
        let mut sums = vec![(0.0, 0.0); self.coarse.n_pixels()];
        for (pixel, (&value, &weight)) in fine.iter().zip(&self.solid_angles).enumerate() {
            let sum = &mut sums[pixel / self.nx / self.factor * coarse_nx + pixel % self.nx / self.factor];
            sum.0 += f64::from(value) * weight;
            sum.1 += weight;
        }
        #[expect(clippy::cast_possible_truncation, reason = "maps are stored in single precision")]
        let mean = |(sum, weight): (f64, f64)| if weight > 0.0 { (sum / weight) as f32 } else { 0.0 };
        Ok(Cow::Owned(sums.into_iter().map(mean).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Frame, WcsHeader};
    use crate::templates::SkyCube;
    use ndarray::Array2;

    #[test]
    fn blocks_are_averaged_in_their_place() {
        let header = WcsHeader::centered([5, 4], 0.05, Frame::Galactic, "CAR", [10.0, 0.0]);
        let grid = SkyGrid::Wcs(WcsGrid::new(header).unwrap());
        assert_eq!((factor(&grid, 0.1), factor(&grid, 0.04)), (2, 1));
        let planes = Array2::from_shape_fn((1, 20), |(_, pixel)| (pixel % 5) as f32);
        let cube = SkyCube::new("map", grid, vec![100.0], planes).unwrap();
        let cube: Arc<dyn SkyPlanes> = Arc::new(cube);
        let coarse = rebin(Arc::clone(&cube), 2).unwrap();
        let values = coarse.plane(0).unwrap();
        for (found, expected) in values.iter().zip([0.5, 2.5, 4.0, 0.5, 2.5, 4.0]) {
            approx::assert_relative_eq!(*found, expected, max_relative = 1e-6);
        }
        // Between the centres of columns 1 and 2, and of rows 1 and 2.
        let SkyGrid::Wcs(fine) = cube.grid() else { panic!() };
        let SkyGrid::Wcs(grid) = coarse.grid() else { panic!() };
        let direction = fine.to_direction(1.5, 1.5).unwrap();
        let (x, y) = grid.to_pixel(&direction).unwrap();
        assert!((x - 1.0).abs() < 1e-9 && (y - 1.0).abs() < 1e-9);
    }
}
