//! The point spread function at the energies of all planes of a source map, in one table that is quick to look up.

use crate::error::{Error, Result};
use crate::geometry::rings::Rings;

/// Cells of the look-up table in a factor of two of the separation, as a power of two.
const CELL_BITS: u32 = 6;

/// The PSF at several energies over common nodes of separation, linear between nodes and 0 beyond the last.
///
/// All planes at one separation lie beside each other in memory, so one search of the node serves them all.
#[derive(Clone, Debug)]
pub struct PsfPlanes {
    thetas: Vec<f64>,
    /// One over the distance of each node to the next, 1/degree.
    densities: Vec<f64>,
    n_planes: usize,
    /// `[theta, plane]`, 1/sr.
    values: Vec<f64>,
    /// Integral over the sphere out to each node, `[theta, plane]`.
    cumulative: Vec<f64>,
    lookup: NodeLookup,
}

impl PsfPlanes {
    /// A table `values[theta * n_planes + plane]` in 1/sr over separations in degrees that increase from 0.
    ///
    /// # Errors
    /// [`Error::Shape`] when there are fewer than three nodes, no planes, or another number of values; [`Error::BadValue`] for nodes that
    /// do not increase from 0, or values that are negative or not finite.
    pub fn new(thetas: Vec<f64>, n_planes: usize, values: Vec<f64>) -> Result<Self> {
        if thetas.len() < 3 || n_planes == 0 || values.len() != thetas.len() * n_planes {
            return Err(Error::Shape {
                what: "PSF at the energies of the planes".into(),
                found: format!("{} values", values.len()),
                expected: format!("{} thetas (at least 3) x {n_planes} planes (at least 1)", thetas.len()),
            });
        }
        let increasing = thetas.windows(2).all(|w| w[0] < w[1]) && thetas.last().is_some_and(|&last| last <= 180.0);
        if thetas.first() != Some(&0.0) || !increasing {
            let value = thetas.first().copied().unwrap_or(f64::NAN);
            let expected = "separations that increase from 0 to at most 180 deg";
            return Err(Error::BadValue { what: "PSF, separations".into(), value, expected });
        }
        if let Some(&value) = values.iter().find(|v| !(v.is_finite() && **v >= 0.0)) {
            let expected = "a finite number of at least 0";
            return Err(Error::BadValue { what: "PSF at the energies of the planes".into(), value, expected });
        }
        Ok(Self::tabulated(thetas, n_planes, values))
    }

    /// A table over nodes that have been checked; its values may have any sign, as those of a derivative have.
    pub(crate) fn tabulated(thetas: Vec<f64>, n_planes: usize, values: Vec<f64>) -> Self {
        let mut cumulative = vec![0.0; values.len()];
        for t in 1..thetas.len() {
            let rings = Rings::between(thetas[t - 1], thetas[t]);
            for plane in 0..n_planes {
                let (low, high) = ((t - 1) * n_planes + plane, t * n_planes + plane);
                cumulative[high] = cumulative[low] + rings.integral(values[low], values[high]);
            }
        }
        let lookup = NodeLookup::new(&thetas);
        let densities = thetas.windows(2).map(|pair| 1.0 / (pair[1] - pair[0])).collect();
        Self { thetas, densities, n_planes, values, cumulative, lookup }
    }

    /// How many planes there are.
    pub fn n_planes(&self) -> usize {
        self.n_planes
    }

    /// The nodes of separation, degrees.
    pub fn thetas(&self) -> &[f64] {
        &self.thetas
    }

    /// The last node, degrees.
    pub fn last_theta(&self) -> f64 {
        self.thetas.last().copied().unwrap_or(0.0)
    }

    /// Value of a plane at a node, 1/sr.
    pub fn node(&self, theta: usize, plane: usize) -> f64 {
        self.values.get(theta * self.n_planes + plane).copied().unwrap_or(0.0)
    }

    /// The value of a plane in the centre, 1/sr.
    pub fn peak(&self, plane: usize) -> f64 {
        self.node(0, plane)
    }

    /// The values of all planes at the nodes around a separation in degrees, and the fraction of the way from the first to the second; `None` beyond the table.
    pub(crate) fn around(&self, theta: f64) -> Option<(&[f64], &[f64], f64)> {
        let (low, fraction) = self.bracket(theta)?;
        let rows = self.values.get(low * self.n_planes..)?;
        let (below, rest) = rows.split_at_checked(self.n_planes)?;
        Some((below, rest.get(..self.n_planes)?, fraction))
    }

