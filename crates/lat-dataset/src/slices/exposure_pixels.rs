//! The pixels of an exposure map that the maps of a region look at.

use std::collections::HashMap;

use lat_response::{Exposure, ExposureLookup, LivetimeCube, ObservedExposure, SkyCube, SkyGrid};
use ndarray::Array2;
use rayon::prelude::*;
use roi_model::SkyDirection;

use crate::error::Result;

/// Pixels of an exposure map within reach of a region. Those in one pixel of the livetime have one exposure, which is kept once.
#[derive(Debug)]
pub(super) struct ExposurePixels {
    grid: SkyGrid,
    lookup: ExposureLookup,
    energies: Vec<f64>,
    /// Pixels, and which of the places tells their exposure.
    pixels: Vec<(usize, usize)>,
    places: Vec<SkyDirection>,
}

impl ExposurePixels {
    /// The pixels of a map within `radius` degrees of a direction, for livetime in the pixels of a cube such as this.
    pub(super) fn new(
        like: &Exposure,
        energies: Vec<f64>,
        (center, radius): (&SkyDirection, f64),
        livetime: &LivetimeCube,
    ) -> Self {
        let grid = like.cube().grid().clone();
        let lookup = if like.is_interpolated() { ExposureLookup::Bilinear } else { ExposureLookup::Fermitools };
        let (mut known, mut pixels, mut places) = (HashMap::new(), Vec::new(), Vec::new());
        for pixel in 0..grid.n_pixels() {
            let Some(direction) = grid.direction(pixel) else { continue };
            if direction.separation(center) > radius {
                continue;
            }
            let place = *known.entry(livetime.pixels().pixel(&direction)).or_insert_with(|| {
                places.push(direction);
                places.len() - 1
            });
            pixels.push((pixel, place));
        }
        Self { grid, lookup, energies, pixels, places }
    }

    /// cm^2 s of an observation, `[energy, place]`. Memory: 4 bytes each.
    pub(super) fn observed(&self, observed: &ObservedExposure<'_>) -> Result<Array2<f32>> {
        // Collected before the first error is taken, so that the same error is told on every run.
        let columns: Vec<lat_response::Result<Vec<f64>>> =
            self.places.par_iter().map(|direction| observed.at(direction)).collect();
        let mut exposure = Array2::zeros((self.energies.len(), self.places.len()));
        for (place, column) in columns.into_iter().enumerate() {
            for (energy, value) in column?.into_iter().enumerate() {
                #[expect(clippy::cast_possible_truncation, reason = "cubes hold 32-bit floats, as the files do")]
                let single = value as f32;
                exposure[[energy, place]] = single;
            }
        }
        Ok(exposure)
    }

    /// The exposure as a map, 0 in the pixels that nobody looks at.
    pub(super) fn map(&self, exposure: &Array2<f32>) -> Result<Exposure> {
        let mut planes = Array2::zeros((self.energies.len(), self.grid.n_pixels()));
        for (mut plane, values) in planes.outer_iter_mut().zip(exposure.outer_iter()) {
            for &(pixel, place) in &self.pixels {
                plane[pixel] = values[place];
            }
        }
        let cube = SkyCube::new("exposure of a time bin", self.grid.clone(), self.energies.clone(), planes)?;
        Ok(Exposure::new(cube, self.lookup)?)
    }

    /// The exposure at a direction, one value an energy, in the pixel that maps look it up in; `None` where it is not known.
    pub(super) fn at(&self, like: &Exposure, exposure: &Array2<f32>, direction: &SkyDirection) -> Option<Vec<f64>> {
        let terms = like.lookup(direction);
        let mut sum = vec![0.0; self.energies.len()];
        for &(pixel, weight) in terms.terms() {
            let found = self.pixels.binary_search_by_key(&pixel, |(pixel, _)| *pixel).ok()?;
            let (_, place) = self.pixels.get(found)?;
            for (sum, value) in sum.iter_mut().zip(exposure.column(*place)) {
                *sum += weight * f64::from(*value);
            }
        }
        (!terms.terms().is_empty()).then_some(sum)
    }

    /// MeV.
    pub(super) fn energies(&self) -> &[f64] {
        &self.energies
    }
}

/// The size of the pixels of a map, degrees.
pub(super) fn pixel_size(grid: &SkyGrid) -> f64 {
    match grid {
        SkyGrid::Wcs(grid) => grid.header().cdelt.iter().fold(0.0, |most, step| f64::max(most, step.abs())),
        grid => grid.solid_angle(0).sqrt().to_degrees(),
    }
}
