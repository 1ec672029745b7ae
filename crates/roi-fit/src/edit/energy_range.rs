//! The energies that a fit sees.

use likelihood_core::{ComponentData, is_same_energy};

use crate::analysis::Analysis;
use crate::error::{Error, Result};
use crate::known::written_number::fixed;

impl Analysis {
    /// Sets which energies in MeV count from now on: the likelihood, predicted counts, fluxes and everything that is computed of them are of the bins
    /// between `emin` and `emax`, as if nothing else had been measured; an end that is `None` is that of the data. What a fit in another range found
    /// (TS, covariance, limits) is forgotten. Nothing changes on an error.
    ///
    /// ```
    /// # use roi_simulate::{SimulationOptions, simulate};
    /// # use roi_fit::Analysis;
    /// # let simulated = simulate(&SimulationOptions::default().with_npix(20).with_ebins(6).with_sources(2))?;
    /// # let likelihood = simulated.likelihood()?;
    /// # let mut roi = Analysis::new(simulated.start, likelihood)?;
    /// let (emin, emax) = roi.energy_range();
    /// let third = roi.likelihood().components()[0].axis().edges()[2];
    /// roi.set_energy_range(Some(third), None)?;
    /// assert_eq!(roi.energy_range(), (third, emax));
    /// roi.set_energy_range(None, None)?;
    /// assert_eq!(roi.energy_range(), (emin, emax));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::EnergyEdge`] when an end is no edge of a bin; when no bin lies between the ends, or the likelihood there cannot be evaluated.
    pub fn set_energy_range(&mut self, emin: Option<f64>, emax: Option<f64>) -> Result<()> {
        let edges = self.all_edges();
        for (option, energy) in [("emin", emin), ("emax", emax)] {
            let Some(energy) = energy else { continue };
            if !edges.iter().any(|edge| is_same_energy(*edge, energy)) {
                return Err(Error::EnergyEdge { option, energy, nearest: around(&edges, energy) });
            }
        }
        let whole = self.session.data.with_all_energies();
        let data = match (emin.or(edges.first().copied()), emax.or(edges.last().copied())) {
            (Some(emin), Some(emax)) => whole.within_energies(emin, emax)?,
            _ => whole,
        };
        let before = (std::mem::replace(&mut self.session.data, data), std::mem::take(&mut self.known));
        if let Err(error) = self.describe_anew() {
            (self.session.data, self.known) = before;
            return Err(error);
        }
        Ok(())
    }

    /// The edges of the bins of all components, in MeV, rising; also of those that do not count now.
    fn all_edges(&self) -> Vec<f64> {
        let axes = self.session.data.components().iter().map(ComponentData::axis);
        let mut edges: Vec<f64> = axes.flat_map(|axis| axis.edges().iter().copied()).collect();
        edges.sort_by(f64::total_cmp);
        edges.dedup_by(|next, edge| is_same_energy(*next, *edge));
        edges
    }
}

/// The edges on both sides of an energy in MeV, in words.
fn around(edges: &[f64], energy: f64) -> String {
    let above = edges.partition_point(|edge| *edge < energy);
    let near = edges[above.saturating_sub(1)..(above + 1).min(edges.len())].iter();
    near.map(|edge| fixed(*edge, 4)).collect::<Vec<_>>().join(" and ")
}
