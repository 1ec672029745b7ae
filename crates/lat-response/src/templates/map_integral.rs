//! Energies of the planes of a map, values between them, and the integral of a map over the sky.

use crate::error::{Error, Result};

/// The energies of the planes of a map.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PlaneEnergies {
    what: String,
    values: Vec<f64>,
}

impl PlaneEnergies {
    /// Energies in MeV, positive and increasing, at least one; `what` names the map in messages.
    pub(crate) fn new(what: String, values: Vec<f64>) -> Self {
        Self { what, values }
    }

    pub(crate) fn what(&self) -> &str {
        &self.what
    }

    pub(crate) fn values(&self) -> &[f64] {
        &self.values
    }

    /// Indices of the two planes that an energy lies between; the same index twice on a plane, or for a map with one.
    pub(crate) fn around(&self, energy: f64) -> (usize, usize) {
        let n = self.values.len();
        if n == 1 {
            return (0, 0);
        }
        if let Some(exact) = self.values.iter().position(|&e| e == energy) {
            return (exact, exact);
        }
        let low = self.values.partition_point(|&e| e < energy).saturating_sub(1).min(n - 2);
        (low, low + 1)
    }

    /// The value at `energy` from the values `a`, `b` at the planes `low`, `high`: a power law, as the LAT tools take it.
    pub(crate) fn between(&self, low: usize, high: usize, a: f64, b: f64, energy: f64) -> Result<f64> {
        if low == high {
            return Ok(a);
        }
        let energy_of = |index: usize| self.values.get(index).copied().unwrap_or(f64::NAN);
        let (e_a, e_b) = (energy_of(low), energy_of(high));
        if a > 0.0 && b > 0.0 {
            return Ok(a * ((b / a).ln() * (energy / e_a).ln() / (e_b / e_a).ln()).exp());
        }
        if a < 0.0 || b < 0.0 {
            let what = format!("{} between {e_a} and {e_b} MeV", self.what);
            return Err(Error::BadValue { what, value: a.min(b), expected: "values of at least 0" });
        }
        // One or both are zero.
        let linear = a + (b - a) * (energy - e_a) / (e_b - e_a);
        Ok(linear.max(0.0))
    }
}

/// Energies of planes are positive and increase.
pub(crate) fn check_energies(what: &str, energies: &[f64]) -> Result<()> {
    let mut previous = 0.0;
    for &energy in energies {
        if !energy.is_finite() || energy <= previous {
            let expected = "energies in MeV that are positive and increase";
            return Err(Error::BadValue { what: format!("{what}, energies"), value: energy, expected });
        }
        previous = energy;
    }
    Ok(())
}

/// The integral of a map over the solid angle of its pixels, at each of its energies.
#[derive(Clone, Debug, PartialEq)]
pub struct MapIntegral {
    energies: PlaneEnergies,
    values: Vec<f64>,
}

impl MapIntegral {
    pub(crate) fn new(energies: PlaneEnergies, values: Vec<f64>) -> Self {
        Self { energies, values }
    }

    /// Integrals of planes at `energies` in MeV (one for a map without energies) that were summed one by one; `what` names the map in messages.
    ///
    /// # Errors
    /// [`Error::Shape`] for another number of values than of energies or none, [`Error::BadValue`] for a value that is not finite or
    /// energies that do not increase.
    pub fn from_planes(what: impl Into<String>, energies: Vec<f64>, values: Vec<f64>) -> Result<Self> {
        let what = what.into();
        if energies.len() != values.len() || energies.is_empty() {
            return Err(Error::Shape {
                what,
                found: format!("{} energies and {} planes", energies.len(), values.len()),
                expected: "as many of each, at least 1".into(),
            });
        }
        check_energies(&what, &energies)?;
        if let Some((plane, &value)) = values.iter().enumerate().find(|(_, value)| !value.is_finite()) {
            let what = format!("{what}, plane {plane}, integral over the sky");
            return Err(Error::BadValue { what, value, expected: "a finite number" });
        }
        Ok(Self { energies: PlaneEnergies::new(what, energies), values })
    }

    /// Energies of the map's planes, MeV.
    pub fn energies(&self) -> &[f64] {
        self.energies.values()
    }

    /// The integral of each plane, in the unit of the map times sr.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The integral at an energy in MeV: a power law between the two planes around it, the outermost two beyond the range, as in the LAT
    /// tools. A map of one plane has the same integral at every energy.
    ///
    /// # Errors
    /// [`Error::BadValue`] for a negative integral between planes, which a power law cannot pass.
    pub fn at(&self, energy: f64) -> Result<f64> {
        let (low, high) = self.energies.around(energy);
        let value = |index: usize| self.values.get(index).copied().unwrap_or(f64::NAN);
        self.energies.between(low, high, value(low), value(high), energy)
    }
}
