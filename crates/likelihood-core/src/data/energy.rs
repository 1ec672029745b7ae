//! The energy axis of a counts cube and the log-trapezoid rule that integrates over its bins.

use crate::error::{Error, Result};

/// Relative difference up to which two energies are the same: files of the LAT hold them in 32-bit floats.
pub const ENERGY_TOLERANCE: f64 = 1e-5;

/// Whether two energies are the same, but for the rounding of files: within [`ENERGY_TOLERANCE`] of the larger one.
///
/// ```
/// use likelihood_core::is_same_energy;
/// assert!(is_same_energy(100.0, 100.000_5) && !is_same_energy(100.0, 100.002));
/// ```
pub fn is_same_energy(a: f64, b: f64) -> bool {
    (a - b).abs() <= ENERGY_TOLERANCE * a.abs().max(b.abs())
}

/// Edges of contiguous energy bins, in MeV.
///
/// ```
/// use likelihood_core::EnergyAxis;
/// let axis = EnergyAxis::new(vec![100.0, 1000.0, 10000.0])?;
/// assert_eq!(axis.n_bins(), 2);
/// assert!((axis.centers()[0] - 316.2277660168379).abs() < 1e-9);
/// # Ok::<(), likelihood_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct EnergyAxis {
    edges: Vec<f64>,
}

impl EnergyAxis {
    /// An axis from its edges in MeV: finite, positive, strictly increasing, at least two.
    ///
    /// # Errors
    /// [`Error::TooFewEdges`], or [`Error::EnergyEdges`] naming the first edge that is not allowed.
    pub fn new(edges: Vec<f64>) -> Result<Self> {
        if edges.len() < 2 {
            return Err(Error::TooFewEdges { found: edges.len() });
        }
        let mut previous = 0.0;
        for (index, &value) in edges.iter().enumerate() {
            if !value.is_finite() || value <= previous {
                return Err(Error::EnergyEdges { index, value, previous });
            }
            previous = value;
        }
        Ok(Self { edges })
    }

    /// The edges in MeV, one more than there are bins.
    pub fn edges(&self) -> &[f64] {
        &self.edges
    }

    /// Number of bins.
    pub fn n_bins(&self) -> usize {
        self.edges.len() - 1
    }

    /// Geometric centres of the bins in MeV.
    pub fn centers(&self) -> Vec<f64> {
        self.edges.windows(2).map(|e| (e[0] * e[1]).sqrt()).collect()
    }

    /// The axis with `extra` more bins on either side, as wide in ln E as the first bin and the last.
    ///
    /// ```
    /// use likelihood_core::EnergyAxis;
    /// let axis = EnergyAxis::new(vec![100.0, 1000.0, 2000.0])?.extended(1)?;
    /// assert!((axis.edges()[0] - 10.0).abs() < 1e-12 && (axis.edges()[4] - 4000.0).abs() < 1e-9);
    /// # Ok::<(), likelihood_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::EnergyEdges`] when an edge would underflow or overflow.
    pub fn extended(&self, extra: usize) -> Result<Self> {
        let step = |outer: usize, inner: usize| (self.edges[outer] / self.edges[inner]).log10();
        let beyond = |at: usize, step: f64, n: usize| 10f64.powf(self.edges[at].log10() + n as f64 * step);
        let last = self.edges.len() - 1;
        let (down, up) = (step(0, 1), step(last, last - 1));
        let below = (1..=extra).rev().map(|n| beyond(0, down, n));
        let above = (1..=extra).map(|n| beyond(last, up, n));
        Self::new(below.chain(self.edges.iter().copied()).chain(above).collect())
    }

    /// Weights of the log-trapezoid rule: the integral of `f dE` over bin `k` is
    /// `lower[k] f(E_k) + upper[k] f(E_{k+1})` with `lower = E_k r/2`, `upper = E_{k+1} r/2`, `r = ln(E_{k+1}/E_k)`.
    ///
    /// It is the trapezoid rule for `E f` in `ln E`, the LAT likelihood's own; it does not assume a power law.
    pub fn log_trapezoid(&self) -> LogTrapezoid {
        let (lower, upper) = self
            .edges
            .windows(2)
            .map(|e| {
                let half_width = 0.5 * (e[1] / e[0]).ln();
                (e[0] * half_width, e[1] * half_width)
            })
            .unzip();
        LogTrapezoid { lower, upper }
    }
}

/// Weights of the two edges of each bin, in MeV; see [`EnergyAxis::log_trapezoid`].
#[derive(Clone, Debug, PartialEq)]
pub struct LogTrapezoid {
    /// Weight of each bin's lower edge.
    pub lower: Vec<f64>,
    /// Weight of each bin's upper edge.
    pub upper: Vec<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_is_exact_for_an_inverse_energy_spectrum() {
        let axis = EnergyAxis::new(vec![100.0, 250.0, 3000.0]).unwrap();
        let rule = axis.log_trapezoid();
        for k in 0..axis.n_bins() {
            let e = axis.edges();
            let integral = rule.lower[k] / e[k] + rule.upper[k] / e[k + 1];
            approx::assert_relative_eq!(integral, (e[k + 1] / e[k]).ln(), max_relative = 1e-15);
        }
    }

    #[test]
    fn the_rule_overestimates_steep_spectra_as_the_reference_documents() {
        // Ten bins a decade, index -2.5: +0.99 % (LAT likelihood specification, section 3.2).
        let ratio = 10f64.powf(0.1);
        let axis = EnergyAxis::new(vec![1000.0, 1000.0 * ratio]).unwrap();
        let rule = axis.log_trapezoid();
        let f = |e: f64| e.powf(-2.5);
        let e = axis.edges();
        let rule_value = rule.lower[0] * f(e[0]) + rule.upper[0] * f(e[1]);
        let exact = (e[0].powf(-1.5) - e[1].powf(-1.5)) / 1.5;
        approx::assert_relative_eq!(rule_value / exact, 1.0099, epsilon = 1e-4);
    }

    #[test]
    fn bad_edges_are_named() {
        assert!(matches!(EnergyAxis::new(vec![1.0]), Err(Error::TooFewEdges { found: 1 })));
        for bad in [vec![1.0, 1.0], vec![2.0, 1.0], vec![0.0, 1.0], vec![1.0, f64::NAN], vec![1.0, f64::INFINITY]] {
            assert!(matches!(EnergyAxis::new(bad), Err(Error::EnergyEdges { .. })));
        }
    }
}
