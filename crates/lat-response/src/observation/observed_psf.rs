//! The point spread function averaged over an observation, from the response and the livetime.

use std::sync::Arc;

use ndarray::Array2;
use rayon::prelude::*;
use roi_model::SkyDirection;

use super::livetime::LivetimeCube;
use super::observed_exposure::ObservedExposure;
use super::observed_irfs::ObservedIrfs;
use super::psf_resample::separations;
use super::psf_table::Psf;
use super::response::PsfAt;
use super::response_tables::ResponseTables;
use crate::error::Result;
use crate::geometry::rings;
use crate::irf::Irf;
use crate::recipe::{PsfNorm, Recipe};

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
    pub fn new(observed: ObservedIrfs<'_>, direction: &SkyDirection, energies: &[f64]) -> Result<Self> {
        let exposure = ObservedExposure::new(observed, energies)?.at(direction)?;
        let thetas = separations(observed.recipe.observed_psf_nodes);
        let radians: Vec<f64> = thetas.iter().map(|theta| theta.to_radians()).collect();
        let rows: Vec<Vec<f64>> = energies
            .par_iter()
            .zip(&exposure)
            .map(|(&energy, &exposure)| {
                let mut row = row(observed, direction, energy, &radians)?;
                let norm = match observed.recipe.psf_norm {
                    PsfNorm::One => rings::total(&thetas, &row),
                    PsfNorm::ResponseFunctions => exposure,
                };
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

    /// About how many bytes the table of one direction takes with so many energies: values and their integrals.
    pub fn table_bytes(recipe: &Recipe, energies: usize) -> usize {
        2 * size_of::<f64>() * energies * separations(recipe.observed_psf_nodes).len()
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
    recipe: Recipe,
    tables: Option<Arc<ResponseTables>>,
}

impl ResponsePsf {
    /// A PSF at energies in MeV that increase: those of the planes of source maps.
    pub fn new(livetime: Arc<LivetimeCube>, irfs: Arc<[Irf]>, energies: Vec<f64>, recipe: Recipe) -> Self {
        Self { livetime, irfs, energies, recipe, tables: None }
    }

    /// The same with tables of these response functions.
    #[must_use]
    pub fn with_tables(mut self, tables: Arc<ResponseTables>) -> Self {
        self.tables = Some(tables);
        self
    }
}

impl PsfAt for ResponsePsf {
    fn psf(&self, direction: &SkyDirection) -> Result<Psf> {
        let observed = ObservedIrfs::new(&self.livetime, &self.irfs).with_recipe(self.recipe);
        let observed = self.tables.as_ref().map_or(observed, |tables| observed.with_tables(tables));
        Ok(ObservedPsf::new(observed, direction, &self.energies)?.psf)
    }
}

/// The PSF times the exposure at one energy.
fn row(observed: ObservedIrfs<'_>, direction: &SkyDirection, energy: f64, radians: &[f64]) -> Result<Vec<f64>> {
    let livetime = observed.livetime;
    let at = livetime.at(direction)?;
    let mut row = vec![0.0; radians.len()];
    for (number, (irf, factors)) in observed.corrected(energy).enumerate() {
        let exposures = at.exposure(&observed.areas(number, energy), factors)?;
        // The PSF is linear in its nodes, so that inclinations are summed before separations are looked at.
        let mut weights = vec![0.0; irf.psf.n_nodes()];
        for (exposure, &cosine) in exposures.into_iter().zip(livetime.cosines()) {
            for (node, weight) in irf.psf.around(energy, cosine) {
                weights[node] += weight * exposure;
            }
        }
        for (node, &weight) in weights.iter().enumerate().filter(|(_, weight)| **weight != 0.0) {
            if let Some(values) = observed.tables.and_then(|tables| tables.node(number, node, radians.len())) {
                row.iter_mut().zip(values).for_each(|(sum, value)| *sum += weight * value);
                continue;
            }
            for (value, &theta) in row.iter_mut().zip(radians) {
                *value += weight * irf.psf.at_node(node, theta);
            }
        }
    }
    Ok(row)
}
