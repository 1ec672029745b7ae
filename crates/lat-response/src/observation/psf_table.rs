//! The point spread function averaged over an observation, as a table.

use likelihood_core::is_same_energy;
use ndarray::{Array1, Array2, ArrayView1};

use crate::error::{Error, Result};
use crate::geometry::rings::{self, Rings};

/// A point spread function that depends on energy and separation alone: the mean over an observation at one position (gtpsf's table).
///
/// Values are probabilities per solid angle, 1/sr. Between nodes they are linear in energy and in separation, as in the LAT tools; beyond the
/// last separation 0.
#[derive(Clone, Debug)]
pub struct Psf {
    energies: Vec<f64>,
    thetas: Vec<f64>,
    values: Array2<f64>,
    /// Integral over the sphere out to each node, `[energy, theta]`.
    cumulative: Array2<f64>,
}

impl Psf {
    /// A table of shape `[energy, theta]` in 1/sr, at energies in MeV and separations in degrees, both increasing, the first separation 0 or above.
    ///
    /// # Errors
    /// [`Error::Shape`], or [`Error::BadValue`] for nodes that do not increase or values that are negative or not finite.
    pub fn new(energies: Vec<f64>, thetas: Vec<f64>, values: Array2<f64>) -> Result<Self> {
        if values.dim() != (energies.len(), thetas.len()) || energies.is_empty() || thetas.len() < 2 {
            return Err(Error::Shape {
                what: "PSF table".into(),
                found: format!("{:?}", values.shape()),
                expected: format!("[{} energies (at least 1), {} thetas (at least 2)]", energies.len(), thetas.len()),
            });
        }
        let increases = |nodes: &[f64]| nodes.windows(2).all(|w| w[0] < w[1]) && nodes.iter().all(|x| x.is_finite());
        for (what, nodes, least) in [("energies", &energies, f64::MIN_POSITIVE), ("thetas", &thetas, 0.0)] {
            if !increases(nodes) || nodes.first().is_none_or(|&first| first < least) {
                let value = nodes.first().copied().unwrap_or(f64::NAN);
                let expected = "finite nodes that increase from a positive energy and a separation of at least 0";
                return Err(Error::BadValue { what: format!("PSF table, {what}"), value, expected });
            }
        }
        if thetas.last().is_some_and(|&last| last > 180.0) {
            let value = thetas.last().copied().unwrap_or(f64::NAN);
            return Err(Error::BadValue { what: "PSF table, thetas".into(), value, expected: "at most 180 deg" });
        }
        if let Some(((e, t), &value)) = values.indexed_iter().find(|(_, v)| !(v.is_finite() && **v >= 0.0)) {
            let what = format!("PSF table, energy {e}, theta {t}");
            return Err(Error::BadValue { what, value, expected: "a finite number of at least 0" });
        }
        let mut cumulative = Array2::zeros(values.dim());
        for (row, mut sums) in values.outer_iter().zip(cumulative.outer_iter_mut()) {
            sums.assign(&Array1::from(rings::cumulative(&thetas, &row.to_vec())));
        }
        Ok(Self { energies, thetas, values, cumulative })
    }

    /// Energies of the table, MeV.
    pub fn energies(&self) -> &[f64] {
        &self.energies
    }

    /// Separations of the table, degrees.
    pub fn thetas(&self) -> &[f64] {
        &self.thetas
    }

    /// The table, `[energy, theta]`, 1/sr.
    pub fn values(&self) -> &Array2<f64> {
        &self.values
    }

    /// By how much this PSF differs from another of the same nodes: at each energy the part of the photons, from 0 to 1, that the two have at other
    /// separations, the largest difference of their containments at any separation. Of two that are zero it is 0, of a zero one and another 1.
    ///
    /// # Errors
    /// [`Error::Shape`] when the nodes differ.
    pub fn deviations(&self, other: &Self) -> Result<Vec<f64>> {
        if self.thetas != other.thetas || self.energies.len() != other.energies.len() {
            return Err(Error::Shape {
                what: "PSF to compare".into(),
                found: format!("{} energies, {} separations", other.energies.len(), other.thetas.len()),
                expected: format!("the {} and {} of the other", self.energies.len(), self.thetas.len()),
            });
        }
        let of_energy = |(ours, theirs): (ArrayView1<'_, f64>, ArrayView1<'_, f64>)| {
            let total = |sums: &ArrayView1<'_, f64>| sums.last().copied().unwrap_or(0.0);
            let (own, others) = (total(&ours), total(&theirs));
            match (own > 0.0, others > 0.0) {
                (true, true) => {
                    let pairs = ours.iter().zip(theirs);
                    pairs.map(|(a, b)| (a / own - b / others).abs()).fold(0.0, f64::max)
                }
                (false, false) => 0.0,
                _ => 1.0,
            }
        };
        Ok(self.cumulative.outer_iter().zip(other.cumulative.outer_iter()).map(of_energy).collect())
    }