    /// Adds the values of the planes `first..first + sums.len()` at a separation in degrees to `sums`.
    pub fn add(&self, theta: f64, first: usize, sums: &mut [f64]) {
        let Some((low, fraction)) = self.bracket(theta) else { return };
        let start = low * self.n_planes + first;
        let next = start + self.n_planes;
        let rows = self.values.get(start..start + sums.len()).zip(self.values.get(next..next + sums.len()));
        let Some((a, b)) = rows else { return };
        for ((sum, &a), &b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a + (b - a) * fraction;
        }
    }

    /// Adds the slopes of the planes `first..` at a separation in degrees, 1/sr a degree, times two weights to two sums of equal length.
    pub(crate) fn add_slopes(&self, theta: f64, first: usize, weights: [f64; 2], [east, north]: [&mut [f64]; 2]) {
        let Some((low, _)) = self.bracket(theta) else { return };
        let start = low * self.n_planes + first;
        let next = start + self.n_planes;
        let rows = self.values.get(start..start + east.len()).zip(self.values.get(next..next + east.len()));
        let Some((a, b)) = rows else { return };
        let [to_east, to_north] = weights.map(|weight| weight * self.densities[low]);
        for (((east, north), &a), &b) in east.iter_mut().zip(north).zip(a).zip(b) {
            *east += (b - a) * to_east;
            *north += (b - a) * to_north;
        }
    }

    /// Value of one plane at a separation in degrees, 1/sr.
    pub fn value(&self, theta: f64, plane: usize) -> f64 {
        let mut value = [0.0];
        self.add(theta, plane, &mut value);
        value[0]
    }

    /// Integral of a plane over the sphere out to a separation in degrees, `2 pi sin(theta) p` linear between nodes, as in the LAT tools.
    pub fn integral(&self, theta: f64, plane: usize) -> f64 {
        let at = |table: &[f64], node: usize| table.get(node * self.n_planes + plane).copied().unwrap_or(0.0);
        let Some((low, fraction)) = self.bracket(theta) else {
            return at(&self.cumulative, self.thetas.len() - 1);
        };
        let (t0, t1) = (self.thetas[low], self.thetas[low + 1]);
        let (a, b) = (at(&self.values, low), at(&self.values, low + 1));
        at(&self.cumulative, low) + Rings::between(t0, t1).part(a, b, fraction)
    }

    /// The integral as the tools of Pass 7 took it (`MeanPsf.cxx` 1.23 to 1.31): out to the node beyond the separation, plus that from the node
    /// before it to the separation, which is in there already.
    pub(crate) fn integral_with_overlap(&self, theta: f64, plane: usize) -> f64 {
        let at = |table: &[f64], node: usize| table.get(node * self.n_planes + plane).copied().unwrap_or(0.0);
        let Some((low, _)) = self.bracket(theta) else {
            return at(&self.cumulative, self.thetas.len() - 1);
        };
        let start = self.thetas[low];
        let twice = Rings::between(start, theta).integral(at(&self.values, low), self.value(theta, plane));
        at(&self.cumulative, low + 1) + twice
    }

    /// The separation, degrees, within which a fraction of a plane's integral lies; the last node for a plane of zeros.
    pub fn containment_radius(&self, fraction: f64, plane: usize) -> f64 {
        let (mut low, mut high) = (0.0, self.last_theta());
        let wanted = fraction.clamp(0.0, 1.0) * self.integral(high, plane);
        for _ in 0..60 {
            let middle = f64::midpoint(low, high);
            if self.integral(middle, plane) < wanted { low = middle } else { high = middle }
        }
        high
    }

    /// The values at the nodes, `[theta, plane]`.
    pub(super) fn values(&self) -> &[f64] {
        &self.values
    }

    /// One over the distance of a node to the next, 1/degree.
    pub(super) fn density(&self, node: usize) -> f64 {
        self.densities.get(node).copied().unwrap_or(0.0)
    }

    /// The node at or below a separation and the fraction of the way to the next; `None` at and beyond the last node.
    pub(super) fn bracket(&self, theta: f64) -> Option<(usize, f64)> {
        let mut low = self.lookup.at_most(theta);
        loop {
            let next = *self.thetas.get(low + 1)?;
            if theta < next {
                return Some((low, (theta - self.thetas[low]) * self.densities[low]));
            }
            low += 1;
        }
    }
}

/// A first guess of the node below a separation, from the leading bits of the number: cells of equal size in the logarithm, nearly.
#[derive(Clone, Debug)]
struct NodeLookup {
    first_key: u64,
    nodes: Vec<usize>,
}

