//! Radially symmetric sources convolved with the PSF: one-dimensional integrals instead of images.

use std::f64::consts::PI;

use numerics::{bessel_i0_scaled, bessel_i0_scaled_with_slope, fejer};
use rayon::prelude::*;

use crate::error::Result;
use crate::observation::{NodeWeights, PsfPlanes};
use crate::recipe::DiskShape;

/// A radially symmetric shape of integral 1, sizes in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Shape {
    /// A uniform disk of this radius.
    Disk(f64),
    /// A Gaussian of this sigma.
    Gaussian(f64),
}

/// Points of the quadrature in each panel.
const POINTS: usize = 12;
/// Growth of the panels away from the centre of the PSF.
const GROWTH: f64 = 1.7;
/// The first panel, degrees.
const FIRST_PANEL: f64 = 0.004;
/// The step over which the convolution with a disk is differentiated, relative to its radius.
const STEP: f64 = 1e-2;
/// Where a Gaussian is taken for zero, in units of sigma.
const GAUSSIAN_REACH: f64 = 6.0;

/// The PSF convolved with a shape, again a radial table at the same planes. The sky is flat for it, or a disk is a cap of the sphere.
pub(crate) fn convolved(psf: &PsfPlanes, shape: Shape, disk: DiskShape) -> Result<PsfPlanes> {
    let thetas = nodes(psf, shape);
    let values = tabulated(psf, shape, disk, &thetas);
    PsfPlanes::new(thetas, psf.n_planes(), values)
}

/// The values of the convolution at these separations, degrees: `[theta][plane]`, 1/sr.
fn tabulated(psf: &PsfPlanes, shape: Shape, disk: DiskShape, thetas: &[f64]) -> Vec<f64> {
    let convolution = Convolution { psf, shape, disk, rule: fejer(POINTS) };
    convolution.tabulated(thetas, |theta, x| convolution.density(theta, x))
}

/// How the table of a convolution changes when its shape grows, at the same nodes: 1/sr a degree of a disk's radius or a Gaussian's sigma.
pub(crate) fn change(psf: &PsfPlanes, shape: Shape, disk: DiskShape, convolved: &PsfPlanes) -> PsfPlanes {
    let thetas = convolved.thetas();
    let values = match shape {
        Shape::Gaussian(_) => {
            let convolution = Convolution { psf, shape, disk, rule: fejer(POINTS) };
            convolution.tabulated(thetas, |theta, x| convolution.growth(theta, x))
        }
        Shape::Disk(radius) => {
            let step = STEP * radius;
            let at = |radius: f64| tabulated(psf, Shape::Disk(radius), disk, thetas);
            let (less, more) = (at(radius - step), at(radius + step));
            less.iter().zip(&more).map(|(less, more)| (more - less) / (2.0 * step)).collect()
        }
    };
    PsfPlanes::tabulated(thetas.to_vec(), psf.n_planes(), values)
}

/// Separations at which the result is tabulated: those of the PSF, and closer ones where the shape has its edge.
fn nodes(psf: &PsfPlanes, shape: Shape) -> Vec<f64> {
    let mut nodes = psf.thetas().to_vec();
    let last = psf.last_theta();
    let mut add = |from: f64, to: f64, step: f64| {
        let (mut at, to) = (from.max(step), to.min(last));
        while at < to {
            nodes.push(at);
            at += step;
        }
    };
    match shape {
        Shape::Disk(radius) => {
            // The edge is as sharp as the PSF; each finer step holds over a shorter way.
            for step in [0.001, 0.004, 0.016, 0.064] {
                add(radius - 40.0 * step, radius + 40.0 * step, step);
            }
        }
        Shape::Gaussian(sigma) => add(0.0, GAUSSIAN_REACH * sigma, sigma / 20.0),
    }
    nodes.sort_by(f64::total_cmp);
    // Nodes that all but coincide would only cost time.
    nodes.dedup_by(|b, a| *b - *a < 1e-7);
    nodes
}

/// A PSF and the shape that it is convolved with.
struct Convolution<'a> {
    psf: &'a PsfPlanes,
    shape: Shape,
    disk: DiskShape,
    rule: Vec<(f64, f64)>,
}

