//! Energies of candidates: drawn from a power law between the nodes of a table.

use crate::error::Result;

/// Nodes a decade of energy.
const PER_DECADE: f64 = 64.0;

/// By how much the density lies above the table: what is proposed is thinned, so it has to be enough everywhere.
const MARGIN: f64 = 1.05;

/// A density over energy (1/MeV times a rate) that is a power law between nodes, and its integral.
#[derive(Clone, Debug)]
pub(super) struct EnergyProposal {
    /// ln MeV, equal steps.
    nodes: Vec<f64>,
    /// ln of density times energy at the nodes: the density over ln E.
    heights: Vec<f64>,
    /// Integral up to each node.
    sums: Vec<f64>,
}

impl EnergyProposal {
    /// A twentieth above a function of the energy between two energies in MeV. `None` where the function is zero everywhere.
    pub(super) fn above((low, high): (f64, f64), mut function: impl FnMut(f64) -> Result<f64>) -> Result<Option<Self>> {
        let (from, to) = (low.ln(), high.ln());
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few decades")]
        let steps = ((to - from) / 10f64.ln() * PER_DECADE).ceil().max(1.0) as usize;
        // The last node is the last energy itself, not one that rounding has put beyond a table's end.
        let node = |i: usize| if i == steps { to } else { from + (to - from) * i as f64 / steps as f64 };
        let nodes: Vec<f64> = (0..=steps).map(node).collect();
        let mut values = Vec::with_capacity(nodes.len());
        for &x in &nodes {
            let energy = x.exp().clamp(low, high);
            values.push(MARGIN * function(energy)? * energy);
        }
        let largest = values.iter().copied().fold(0.0, f64::max);
        if largest <= 0.0 {
            return Ok(None);
        }
        // Where the function is 0 something far below all else stands in for its logarithm.
        let heights: Vec<f64> = values.iter().map(|value| value.max(largest * 1e-12).ln()).collect();
        let mut sums = vec![0.0];
        let mut sum = 0.0;
        for (x, y) in nodes.windows(2).zip(heights.windows(2)) {
            sum += y[0].exp() * (x[1] - x[0]) * mean_exp(y[1] - y[0]);
            sums.push(sum);
        }
        Ok(Some(Self { nodes, heights, sums }))
    }

    /// The integral over energy.
    pub(super) fn total(&self) -> f64 {
        self.sums.last().copied().unwrap_or(0.0)
    }

    /// An energy in MeV and the density there, for a number of [0, 1).
    pub(super) fn draw(&self, uniform: f64) -> (f64, f64) {
        let place = uniform * self.total();
        let last = self.nodes.len().saturating_sub(2);
        let i = self.sums.partition_point(|&sum| sum <= place).saturating_sub(1).min(last);
        let at = |values: &[f64], i: usize| values.get(i).copied().unwrap_or(0.0);
        let width = at(&self.nodes, i + 1) - at(&self.nodes, i);
        let rise = at(&self.heights, i + 1) - at(&self.heights, i);
        let share = (place - at(&self.sums, i)) / (at(&self.sums, i + 1) - at(&self.sums, i)).max(f64::MIN_POSITIVE);
        // The inverse of the integral of exp(rise t) from 0 to t, over that to 1.
        let t = if rise.abs() < 1e-9 { share } else { (share * rise.exp_m1()).ln_1p() / rise };
        let t = t.clamp(0.0, 1.0);
        let energy = (at(&self.nodes, i) + t * width).exp();
        (energy, (at(&self.heights, i) + t * rise).exp() / energy)
    }
}

/// The mean of `exp(rise t)` over `t` from 0 to 1.
fn mean_exp(rise: f64) -> f64 {
    if rise.abs() < 1e-9 { 1.0 + 0.5 * rise } else { rise.exp_m1() / rise }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_power_law_is_drawn_as_it_is() {
        let law = |energy: f64| Ok(3.0 * (energy / 100.0).powf(-2.3));
        let proposal = EnergyProposal::above((100.0, 1e5), law).unwrap().unwrap();
        let integral = |to: f64| 3.0 * 100.0 / 1.3 * (1.0 - (to / 100.0f64).powf(-1.3));
        approx::assert_relative_eq!(proposal.total(), MARGIN * integral(1e5), max_relative = 1e-12);
        for i in 0..1000 {
            let uniform = f64::from(i) / 1000.0;
            let (energy, density) = proposal.draw(uniform);
            approx::assert_relative_eq!(integral(energy) / integral(1e5), uniform, epsilon = 1e-9);
            approx::assert_relative_eq!(density, MARGIN * law(energy).unwrap(), max_relative = 1e-9);
        }
    }

    #[test]
    fn it_lies_above_what_bends_between_its_nodes() {
        let bent = |energy: f64| {
            Ok((energy / 1e3).powf(-1.5) * (-energy / 5e3).exp() + if energy > 700.0 { 0.1 } else { 0.0 })
        };
        let proposal = EnergyProposal::above((30.0, 2e4), bent).unwrap().unwrap();
        let above = (0..20_000).all(|i| {
            let (energy, density) = proposal.draw(f64::from(i) / 20_000.0);
            // But for a step, which no spectrum has.
            (690.0..730.0).contains(&energy) || density >= bent(energy).unwrap()
        });
        assert!(above);
        assert!(EnergyProposal::above((30.0, 2e4), |_| Ok(0.0)).unwrap().is_none());
    }
}
