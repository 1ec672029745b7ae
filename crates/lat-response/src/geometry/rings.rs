//! Integrals over the sphere of what depends on the separation from a point alone: as in the LAT tools, the circumference of the ring at a
//! separation times the value there is linear between nodes.

use std::f64::consts::PI;

/// Circumference of the ring at a separation (degrees) on the unit sphere.
fn circumference(theta: f64) -> f64 {
    2.0 * PI * theta.to_radians().sin()
}

/// The rings between two separations.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rings {
    inner: f64,
    outer: f64,
    /// Radians.
    width: f64,
}

impl Rings {
    /// Those between two separations in degrees.
    pub(crate) fn between(from: f64, to: f64) -> Self {
        Self { inner: circumference(from), outer: circumference(to), width: (to - from).to_radians() }
    }

    /// The integral of a function with these values at the two separations.
    pub(crate) fn integral(self, inner: f64, outer: f64) -> f64 {
        0.5 * self.width * (self.inner * inner + self.outer * outer)
    }

    /// The integral over a fraction of the way to the outer separation.
    pub(crate) fn part(self, inner: f64, outer: f64, fraction: f64) -> f64 {
        let (a, b) = (self.inner * inner, self.outer * outer);
        self.width * fraction * (a + 0.5 * (b - a) * fraction)
    }
}

/// The integral of a constant over the cap out to a separation in degrees.
pub(crate) fn cap(theta: f64, value: f64) -> f64 {
    2.0 * PI * value * (1.0 - theta.to_radians().cos())
}

/// Integrals out to each of the nodes of a table (separations in degrees and values), which is constant within the first.
pub(crate) fn cumulative(thetas: &[f64], values: &[f64]) -> Vec<f64> {
    let (Some(&first), Some(&inner)) = (thetas.first(), values.first()) else { return Vec::new() };
    let mut sum = cap(first, inner);
    let mut sums = vec![sum];
    for (t, p) in thetas.windows(2).zip(values.windows(2)) {
        sum += Rings::between(t[0], t[1]).integral(p[0], p[1]);
        sums.push(sum);
    }
    sums
}

/// The integral of a table out to its last node.
pub(crate) fn total(thetas: &[f64], values: &[f64]) -> f64 {
    cumulative(thetas, values).last().copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_has_the_solid_angle_of_its_cap() {
        let thetas: Vec<f64> = (0..=900).map(|i| 0.1 * f64::from(i)).collect();
        let sums = cumulative(&thetas, &vec![1.0; thetas.len()]);
        for (theta, sum) in thetas.iter().zip(&sums) {
            approx::assert_relative_eq!(*sum, cap(*theta, 1.0), max_relative = 1e-5);
        }
        approx::assert_relative_eq!(total(&thetas[3..], &vec![1.0; 898]), 2.0 * PI, max_relative = 1e-5);
    }

    #[test]
    fn parts_of_an_interval_join() {
        let rings = Rings::between(1.0, 3.0);
        approx::assert_relative_eq!(rings.part(4.0, 1.0, 1.0), rings.integral(4.0, 1.0), max_relative = 1e-14);
        assert_eq!(rings.part(4.0, 1.0, 0.0), 0.0);
        // The derivative of the part is the ring there.
        let slope = (rings.part(4.0, 1.0, 0.5 + 1e-6) - rings.part(4.0, 1.0, 0.5 - 1e-6)) / (2e-6 * 2f64.to_radians());
        let ring = 0.5 * (4.0 * circumference(1.0) + circumference(3.0));
        approx::assert_relative_eq!(slope, ring, max_relative = 1e-8);
    }
}