impl Convolution<'_> {
    /// The integral over the PSF of the density of a shape, or of a change of it, at several separations.
    fn tabulated(&self, thetas: &[f64], density: impl Fn(f64, f64) -> f64 + Sync) -> Vec<f64> {
        let n = self.psf.n_planes();
        let mut values = vec![0.0; thetas.len() * n];
        let start = || NodeWeights::new(self.psf.thetas().len());
        values.par_chunks_mut(n).zip(thetas).for_each_init(start, |weights, (row, &theta)| {
            let mut low: Option<f64> = None;
            for high in self.panels(theta) {
                if let Some(low) = low {
                    for &(position, weight) in &self.rule {
                        let x = low + (high - low) * position;
                        let share = weight * (high - low).to_radians() * density(theta, x);
                        if share != 0.0 {
                            weights.add_value(self.psf, x, share);
                        }
                    }
                }
                low = Some(high);
            }
            weights.take(self.psf, 0, row);
        });
        values
    }

    /// The ends of the panels over which the integral at a separation is taken, rising.
    fn panels(&self, theta: f64) -> Vec<f64> {
        let (from, to, mut breaks) = match self.shape {
            Shape::Disk(radius) => ((theta - radius).max(0.0), theta + radius, vec![(radius - theta).abs()]),
            Shape::Gaussian(sigma) => {
                let reach = GAUSSIAN_REACH * sigma;
                let steps = [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0];
                ((theta - reach).max(0.0), theta + reach, steps.map(|step| theta + step * sigma).to_vec())
            }
        };
        let to = to.min(self.psf.last_theta());
        let mut panel = FIRST_PANEL;
        while panel < to {
            breaks.push(panel);
            panel *= GROWTH;
        }
        breaks.push(to);
        breaks.retain(|&x| x > from && x <= to);
        breaks.push(from);
        breaks.sort_by(f64::total_cmp);
        breaks
    }

    /// How much of the shape, at `theta` from its centre, lies on the ring of radius `x` around there: per radian of `x`, weighted by 1 for the
    /// whole shape in the centre of the ring.
    fn density(&self, theta: f64, x: f64) -> f64 {
        match (self.shape, self.disk) {
            (Shape::Disk(radius), DiskShape::Flat) => {
                let arc = arc(x + theta <= radius, (theta * theta + x * x - radius * radius) / (2.0 * theta * x));
                arc * x.to_radians() / (PI * radius.to_radians().powi(2))
            }
            (Shape::Disk(radius), DiskShape::Cap) => {
                let [(sin_t, cos_t), (sin_x, cos_x)] = [theta, x].map(|angle| angle.to_radians().sin_cos());
                let half = (0.5 * radius.to_radians()).sin();
                let arc = arc(x + theta <= radius, (radius.to_radians().cos() - cos_t * cos_x) / (sin_t * sin_x));
                arc * sin_x / (4.0 * PI * half * half)
            }
            (Shape::Gaussian(sigma), _) => {
                let s = sigma.to_radians();
                let (t, x) = (theta.to_radians(), x.to_radians());
                x * (-0.5 * ((t - x) / s).powi(2)).exp() * bessel_i0_scaled(t * x / (s * s)) / (s * s)
            }
        }
    }

    /// How the density of a Gaussian changes when its sigma grows, a degree: 0 for a disk, whose edge moves instead.
    ///
    /// With `z = t x / s^2`, `y(z) = exp(-z) I0(z)` and `d = x/s^2 exp(-(t - x)^2/(2 s^2)) y`: `dd/ds = d (-2/s + (t - x)^2/s^3 - 2 z/s y'/y)`.
    fn growth(&self, theta: f64, x: f64) -> f64 {
        let Shape::Gaussian(sigma) = self.shape else { return 0.0 };
        let s = sigma.to_radians();
        let (t, x) = (theta.to_radians(), x.to_radians());
        let (z, steps) = (t * x / (s * s), ((t - x) / s).powi(2));
        let (y, slope) = bessel_i0_scaled_with_slope(z);
        let bell = x * (-0.5 * steps).exp() / (s * s);
        (bell * ((steps - 2.0) * y - 2.0 * z * slope) / s).to_radians()
    }
}

