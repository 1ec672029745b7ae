//! The point spread function: two King functions of the chord.

use std::f64::consts::PI;

/// Share of the narrow King function.
const CORE_SHARE: f64 = 0.8;
/// Width of the wide King function over that of the narrow one.
const TAIL_WIDTH: f64 = 2.0;
/// Square of the 68 % containment radius over the square of the narrow function's width.
const R68_SQUARED: f64 = 6.686_314_945;

/// A point spread function at one energy, for a source in the centre of its own world: only the separation counts.
///
/// The LAT's PSF is the sum of a narrow and a wide King function (Ackermann et al. 2012, Astrophys. J. Suppl. 203, 4), each
/// `K(x) = (1 - 1/g) / (2 pi s^2) (1 + x^2 / (2 g s^2))^-g`. Here `g` is 3 for the core and 2 for the tail, so no power has to be
/// taken, and `x` is the chord between two directions, not the angle. Then `2 pi sin(theta) d(theta) = pi d(x^2)`: the integral over
/// the sphere has a closed form, and the PSF integrates to one. The 95 % containment radius is 2.95 times the 68 % one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Psf {
    core: King<3>,
    tail: King<2>,
}

/// A King function of slope `G`, normalised over the sphere times its share.
#[derive(Clone, Copy, Debug)]
struct King<const G: i32> {
    share: f64,
    /// `2 g s^2`, in squared radians.
    width: f64,
    /// Density at the centre, 1/sr.
    peak: f64,
}

impl<const G: i32> King<G> {
    fn new(share: f64, sigma_squared: f64) -> Self {
        let width = 2.0 * f64::from(G) * sigma_squared;
        let plane = f64::from(G - 1) / (PI * width);
        // The antipode has a squared chord of 4: beyond it the plane goes on, the sphere does not.
        let sphere = 1.0 - (1.0 + 4.0 / width).powi(1 - G);
        Self { share, width, peak: share * plane / sphere }
    }

    fn density(&self, squared_chord: f64) -> f64 {
        self.peak / (1.0 + squared_chord / self.width).powi(G)
    }

    /// Integral out to a chord.
    fn containment(&self, squared_chord: f64) -> f64 {
        self.peak * PI * self.width / f64::from(G - 1) * (1.0 - (1.0 + squared_chord / self.width).powi(1 - G))
    }

    /// Weights and variances (rad^2) of Gaussians whose sum is this function on the plane:
    /// `(1 + q)^-g = 1/Gamma(g) INT t^(g-1) e^-t e^(-t q) dt`, a Gaussian of variance `width / 2t` for each `t`.
    fn gaussians(&self) -> impl Iterator<Item = (f64, f64)> + use<G> {
        let (share, width) = (self.share, self.width);
        let nodes = || (-24..=8).map(|i| (f64::from(i) * 0.4).exp());
        let weight = |t: f64| t.powi(G - 1) * (-t).exp();
        let total: f64 = nodes().map(weight).sum();
        nodes().map(move |t| (share * weight(t) / total, width / (2.0 * t)))
    }
}

impl Psf {
    /// From the 68 % containment radius in degrees.
    pub(crate) fn new(r68: f64) -> Self {
        let sigma_squared = r68.to_radians().powi(2) / R68_SQUARED;
        Self {
            core: King::new(CORE_SHARE, sigma_squared),
            tail: King::new(1.0 - CORE_SHARE, TAIL_WIDTH * TAIL_WIDTH * sigma_squared),
        }
    }

    /// Probability per solid angle, 1/sr.
    pub(crate) fn density(&self, squared_chord: f64) -> f64 {
        self.core.density(squared_chord) + self.tail.density(squared_chord)
    }

    /// Probability within a chord of the source.
    pub(crate) fn containment(&self, squared_chord: f64) -> f64 {
        self.core.containment(squared_chord) + self.tail.containment(squared_chord)
    }

    /// The squared distance over which the PSF changes, at a chord: that to the poles of the narrow King function.
    pub(crate) fn scale_squared(&self, chord: f64) -> f64 {
        self.core.width + chord * chord
    }

    /// Weights and variances (rad^2) of a sum of Gaussians that is the PSF, as far as the sky is flat. The weights sum to one.
    pub(crate) fn gaussians(&self) -> Vec<(f64, f64)> {
        self.core.gaussians().chain(self.tail.gaussians()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Squared chord of an angle in degrees.
    fn chord(angle: f64) -> f64 {
        (2.0 * (angle.to_radians() / 2.0).sin()).powi(2)
    }

    #[test]
    fn it_integrates_to_one_over_the_sphere() {
        for r68 in [0.05, 0.7, 5.0, 9.0] {
            let psf = Psf::new(r68);
            approx::assert_relative_eq!(psf.containment(4.0), 1.0, max_relative = 1e-14);
            // The same by Simpson's rule in the logarithm of the angle.
            let (from, to, steps) = (1e-8f64.ln(), PI.ln(), 4000);
            let h = (to - from) / f64::from(steps);
            let ring = |i: i32| {
                let theta = (from + h * f64::from(i)).exp();
                2.0 * PI * theta.sin() * theta * psf.density(chord(theta.to_degrees()))
            };
            let sum: f64 = (0..steps).step_by(2).map(|i| ring(i) + 4.0 * ring(i + 1) + ring(i + 2)).sum();
            approx::assert_relative_eq!(sum * h / 3.0, 1.0, max_relative = 1e-5);
        }
    }

    #[test]
    fn its_radii_are_the_68_and_95_percent_ones() {
        for r68 in [0.05, 0.7, 3.0] {
            let psf = Psf::new(r68);
            approx::assert_relative_eq!(psf.containment(chord(r68)), 0.68, max_relative = 2e-3);
            approx::assert_relative_eq!(psf.containment(chord(2.954 * r68)), 0.95, max_relative = 2e-3);
        }
        approx::assert_relative_eq!(Psf::new(0.05).containment(chord(0.05)), 0.68, max_relative = 1e-6);
    }

    #[test]
    fn the_gaussians_sum_to_it() {
        let psf = Psf::new(1.0);
        let gaussians = psf.gaussians();
        approx::assert_relative_eq!(gaussians.iter().map(|(weight, _)| weight).sum::<f64>(), 1.0, max_relative = 1e-14);
        for angle in [0.0, 0.1, 0.5, 1.0, 3.0, 10.0] {
            let x2 = chord(angle);
            let sum: f64 = gaussians.iter().map(|(w, v)| w / (2.0 * PI * v) * (-x2 / (2.0 * v)).exp()).sum();
            // The plane has no antipode: 4e-4 of this PSF.
            approx::assert_relative_eq!(sum, psf.density(x2), max_relative = 2e-3);
        }
    }
}
