//! What of the response functions does not depend on the livetime, computed once for many observations.

use likelihood_core::EnergyAxis;
use rayon::prelude::*;

use super::livetime::LivetimeCube;
use super::psf_resample::separations;
use crate::error::{Error, Result};
use crate::irf::Irf;
use crate::recipe::Recipe;

/// Effective area, PSF and energy dispersion of response functions at the energies, inclinations and separations at which observations of one kind
/// need them: many bins of time of one analysis, say. Exposure, mean PSF and response matrix are sums over them, weighted with livetime, and the
/// same to the last bit with tables and without.
///
/// Memory: 8 bytes for each event type and separation of each node of the PSF, 1.3 MB for front and back of Pass 8; for each energy and bin of
/// livetime; and for each true bin, measured bin and inclination.
#[derive(Debug)]
pub struct ResponseTables {
    energies: Vec<f64>,
    bins: Vec<(f64, Option<f64>)>,
    separations: usize,
    /// `[event type][energy][bin of livetime]`, cm^2.
    areas: Vec<Vec<Vec<f64>>>,
    /// `[event type][node][separation]`, 1/sr.
    nodes: Vec<Vec<Vec<f64>>>,
    dispersion: Option<DispersionRows>,
}

/// What the energy dispersion of each event type and inclination does to each true bin.
#[derive(Debug)]
struct DispersionRows {
    edges: Vec<f64>,
    energies: Vec<f64>,
    /// `[event type][true bin][inclination]`: probability below each edge, and effective area.
    rows: Vec<Vec<Vec<(f64, Vec<f64>)>>>,
}

impl ResponseTables {
    /// Tables of effective area and PSF at energies in MeV, for livetime in bins such as these.
    ///
    /// ```
    /// # use lat_response::{CosineBins, Frame, HealpixGrid, HealpixOrdering, LivetimeCube};
    /// use lat_response::{ObservedIrfs, Recipe, ResponseTables};
    /// # let pixels = HealpixGrid::new(1, HealpixOrdering::Nested, Frame::Celestial)?;
    /// # let bins = CosineBins { n: 4, minimum: 0.0, square_root: true };
    /// # let livetime = LivetimeCube::new(pixels, bins, ndarray::Array2::ones((12, 4)), None)?;
    /// # let irfs = [];
    /// let tables = ResponseTables::new(&irfs, &livetime, &[1e3, 1e4], Recipe::default());
    /// let observed = ObservedIrfs::new(&livetime, &irfs).with_tables(&tables);
    /// # Ok::<(), lat_response::Error>(())
    /// ```
    pub fn new(irfs: &[Irf], livetime: &LivetimeCube, energies: &[f64], recipe: Recipe) -> Self {
        let bins: Vec<(f64, Option<f64>)> = livetime.bins().collect();
        let radians: Vec<f64> =
            separations(recipe.observed_psf_nodes).iter().map(|theta| theta.to_radians()).collect();
        let areas = |irf: &Irf| {
            let of = |&energy: &f64| {
                bins.iter().map(|&(cosine, azimuth)| irf.effective_area.at(energy, cosine, azimuth)).collect()
            };
            energies.iter().map(of).collect()
        };
        let nodes = |irf: &Irf| {
            let of = |node: usize| radians.iter().map(|&theta| irf.psf.at_node(node, theta)).collect();
            (0..irf.psf.n_nodes()).into_par_iter().map(of).collect()
        };
        Self {
            areas: irfs.iter().map(areas).collect(),
            nodes: irfs.iter().map(nodes).collect(),
            energies: energies.to_vec(),
            bins,
            separations: radians.len(),
            dispersion: None,
        }
    }

    /// The same with tables for response matrices between these edges of measured energies (MeV), with so many true bins more on either side.
    ///
    /// # Errors
    /// For edges that are no energy axis ([`Error::Likelihood`]), and [`Error::NoDispersion`] for a response without energy dispersion.
    pub fn with_dispersion(
        mut self,
        irfs: &[Irf],
        cosines: &[f64],
        (edges, n_extra): (&[f64], usize),
        recipe: Recipe,
    ) -> Result<Self> {
        let extended = EnergyAxis::new(edges.to_vec())?.extended(n_extra)?;
        let energies: Vec<f64> = extended.edges().windows(2).map(|bin| (bin[0] * bin[1]).sqrt()).collect();
        let of_inclination = |irf: &Irf, energy: f64, cosine: f64| {
            let area = irf.effective_area.value(energy, cosine);
            let dispersion = irf.dispersion.as_ref();
            let dispersion = dispersion.ok_or_else(|| Error::NoDispersion { event_type: irf.event_type.clone() })?;
            // What has no effective area is left out of the mean.
            let below = if area == 0.0 {
                Vec::new()
            } else {
                dispersion.cumulative(energy, cosine, edges, recipe.on_axis_width)?
            };
            Ok((area, below))
        };
        let of_energy = |irf: &Irf, energy: f64| -> Result<Vec<(f64, Vec<f64>)>> {
            cosines.iter().map(|&cosine| of_inclination(irf, energy, cosine)).collect()
        };
        let of_irf = |irf: &Irf| -> Result<Vec<Vec<(f64, Vec<f64>)>>> {
            energies.par_iter().map(|&energy| of_energy(irf, energy)).collect()
        };
        let rows = irfs.iter().map(of_irf).collect::<Result<_>>()?;
        self.dispersion = Some(DispersionRows { edges: edges.to_vec(), energies, rows });
        Ok(self)
    }

    /// cm^2 of an event type at an energy, a value a bin of livetime, where the tables have it.
    pub(crate) fn areas(&self, irf: usize, energy: f64, livetime: &LivetimeCube) -> Option<&[f64]> {
        let at = self.energies.iter().position(|own| *own == energy)?;
        let areas = self.areas.get(irf)?.get(at)?;
        livetime.bins().eq(self.bins.iter().copied()).then_some(areas)
    }

    /// 1/sr of an event type at a node of its PSF, a value a separation, where the tables have so many.
    pub(crate) fn node(&self, irf: usize, node: usize, separations: usize) -> Option<&[f64]> {
        let values = self.nodes.get(irf)?.get(node)?;
        (separations == self.separations).then_some(values)
    }

    /// Effective area and probability below each edge of an event type at the energy of a true bin, for an inclination, where the tables have it.
    pub(crate) fn dispersion(&self, irf: usize, energy: f64, cosine: usize, edges: &[f64]) -> Option<(f64, &[f64])> {
        let own = self.dispersion.as_ref().filter(|own| own.edges == edges)?;
        let at = own.energies.iter().position(|own| *own == energy)?;
        let (area, below) = own.rows.get(irf)?.get(at)?.get(cosine)?;
        Some((*area, below))
    }
}
