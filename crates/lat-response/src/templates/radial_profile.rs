//! A brightness profile around a centre, as a table.

use crate::error::{Error, Result};
use crate::geometry::rings;

/// Brightness that depends on the separation from a centre alone: linear between the nodes of a table, constant within the first node, 0
/// beyond the last.
///
/// ```
/// use lat_response::RadialProfile;
/// let profile = RadialProfile::new("halo", vec![0.0, 1.0, 2.0], vec![4.0, 2.0, 0.0])?;
/// assert_eq!(profile.value(0.5), 3.0);
/// assert_eq!(profile.value(2.5), 0.0);
/// # Ok::<(), lat_response::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RadialProfile {
    thetas: Vec<f64>,
    values: Vec<f64>,
}

impl RadialProfile {
    /// A profile from separations in degrees, increasing from 0 or above, and a value at each, in 1/sr for a profile that a flux multiplies;
    /// `what` names it in messages.
    ///
    /// # Errors
    /// [`Error::Shape`] for fewer than two nodes or another number of values, [`Error::BadValue`] for separations that do not increase
    /// within [0, 180] or a value that is negative or not finite.
    pub fn new(what: &str, thetas: Vec<f64>, values: Vec<f64>) -> Result<Self> {
        if thetas.len() < 2 || thetas.len() != values.len() {
            return Err(Error::Shape {
                what: what.to_owned(),
                found: format!("{} separations and {} values", thetas.len(), values.len()),
                expected: "as many of each, at least 2".into(),
            });
        }
        let mut previous = f64::NEG_INFINITY;
        for (row, (&theta, &value)) in thetas.iter().zip(&values).enumerate() {
            let bad = |value, expected| Error::BadValue { what: format!("{what}, row {}", row + 1), value, expected };
            if !(0.0..=180.0).contains(&theta) || theta <= previous {
                return Err(bad(theta, "separations in degrees that increase within [0, 180]"));
            }
            if !value.is_finite() || value < 0.0 {
                return Err(bad(value, "a finite brightness of at least 0"));
            }
            previous = theta;
        }
        Ok(Self { thetas, values })
    }

    /// Separations of the table, degrees.
    pub fn thetas(&self) -> &[f64] {
        &self.thetas
    }

    /// Values at the separations.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The value at a separation in degrees.
    pub fn value(&self, theta: f64) -> f64 {
        let above = self.thetas.partition_point(|&t| t < theta);
        match (above.checked_sub(1), self.values.get(above)) {
            (_, None) => 0.0,
            (None, Some(&first)) => first,
            (Some(low), Some(&b)) => {
                let (t0, t1, a) = (self.thetas[low], self.thetas[above], self.values[low]);
                a + (b - a) * (theta - t0) / (t1 - t0)
            }
        }
    }

    /// Integral over the sphere, with `2 pi sin(theta) value` linear between nodes, as in the LAT tools.
    pub fn integral(&self) -> f64 {
        rings::total(&self.thetas, &self.values)
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::PI;

    use super::*;

    #[test]
    fn a_fine_gaussian_integrates_to_one() {
        let sigma = 0.8f64;
        let thetas: Vec<f64> = (0..=2000).map(|i| f64::from(i) * 0.004).collect();
        let norm = 2.0 * PI * sigma.to_radians().powi(2);
        let values = thetas.iter().map(|t| (-0.5 * (t / sigma).powi(2)).exp() / norm).collect();
        let profile = RadialProfile::new("gaussian", thetas, values).unwrap();
        // On the sphere it is smaller than on the plane by sigma^2 / 3.
        approx::assert_relative_eq!(profile.integral(), 1.0 - sigma.to_radians().powi(2) / 3.0, max_relative = 5e-6);
    }

    #[test]
    fn a_profile_that_begins_outside_the_centre_is_filled() {
        let profile = RadialProfile::new("disk", vec![1.0, 1.0 + 1e-9], vec![2.0, 0.0]).unwrap();
        assert_eq!(profile.value(0.0), 2.0);
        approx::assert_relative_eq!(
            profile.integral(),
            4.0 * PI * (1.0 - 1f64.to_radians().cos()),
            max_relative = 1e-7
        );
    }

    #[test]
    fn tables_that_cannot_be_are_refused() {
        let make = |thetas: &[f64], values: &[f64]| RadialProfile::new("profile", thetas.to_vec(), values.to_vec());
        assert!(make(&[0.0], &[1.0]).is_err());
        assert!(make(&[0.0, 1.0], &[1.0]).is_err());
        assert!(make(&[1.0, 1.0], &[1.0, 1.0]).is_err());
        assert!(make(&[0.0, 181.0], &[1.0, 1.0]).is_err());
        assert!(make(&[0.0, f64::NAN], &[1.0, 1.0]).is_err());
        let error = make(&[0.0, 1.0], &[1.0, -1.0]).unwrap_err().to_string();
        assert!(error.contains("profile, row 2") && error.contains("-1"), "{error}");
    }
}
