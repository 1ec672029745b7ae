//! The point spread function averaged over an observation, from the response and the livetime.

use std::sync::Arc;

use ndarray::Array2;
use rayon::prelude::*;
use roi_model::SkyDirection;

use super::livetime::LivetimeCube;
use super::observed_exposure::ObservedExposure;
use super::psf_resample::separations;
use super::psf_table::Psf;
use super::response::PsfAt;
use crate::error::Result;
use crate::irf::Irf;
use crate::parity::Parity;

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
        Self::with_parity(livetime, irfs, direction, energies, Parity::Fermitools)
    }

    /// The PSF as the tools of a parity have it: with [`Parity::ScienceTools`] it is not normalised again.
    ///
    /// # Errors
    /// As [`ObservedPsf::new`].
    pub fn with_parity(
        livetime: &LivetimeCube,
        irfs: &[Irf],
        direction: &SkyDirection,
        energies: &[f64],
        parity: Parity,
    ) -> Result<Self> {
        let exposure = ObservedExposure::new(livetime, irfs, energies)?.at(direction)?;
        let thetas = separations(parity.psf_nodes().min(Parity::Fermitools.psf_nodes()));
        let radians: Vec<f64> = thetas.iter().map(|theta| theta.to_radians()).collect();
        let rows: Vec<Vec<f64>> = energies
            .par_iter()
            .zip(&exposure)
            .map(|(&energy, &exposure)| {
                let mut row = row(livetime, irfs, direction, energy, &radians)?;
                let norm = if parity == Parity::ScienceTools { exposure } else { integral(&row, &radians) };
                if norm > 0.0 {
                    for value in &mut row {
                        *value /= norm;
                    }
                }
                Ok(row)
            })
            .collect::<Result<_>>()?;
        let shape = (energies.len(), thetas.len());
        let values = Array2::from_shape_fn(shape, |(energy, theta)| rows[energy][theta]);
        let psf = Psf::new(energies.to_vec(), thetas, values)?;
        Ok(Self { psf, exposure })
    }
}

/// The PSF wherever source maps need it, from the response functions and livetimes themselves.
///
/// As [`ObservationPsf::Computed`](crate::ObservationPsf::Computed) it gives each point source the PSF of its own position.
#[derive(Clone, Debug)]
pub struct ResponsePsf {
    livetime: Arc<LivetimeCube>,
    irfs: Arc<[Irf]>,
    energies: Vec<f64>,
    parity: Parity,
}

impl ResponsePsf {
    /// A PSF at energies in MeV that increase: those of the planes of source maps.
    pub fn new(livetime: Arc<LivetimeCube>, irfs: Arc<[Irf]>, energies: Vec<f64>) -> Self {
        Self { livetime, irfs, energies, parity: Parity::default() }
    }

    /// The same as the tools of a parity have it, see [`ObservedPsf::with_parity`].
    #[must_use]
    pub fn with_parity(mut self, parity: Parity) -> Self {
        self.parity = parity;
        self
    }
}

impl PsfAt for ResponsePsf {
    fn psf(&self, direction: &SkyDirection) -> Result<Psf> {
        let Self { livetime, irfs, energies, parity } = self;
        Ok(ObservedPsf::with_parity(livetime, irfs, direction, energies, *parity)?.psf)
    }
}

/// The PSF times the exposure at one energy.
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
        let exposures = at.exposure(&irf.effective_area, energy)?;
        // The PSF is linear in its nodes, so that inclinations are summed before separations are looked at.
        let mut weights = vec![0.0; irf.psf.n_nodes()];
        for (exposure, &cosine) in exposures.into_iter().zip(livetime.cosines()) {
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
    Ok(row)
}

/// Integral over the sphere with `2 pi sin(theta) p` linear between nodes.
fn integral(row: &[f64], radians: &[f64]) -> f64 {
    let ring = |i: usize| 2.0 * std::f64::consts::PI * row[i] * radians[i].sin();
    (1..radians.len()).map(|i| 0.5 * (ring(i - 1) + ring(i)) * (radians[i] - radians[i - 1])).sum()
}
