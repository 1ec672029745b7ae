//! Exposure from the effective area and the livetime.

use ndarray::Array2;
use rayon::prelude::*;
use roi_model::SkyDirection;

use super::livetime::LivetimeCube;
use super::observed_irfs::ObservedIrfs;
use crate::error::{Error, Result};
use crate::geometry::SkyGrid;
use crate::templates::SkyCube;

/// The exposure of an observation at chosen energies: what gtexpcube2 computes.
///
/// At a direction and an energy it is the sum over event types of `f1 L + f2 Lw`: `L` and `Lw` are the sums over inclinations, and azimuths where the cube has them, of effective area
/// times livetime and weighted livetime, `f1` and `f2` correct for the trigger rate (see [`crate::irf::Efficiency`]).
#[derive(Clone, Debug)]
pub struct ObservedExposure<'a> {
    livetime: &'a LivetimeCube,
    energies: Vec<f64>,
    /// cm^2 a bin of the livetime cube, of livetime and of weighted livetime, for each energy.
    areas: Vec<[Vec<f64>; 2]>,
    corrected: bool,
}

impl<'a> ObservedExposure<'a> {
    /// The exposure at energies in MeV, summed over the event types.
    ///
    /// # Errors
    /// [`Error::BadValue`] for energies that are not positive, [`Error::NoWeightedLivetime`] when the response needs weighted livetime and the cube
    /// has none.
    pub fn new(observed: ObservedIrfs<'a>, energies: &[f64]) -> Result<Self> {
        let livetime = observed.livetime;
        if let Some(&value) = energies.iter().find(|energy| !(energy.is_finite() && **energy > 0.0)) {
            let what = "an energy of the exposure".into();
            return Err(Error::BadValue { what, value, expected: "a positive energy in MeV" });
        }
        let bins = livetime.bins().count();
        let areas: Vec<[Vec<f64>; 2]> = energies
            .iter()
            .map(|&energy| {
                let mut sums = [vec![0.0; bins], vec![0.0; bins]];
                for (irf, (_, (f1, f2))) in observed.corrected(energy).enumerate() {
                    for (bin, area) in observed.areas(irf, energy).iter().enumerate() {
                        sums[0][bin] += f1 * area;
                        sums[1][bin] += f2 * area;
                    }
                }
                sums
            })
            .collect();
        let corrected = areas.iter().any(|[_, weighted]| weighted.iter().any(|&area| area != 0.0));
        if corrected && !livetime.is_weighted() {
            return Err(Error::NoWeightedLivetime);
        }
        Ok(Self { livetime, energies: energies.to_vec(), areas, corrected })
    }

    /// Energies in MeV.
    pub fn energies(&self) -> &[f64] {
        &self.energies
    }

    /// cm^2 s at a direction, one value an energy.
    ///
    /// # Errors
    /// [`Error::BadValue`] when the correction makes an exposure negative.
    pub fn at(&self, direction: &SkyDirection) -> Result<Vec<f64>> {
        let at = self.livetime.at(direction)?;
        let times: Vec<f64> = at.times().collect();
        let weighted: Vec<f64> = at.weighted().filter(|_| self.corrected).map(Iterator::collect).unwrap_or_default();
        let sum = |areas: &[f64], times: &[f64]| areas.iter().zip(times).map(|(area, time)| area * time).sum::<f64>();
        let exposure = self.areas.iter().zip(&self.energies).map(|([plain, corrected], energy)| {
            let value = sum(plain, &times) + sum(corrected, &weighted);
            if value >= 0.0 {
                return Ok(value);
            }
            let what = format!(
                "exposure at {energy} MeV, RA {}, Dec {}, after the correction for the trigger rate",
                direction.ra(),
                direction.dec()
            );
            Err(Error::BadValue { what, value, expected: "at least 0 cm^2 s" })
        });
        exposure.collect()
    }

    /// The exposure at the centre of every pixel, 0 where a pixel is off the projection. Energies must increase.
    ///
    /// # Errors
    /// As [`ObservedExposure::at`] and [`SkyCube::new`].
    pub fn cube(&self, grid: SkyGrid) -> Result<SkyCube> {
        let columns: Vec<Vec<f64>> = (0..grid.n_pixels())
            .into_par_iter()
            .map(|pixel| match grid.direction(pixel) {
                Some(direction) => self.at(&direction),
                None => Ok(vec![0.0; self.energies.len()]),
            })
            .collect::<Result<_>>()?;
        #[expect(clippy::cast_possible_truncation, reason = "cubes hold 32-bit floats, as the files do")]
        let planes = Array2::from_shape_fn((self.energies.len(), columns.len()), |(energy, pixel)| {
            columns[pixel][energy] as f32
        });
        SkyCube::new("exposure", grid, self.energies.clone(), planes)
    }
}
