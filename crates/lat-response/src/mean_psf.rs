//! The point spread function averaged over an observation, from the response and the livetime.

use std::sync::Arc;

use ndarray::Array2;
use rayon::prelude::*;
use roi_model::sky::SkyDirection;

use crate::build::PsfAt;
use crate::error::Result;
use crate::exposure_cube::ObservedExposure;
use crate::irf::Irf;
use crate::livetime::LivetimeCube;
use crate::psf::Psf;

/// Separations out to which the LAT tools tabulate the PSF, degrees: 0, and 400 between these in equal ratios.
const SEPARATIONS: (f64, f64, u32) = (1e-4, 70.0, 400);

/// The PSF at one direction, and the exposure that it is weighted with.
#[derive(Clone, Debug)]
pub struct ObservedPsf {
    /// The table, normalised to 1 at its last separation.
    pub psf: Psf,
    /// cm^2 s, one value an energy of the table.
    pub exposure: Vec<f64>,
}

impl ObservedPsf {
    /// The PSF at a direction and energies in MeV (increasing): the mean over event types and inclinations, weighted with effective area and
    /// livetime. It is what gtpsf and gtsrcmaps use; zero where there is no exposure.
    ///
    /// # Errors
    /// As [`ObservedExposure::new`] and [`Psf::new`].
    pub fn new(livetime: &LivetimeCube, irfs: &[Irf], direction: &SkyDirection, energies: &[f64]) -> Result<Self> {
        let exposure = ObservedExposure::new(livetime, irfs, energies)?.at(direction)?;
        let thetas = separations();
        let radians: Vec<f64> = thetas.iter().map(|theta| theta.to_radians()).collect();
        let rows: Vec<Vec<f64>> = energies
            .par_iter()
            .map(|&energy| row(livetime, irfs, direction, energy, &radians))
            .collect::<Result<_>>()?;
        let shape = (energies.len(), thetas.len());
        let values = Array2::from_shape_fn(shape, |(energy, theta)| rows[energy][theta]);
        let psf = Psf::new(energies.to_vec(), thetas, values)?;
        Ok(Self { psf, exposure })
    }
}

/// The PSF wherever source maps need it, from the response functions and livetimes themselves.
///
/// As `ObservationPsf::Computed(Arc::new(..))` it gives each point source the PSF of its own position.
#[derive(Clone, Debug)]
pub struct ResponsePsf {
    livetime: Arc<LivetimeCube>,
    irfs: Arc<[Irf]>,
    energies: Vec<f64>,
}

impl ResponsePsf {
    /// A PSF at energies in MeV that increase: those of the planes of source maps.
    pub fn new(livetime: Arc<LivetimeCube>, irfs: Arc<[Irf]>, energies: Vec<f64>) -> Self {
        Self { livetime, irfs, energies }
    }
}

impl PsfAt for ResponsePsf {
    fn psf(&self, direction: &SkyDirection) -> Result<Psf> {
        Ok(ObservedPsf::new(&self.livetime, &self.irfs, direction, &self.energies)?.psf)
    }
}

/// The nodes of the table, degrees.
fn separations() -> Vec<f64> {
    let (first, last, n) = SEPARATIONS;
    let step = (last / first).ln() / f64::from(n - 1);
    let mut thetas = vec![0.0];
    thetas.extend((0..n).map(|i| first * (f64::from(i) * step).exp()));
    thetas
}

/// The normalised PSF at one energy.
fn row(
    livetime: &LivetimeCube,
    irfs: &[Irf],
    direction: &SkyDirection,
    energy: f64,
    radians: &[f64],
) -> Result<Vec<f64>> {
    let at = livetime.at(direction);
    let mut row = vec![0.0; radians.len()];
    for irf in irfs {
        let (f1, f2) = irf.effective_area.livetime_factors(energy);
        // The PSF is linear in its nodes, so that inclinations are summed before separations are looked at.
        let mut weights = vec![0.0; irf.psf.n_nodes()];
        for (time, &cosine) in at.combined(f1, f2)?.into_iter().zip(livetime.cosines()) {
            let exposure = time * irf.effective_area.value(energy, cosine);
            for (node, weight) in irf.psf.around(energy, cosine) {
                weights[node] += weight * exposure;
            }
        }
        for (node, &weight) in weights.iter().enumerate().filter(|(_, weight)| **weight != 0.0) {
            for (value, &theta) in row.iter_mut().zip(radians) {
                *value += weight * irf.psf.at_node(node, theta);
            }
        }
    }
    let ring = |i: usize| 2.0 * std::f64::consts::PI * row[i] * radians[i].sin();
    let integral: f64 = (1..radians.len()).map(|i| 0.5 * (ring(i - 1) + ring(i)) * (radians[i] - radians[i - 1])).sum();
    if integral > 0.0 {
        for value in &mut row {
            *value /= integral;
        }
    }
    Ok(row)
}