    /// The PSF at one energy, MeV, linear between the table's energies.
    ///
    /// # Errors
    /// [`Error::Energy`] outside the table (to a relative 1e-5).
    pub fn at_energy(&self, energy: f64) -> Result<RadialPsf> {
        let (low, high, fraction) = self.bracket(energy)?;
        let mix = |table: &Array2<f64>| -> Vec<f64> {
            let rows = table.row(low).into_iter().zip(table.row(high));
            rows.map(|(a, b)| a * (1.0 - fraction) + b * fraction).collect()
        };
        Ok(RadialPsf { thetas: self.thetas.clone(), values: mix(&self.values), cumulative: mix(&self.cumulative) })
    }

    /// The two rows around an energy and the fraction of the way to the second.
    fn bracket(&self, energy: f64) -> Result<(usize, usize, f64)> {
        let outside = || Error::Energy {
            what: "the PSF table".into(),
            energy,
            first: self.energies.first().copied().unwrap_or(f64::NAN),
            last: self.energies.last().copied().unwrap_or(f64::NAN),
        };
        if let Some(node) = self.energies.iter().position(|&e| is_same_energy(e, energy)) {
            return Ok((node, node, 0.0));
        }
        let above = self.energies.partition_point(|&e| e < energy);
        match (above.checked_sub(1), self.energies.get(above)) {
            (Some(low), Some(&e_high)) => {
                Ok((low, above, (energy - self.energies[low]) / (e_high - self.energies[low])))
            }
            _ => Err(outside()),
        }
    }
}

/// A PSF at one energy, piecewise linear in the separation.
#[derive(Clone, Debug)]
pub struct RadialPsf {
    thetas: Vec<f64>,
    values: Vec<f64>,
    cumulative: Vec<f64>,
}

impl RadialPsf {
    /// Probability per solid angle at a separation in degrees, 1/sr; 0 beyond the table.
    pub fn value(&self, theta: f64) -> f64 {
        let above = self.thetas.partition_point(|&t| t < theta);
        match (above, self.values.get(above)) {
            (_, None) => 0.0,
            (0, Some(&first)) => first,
            (_, Some(&b)) => {
                let (t0, t1) = (self.thetas[above - 1], self.thetas[above]);
                let a = self.values[above - 1];
                a + (b - a) * (theta - t0) / (t1 - t0)
            }
        }
    }

    /// The value in the centre, 1/sr.
    pub fn peak(&self) -> f64 {
        self.values.first().copied().unwrap_or(0.0)
    }

    /// Nodes (degrees) and values (1/sr).
    pub fn nodes(&self) -> (&[f64], &[f64]) {
        (&self.thetas, &self.values)
    }

    /// Integral over the sphere out to a separation in degrees, with `2 pi sin(theta) p` linear between nodes, as in the LAT tools.
    pub fn integral(&self, theta: f64) -> f64 {
        let above = self.thetas.partition_point(|&t| t < theta);
        match above.checked_sub(1) {
            None => rings::cap(theta.max(0.0), self.peak()),
            Some(low) if above == self.thetas.len() => self.cumulative[low],
            Some(low) => {
                let (t0, t1) = (self.thetas[low], self.thetas[above]);
                let (a, b) = (self.values[low], self.values[above]);
                self.cumulative[low] + Rings::between(t0, t1).part(a, b, (theta - t0) / (t1 - t0))
            }
        }
    }