impl NodeLookup {
    fn new(thetas: &[f64]) -> Self {
        let key = |theta: f64| theta.to_bits() >> (52 - CELL_BITS);
        let first_key = key(thetas[1]);
        let nodes = (first_key..=key(thetas[thetas.len() - 1])).map(|cell| {
            let start = f64::from_bits(cell << (52 - CELL_BITS));
            thetas.partition_point(|&t| t <= start).saturating_sub(1)
        });
        Self { first_key, nodes: nodes.collect() }
    }

    /// A node at or below a separation of at least 0, and not far below it.
    fn at_most(&self, theta: f64) -> usize {
        let key = theta.to_bits() >> (52 - CELL_BITS);
        let Some(cell) = key.checked_sub(self.first_key) else { return 0 };
        let cell = usize::try_from(cell).unwrap_or(usize::MAX).min(self.nodes.len() - 1);
        self.nodes[cell]
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::PI;

    use super::*;

    fn gaussian(sigma: f64) -> PsfPlanes {
        let thetas: Vec<f64> = std::iter::once(0.0).chain((0..400).map(|i| 1e-4 * (1.034f64).powi(i))).collect();
        let s = sigma.to_radians();
        let value = |t: &f64| (-(t.to_radians() / s).powi(2) / 2.0).exp() / (2.0 * PI * s * s);
        let values = thetas.iter().flat_map(|t| [value(t), 2.0 * value(t)]).collect();
        PsfPlanes::new(thetas, 2, values).unwrap()
    }

    #[test]
    fn values_are_linear_between_nodes_and_zero_beyond_the_last() {
        let psf = PsfPlanes::new(vec![0.0, 1.0, 3.0], 1, vec![5.0, 3.0, 1.0]).unwrap();
        for (theta, expected) in
            [(0.0, 5.0), (0.25, 4.5), (1.0, 3.0), (2.0, 2.0), (2.999_999_999_999, 1.0), (3.0, 0.0), (90.0, 0.0)]
        {
            approx::assert_relative_eq!(psf.value(theta, 0), expected, epsilon = 1e-11);
        }
    }

    #[test]
    fn the_lookup_finds_every_interval() {
        let psf = gaussian(1.0);
        for (low, pair) in psf.thetas().windows(2).enumerate() {
            for fraction in [0.0, 1e-9, 0.3, 0.5, 0.999_999] {
                let theta = pair[0] + fraction * (pair[1] - pair[0]);
                assert_eq!(psf.bracket(theta).unwrap().0, low, "{theta}");
            }
        }
    }

    #[test]
    fn a_gaussian_contains_what_it_should() {
        let psf = gaussian(0.4);
        for radius in [0.1f64, 0.4, 1.0] {
            let expected = 1.0 - (-(radius / 0.4).powi(2) / 2.0).exp();
            approx::assert_relative_eq!(psf.integral(radius, 0), expected, max_relative = 1e-3);
            approx::assert_relative_eq!(psf.integral(radius, 1), 2.0 * expected, max_relative = 1e-3);
        }
        approx::assert_relative_eq!(psf.containment_radius(0.6827, 1), 0.4 * 1.5151, max_relative = 1e-3);
    }

    #[test]
    fn the_integral_of_pass_7_has_the_interval_of_the_separation_twice() {
        // Nodes are 3.4 % apart; at a node the whole next interval is added, just before one the interval that ends there.
        let psf = gaussian(0.4);
        let node = psf.thetas().iter().position(|theta| *theta > 0.3).unwrap();
        let (here, next) = (psf.thetas()[node], psf.thetas()[node + 1]);
        for (theta, end) in [(here, next), (0.5 * (here + next), next), (here * (1.0 - 1e-12), here)] {
            let start = psf.thetas()[psf.bracket(theta).unwrap().0];
            let expected = psf.integral(end, 0) + psf.integral(theta, 0) - psf.integral(start, 0);
            approx::assert_relative_eq!(psf.integral_with_overlap(theta, 0), expected, max_relative = 1e-5);
        }
        assert!(psf.integral_with_overlap(here, 0) > 1.01 * psf.integral(here, 0));
    }

    #[test]
    fn tables_that_cannot_be_are_refused() {
        assert!(PsfPlanes::new(vec![0.0, 1.0], 1, vec![1.0; 2]).is_err());
        assert!(PsfPlanes::new(vec![0.1, 1.0, 2.0], 1, vec![1.0; 3]).is_err());
        assert!(PsfPlanes::new(vec![0.0, 2.0, 1.0], 1, vec![1.0; 3]).is_err());
        assert!(PsfPlanes::new(vec![0.0, 1.0, 2.0], 1, vec![1.0, f64::NAN, 1.0]).is_err());
        assert!(PsfPlanes::new(vec![0.0, 1.0, 2.0], 2, vec![1.0; 3]).is_err());
    }
}