/// The part of a ring, radians, inside a disk: all of it, or twice the angle of this cosine.
fn arc(inside: bool, cosine: f64) -> f64 {
    if inside { 2.0 * PI } else { 2.0 * cosine.clamp(-1.0, 1.0).acos() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::separations;

    /// Gaussian PSFs of these sigmas, 1/sr, flat sky.
    fn gaussians(sigmas: &[f64]) -> PsfPlanes {
        let thetas = separations(2000);
        let value = |t: f64, sigma: f64| {
            let s = sigma.to_radians();
            (-(t.to_radians() / s).powi(2) / 2.0).exp() / (2.0 * PI * s * s)
        };
        let values = thetas.iter().flat_map(|&t| sigmas.iter().map(move |&s| value(t, s))).collect();
        PsfPlanes::new(thetas, sigmas.len(), values).unwrap()
    }

    #[test]
    fn two_gaussians_make_a_wider_one() {
        let psf = gaussians(&[0.05, 0.3, 2.0]);
        let found = convolved(&psf, Shape::Gaussian(0.4), DiskShape::Flat).unwrap();
        for (plane, sigma) in [0.05f64, 0.3, 2.0].into_iter().enumerate() {
            let expected = gaussians(&[sigma.hypot(0.4)]);
            for theta in [0.0, 0.1, 0.37, 1.0, 1.9] {
                let error = (found.value(theta, plane) - expected.value(theta, 0)) / expected.peak(0);
                assert!(error.abs() < 2e-4, "sigma {sigma}, {theta}: {error}");
            }
        }
    }

    #[test]
    fn a_disk_much_wider_than_the_psf_is_flat_with_half_its_height_at_the_edge() {
        let psf = gaussians(&[0.02]);
        for shape in [DiskShape::Flat, DiskShape::Cap] {
            let disk = convolved(&psf, Shape::Disk(1.0), shape).unwrap();
            let height = 1.0 / (PI * 1f64.to_radians().powi(2));
            approx::assert_relative_eq!(disk.value(0.3, 0), height, max_relative = 2e-4);
            approx::assert_relative_eq!(disk.value(1.0, 0), 0.5 * height, max_relative = 1e-2);
            assert!(disk.value(1.2, 0) < 1e-9 * height);
            approx::assert_relative_eq!(disk.integral(2.0, 0), 1.0, max_relative = 3e-4);
        }
    }

    #[test]
    fn the_change_of_a_gaussian_that_grows_is_that_of_the_wider_one() {
        let psf = gaussians(&[0.05, 0.3, 2.0]);
        for size in [0.02f64, 0.1, 0.4] {
            let table = convolved(&psf, Shape::Gaussian(size), DiskShape::Flat).unwrap();
            let found = change(&psf, Shape::Gaussian(size), DiskShape::Flat, &table);
            for (plane, sigma) in [0.05f64, 0.3, 2.0].into_iter().enumerate() {
                // S^2 = sigma^2 + size^2: d/dsize exp(-t^2/(2 S^2)) / (2 pi S^2) = that times (t^2/S^2 - 2) size/S^2.
                let wide = sigma.hypot(size);
                let peak = 1.0 / (2.0 * PI * wide.to_radians().powi(2));
                for theta in [0.0, 0.03, 0.1, 0.37, 1.0, 1.9] {
                    let steps = (theta / wide) * (theta / wide);
                    let expected = peak * (-0.5 * steps).exp() * (steps - 2.0) * size / (wide * wide);
                    // Of a Gaussian much narrower than the PSF it is next to nothing of the table's own values.
                    let allowed = 4e-3 * peak * size / (wide * wide) + 1e-6 * peak / size;
                    let error = found.value(theta, plane) - expected;
                    assert!(error.abs() < allowed, "{size} {sigma} {theta}: {error} {allowed}");
                }
            }
        }
    }

    #[test]
    fn a_tiny_disk_is_the_psf() {
        let psf = gaussians(&[0.1, 1.0]);
        let disk = convolved(&psf, Shape::Disk(1e-3), DiskShape::Cap).unwrap();
        for theta in [0.0, 0.05, 0.2, 0.5] {
            for plane in 0..2 {
                approx::assert_relative_eq!(disk.value(theta, plane), psf.value(theta, plane), max_relative = 2e-3);
            }
        }
    }
}
