//! The bins that a table of the response is laid out over.

use crate::error::{Error, Result};

/// Bins of true energy and cosine of the inclination, and the interpolation between their centres.
///
/// Tables over it are in the order of the files: all energies of the first cosine bin, then those of the next.
///
/// ```
/// use lat_response::IrfGrid;
/// let grid = IrfGrid::new(&[10.0, 100.0], &[100.0, 1000.0], &[0.2, 0.6], &[0.6, 1.0])?;
/// // Half way between the centres in the logarithm of the energy, at the centre of the upper cosine bin.
/// assert!((grid.interpolate(&[1.0, 3.0, 5.0, 9.0], 100.0, 0.8) - 7.0).abs() < 1e-12);
/// # Ok::<(), lat_response::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct IrfGrid {
    log_energies: Vec<f64>,
    cosines: Vec<f64>,
    /// Lower edges of the bins, log10 of MeV and cosine.
    low: [Vec<f64>; 2],
}

impl IrfGrid {
    /// Bins between lower and upper energies in MeV, and between lower and upper cosines, both increasing.
    ///
    /// # Errors
    /// [`Error::Shape`] for edges of different number or none, [`Error::BadValue`] for edges that are not finite, do not increase, or are no
    /// energy or cosine.
    pub fn new(energy_low: &[f64], energy_high: &[f64], cosine_low: &[f64], cosine_high: &[f64]) -> Result<Self> {
        let cosines =
            centers("cosine", cosine_low, cosine_high, |low, high| (-1.0..=1.0).contains(&low) && high <= 1.0)?;
        let energies = centers("energy", energy_low, energy_high, |low, _| low > 0.0)?;
        Ok(Self {
            low: [energies.iter().map(|(low, _)| low.log10()).collect(), cosines.iter().map(|(low, _)| *low).collect()],
            log_energies: energies.into_iter().map(|(low, high)| 0.5 * (low.log10() + high.log10())).collect(),
            cosines: cosines.into_iter().map(|(low, high)| f64::midpoint(low, high)).collect(),
        })
    }

    /// Number of energy bins.
    pub fn n_energies(&self) -> usize {
        self.log_energies.len()
    }

    /// Number of cosine bins.
    pub fn n_cosines(&self) -> usize {
        self.cosines.len()
    }

    /// Number of bins in all: the length of a table.
    pub fn n_bins(&self) -> usize {
        self.n_energies() * self.n_cosines()
    }

    /// log10 of the energy in MeV at the centres of the bins.
    pub fn log_energies(&self) -> &[f64] {
        &self.log_energies
    }

    /// Cosine of the inclination at the centres of the bins.
    pub fn cosines(&self) -> &[f64] {
        &self.cosines
    }

    /// The least cosine that the table covers: beyond it the instrument sees nothing.
    pub fn min_cosine(&self) -> f64 {
        self.low[1].first().copied().unwrap_or(1.0)
    }

    /// The bin that an energy (MeV) and a cosine fall in, the outermost one beyond the table; of three and more energy bins neither the first
    /// nor the last, which the LAT tools do not use where they do not interpolate.
    pub(super) fn inner_bin(&self, energy: f64, cosine: f64) -> usize {
        let [energies, cosines] = &self.low;
        let at = |low: &[f64], x: f64| low.partition_point(|&edge| edge <= x).saturating_sub(1);
        let n = energies.len();
        let inner = usize::from(n > 2);
        at(cosines, cosine) * n + at(energies, energy.log10()).clamp(inner, n - 1 - inner)
    }

    /// Checks a table's length and that it is finite.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::BadValue`], naming `what`.
    pub fn check(&self, what: &str, table: &[f64]) -> Result<()> {
        if table.len() != self.n_bins() {
            return Err(Error::Shape {
                what: what.to_owned(),
                found: format!("{} values", table.len()),
                expected: format!("{} cosines of {} energies each", self.n_cosines(), self.n_energies()),
            });
        }
        match table.iter().enumerate().find(|(_, value)| !value.is_finite()) {
            None => Ok(()),
            Some((bin, &value)) => {
                Err(Error::BadValue { what: format!("{what}, bin {bin}"), value, expected: "a finite number" })
            }
        }
    }

    /// The four bins around an energy (MeV) and a cosine with their weights, which sum to one. Beyond the outermost centres the outermost bins.
    pub fn around(&self, energy: f64, cosine: f64) -> [(usize, f64); 4] {
        let (e_low, e_high, e) = between(&self.log_energies, energy.log10());
        let (c_low, c_high, c) = between(&self.cosines, cosine);
        let n = self.n_energies();
        [
            (c_low * n + e_low, (1.0 - c) * (1.0 - e)),
            (c_low * n + e_high, (1.0 - c) * e),
            (c_high * n + e_low, c * (1.0 - e)),
            (c_high * n + e_high, c * e),
        ]
    }