    /// The separation, degrees, within which a fraction of the table's integral lies; `None` for a PSF of zeros or a fraction outside [0, 1].
    pub fn containment_radius(&self, fraction: f64) -> Option<f64> {
        let total = *self.cumulative.last()?;
        if !(0.0..=1.0).contains(&fraction) || total <= 0.0 {
            return None;
        }
        let wanted = fraction * total;
        let (mut low, mut high) = (0.0, *self.thetas.last()?);
        for _ in 0..60 {
            let middle = f64::midpoint(low, high);
            if self.integral(middle) < wanted { low = middle } else { high = middle }
        }
        Some(high)
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::PI;

    use super::*;

    /// A Gaussian of 1 deg at 100 MeV, of 0.5 deg at 1000 MeV.
    fn gaussian() -> Psf {
        let thetas: Vec<f64> = (0..=4000).map(|i| f64::from(i) * 0.0025).collect();
        let sigmas = [1.0f64, 0.5];
        let values = Array2::from_shape_fn((2, thetas.len()), |(e, t)| {
            let s = sigmas[e].to_radians();
            (-(thetas[t].to_radians() / s).powi(2) / 2.0).exp() / (2.0 * PI * s * s)
        });
        Psf::new(vec![100.0, 1000.0], thetas, values).unwrap()
    }

    #[test]
    fn a_gaussian_contains_what_it_should() {
        let psf = gaussian().at_energy(100.0).unwrap();
        for radius in [0.3f64, 1.0, 1.51, 3.0] {
            let expected = 1.0 - (-radius * radius / 2.0).exp();
            approx::assert_relative_eq!(psf.integral(radius), expected, max_relative = 3e-4);
        }
        approx::assert_relative_eq!(psf.containment_radius(0.6827).unwrap(), 1.5151, max_relative = 1e-3);
        assert_eq!(psf.containment_radius(1.5), None);
    }

    #[test]
    fn between_energies_it_is_linear_and_outside_it_is_refused() {
        let psf = gaussian();
        let at = |energy: f64| psf.at_energy(energy).unwrap().value(0.7);
        approx::assert_relative_eq!(at(550.0), f64::midpoint(at(100.0), at(1000.0)), max_relative = 1e-12);
        assert!(matches!(psf.at_energy(99.0), Err(Error::Energy { .. })));
        assert!(matches!(psf.at_energy(f64::NAN), Err(Error::Energy { .. })));
    }

    #[test]
    fn deviations_are_the_part_of_the_photons_at_other_separations() {
        let (psf, thetas) = (gaussian(), gaussian().thetas().to_vec());
        assert_eq!(psf.deviations(&psf).unwrap(), [0.0, 0.0]);
        // Both energies with the PSF of the first: two Gaussians of 1 and 0.5 deg differ most where exp(-x) - exp(-4 x) does, at x = ln(4) / 3.
        let values = Array2::from_shape_fn((2, thetas.len()), |(_, theta)| psf.values()[[0, theta]]);
        let other = Psf::new(vec![100.0, 1000.0], thetas.clone(), values).unwrap();
        let found = psf.deviations(&other).unwrap();
        assert_eq!(found[0], 0.0);
        approx::assert_relative_eq!(found[1], 0.25f64.powf(1.0 / 3.0) - 0.25f64.powf(4.0 / 3.0), max_relative = 1e-3);
        let zero = Psf::new(vec![100.0, 1000.0], thetas.clone(), Array2::zeros((2, thetas.len()))).unwrap();
        assert_eq!((zero.deviations(&zero).unwrap(), psf.deviations(&zero).unwrap()), (vec![0.0; 2], vec![1.0; 2]));
        let short = Psf::new(vec![100.0], vec![0.0, 1.0], Array2::ones((1, 2))).unwrap();
        assert!(psf.deviations(&short).is_err());
    }

    #[test]
    fn tables_that_cannot_be_are_refused() {
        let table = |value: f64| Array2::from_elem((1, 2), value);
        assert!(Psf::new(vec![1.0], vec![0.0, 1.0], table(f64::NAN)).is_err());
        assert!(Psf::new(vec![1.0], vec![0.0, 1.0], table(-1.0)).is_err());
        assert!(Psf::new(vec![1.0], vec![1.0, 0.0], table(1.0)).is_err());
        assert!(Psf::new(vec![1.0, 2.0], vec![0.0, 1.0], table(1.0)).is_err());
        assert!(Psf::new(vec![0.0], vec![0.0, 1.0], table(1.0)).is_err());
    }
}