    /// A table's value at an energy (MeV) and a cosine.
    pub fn interpolate(&self, table: &[f64], energy: f64, cosine: f64) -> f64 {
        self.around(energy, cosine).iter().map(|&(bin, weight)| weight * table.get(bin).copied().unwrap_or(0.0)).sum()
    }
}

/// The nodes around `x` and the fraction of the way to the second; beyond the ends the outermost node twice.
pub(super) fn between(nodes: &[f64], x: f64) -> (usize, usize, f64) {
    let last = nodes.len().saturating_sub(1);
    let above = nodes.partition_point(|&node| node <= x);
    match (above.checked_sub(1), nodes.get(above)) {
        (None, _) => (0, 0, 0.0),
        (Some(_), None) => (last, last, 0.0),
        (Some(low), Some(&high)) => (low, above, (x - nodes[low]) / (high - nodes[low])),
    }
}

/// Pairs of lower and upper edges, checked.
fn centers(what: &str, low: &[f64], high: &[f64], allowed: impl Fn(f64, f64) -> bool) -> Result<Vec<(f64, f64)>> {
    if low.len() != high.len() || low.is_empty() {
        return Err(Error::Shape {
            what: format!("{what} bins of a response table"),
            found: format!("{} lower and {} upper edges", low.len(), high.len()),
            expected: "as many lower as upper edges, at least one".into(),
        });
    }
    let mut previous = f64::NEG_INFINITY;
    for (bin, (&low, &high)) in low.iter().zip(high).enumerate() {
        let finite = low.is_finite() && high.is_finite();
        if !finite || low >= high || low <= previous || !allowed(low, high) {
            return Err(Error::BadValue {
                what: format!("{what} bin {bin} of a response table, from {low} to {high}"),
                value: low,
                expected: "finite edges that increase (energies above 0, cosines from -1 to 1)",
            });
        }
        previous = low;
    }
    Ok(low.iter().copied().zip(high.iter().copied()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plane_is_met_exactly_inside_and_held_at_the_edges() {
        let grid = IrfGrid::new(&[10.0, 100.0, 1e3], &[100.0, 1e3, 1e4], &[0.2, 0.4, 0.8], &[0.4, 0.8, 1.0]).unwrap();
        let plane = |log_e: f64, c: f64| 2.0 * log_e - 3.0 * c;
        let mut table = Vec::new();
        for &c in grid.cosines() {
            table.extend(grid.log_energies().iter().map(|&e| plane(e, c)));
        }
        for (log_e, c) in [(1.5, 0.3), (2.1, 0.55), (3.5, 0.9), (2.9, 0.7)] {
            let found = grid.interpolate(&table, 10f64.powf(log_e), c);
            approx::assert_relative_eq!(found, plane(log_e, c), max_relative = 1e-12);
        }
        approx::assert_relative_eq!(grid.interpolate(&table, 1.0, 1.0), plane(1.5, 0.9), max_relative = 1e-12);
        approx::assert_relative_eq!(grid.interpolate(&table, 1e9, 0.0), plane(3.5, 0.3), max_relative = 1e-12);
    }

    #[test]
    fn bins_that_cannot_be_are_refused() {
        let grid =
            |e_low: &[f64], e_high: &[f64], c_low: &[f64], c_high: &[f64]| IrfGrid::new(e_low, e_high, c_low, c_high);
        assert!(grid(&[1.0], &[10.0], &[0.2], &[1.0]).is_ok());
        assert!(grid(&[], &[], &[0.2], &[1.0]).is_err());
        assert!(grid(&[1.0, 2.0], &[10.0], &[0.2], &[1.0]).is_err());
        assert!(grid(&[0.0], &[10.0], &[0.2], &[1.0]).is_err());
        assert!(grid(&[10.0], &[1.0], &[0.2], &[1.0]).is_err());
        assert!(grid(&[1.0], &[f64::NAN], &[0.2], &[1.0]).is_err());
        assert!(grid(&[1.0], &[10.0], &[0.2], &[1.1]).is_err());
        let good = grid(&[1.0], &[10.0], &[0.2], &[1.0]).unwrap();
        assert!(good.check("area", &[1.0, 2.0]).unwrap_err().to_string().contains("area"));
        assert!(good.check("area", &[f64::INFINITY]).is_err());
    }
}
