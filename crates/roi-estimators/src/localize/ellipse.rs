//! The error ellipse of a position.

use roi_model::SkyDirection;
use serde::Serialize;

/// How the axes of the ellipse of a confidence level follow from those of one sigma: `sqrt(-2 ln(1 - cl))`, two parameters (`chi^2` of two degrees of freedom).
pub(crate) fn factor(confidence: f64) -> f64 {
    (-2.0 * (-confidence).ln_1p()).sqrt()
}

/// Confidence of one sigma of one parameter.
const CL68: f64 = 0.682_689_492_137;
/// Of the usual error circle.
pub(crate) const CL95: f64 = 0.95;
const CL99: f64 = 0.99;
/// The step over which the direction of galactic north is taken, degrees.
const STEP: f64 = 1e-4;

/// The error ellipse of a position: one sigma along its axes, radii of circles of the same area.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ErrorEllipse {
    /// Covariance in the tangent plane, equatorial: `[[east east, east north], [east north, north north]]`, deg^2.
    pub cel_cov: [[f64; 2]; 2],
    /// The same along galactic longitude (times `cos b`) and latitude, deg^2.
    pub gal_cov: [[f64; 2]; 2],
    /// The longer semi-axis of one sigma, degrees.
    pub semimajor: f64,
    /// The shorter one.
    pub semiminor: f64,
    /// From north through east to the longer axis, degrees, 0 to 180.
    pub angle: f64,
    /// Radius of a circle as large as the ellipse of 68.27 %, degrees.
    pub r68: f64,
    /// Of 95 %.
    pub r95: f64,
    /// Of 99 %.
    pub r99: f64,
}

impl ErrorEllipse {
    /// From a covariance in the tangent plane at a position; `None` for one that is not positive definite.
    pub(crate) fn new(position: &SkyDirection, cov: [[f64; 2]; 2]) -> Option<Self> {
        let [[ee, en], [_, nn]] = cov;
        let (mean, half) = (0.5 * (ee + nn), (0.25 * (ee - nn) * (ee - nn) + en * en).sqrt());
        let (large, small) = (mean + half, mean - half);
        if !(small > 0.0 && large.is_finite()) {
            return None;
        }
        // The axis (sin angle, cos angle) in (east, north): tan(2 angle) = 2 en / (nn - ee).
        let angle = (0.5 * (2.0 * en).atan2(nn - ee)).to_degrees().rem_euclid(180.0);
        let (semimajor, semiminor) = (large.sqrt(), small.sqrt());
        let sigma = (semimajor * semiminor).sqrt();
        let radius = |confidence| sigma * factor(confidence);
        let gal_cov = rotated(cov, galactic_angle(position)?);
        let (r68, r95, r99) = (radius(CL68), radius(CL95), radius(CL99));
        Some(Self { cel_cov: cov, gal_cov, semimajor, semiminor, angle, r68, r95, r99 })
    }

    /// `sqrt(semimajor semiminor)`, degrees.
    pub fn sigma(&self) -> f64 {
        (self.semimajor * self.semiminor).sqrt()
    }

    /// A point of the ellipse `scale` sigma large: to the east and to the north, degrees. `phase` 0 is on the longer axis.
    pub(crate) fn point(&self, scale: f64, phase: f64) -> [f64; 2] {
        let (sin, cos) = self.angle.to_radians().sin_cos();
        let (along, across) = (scale * self.semimajor * phase.cos(), scale * self.semiminor * phase.sin());
        [along * sin + across * cos, along * cos - across * sin]
    }
}

/// How far the direction of increasing galactic latitude is turned from north to east, radians.
fn galactic_angle(position: &SkyDirection) -> Option<f64> {
    // Where a small step north leads in galactic coordinates, the turn in the other direction.
    let north = position.moved(0.0, STEP).ok()?;
    let ((l0, b0), (l1, b1)) = (position.to_galactic(), north.to_galactic());
    let turn = (l1 - l0 + 540.0).rem_euclid(360.0) - 180.0;
    Some(-(turn * b0.to_radians().cos()).atan2(b1 - b0))
}

/// A covariance in axes of which the second is turned by an angle from north to east.
fn rotated([[ee, en], [_, nn]]: [[f64; 2]; 2], angle: f64) -> [[f64; 2]; 2] {
    let (sin, cos) = angle.sin_cos();
    // Unit vectors (east, north): first axis (cos, -sin), second (sin, cos).
    let first = cos * cos * ee - 2.0 * sin * cos * en + sin * sin * nn;
    let second = sin * sin * ee + 2.0 * sin * cos * en + cos * cos * nn;
    let mixed = sin * cos * (ee - nn) + (cos * cos - sin * sin) * en;
    [[first, mixed], [mixed, second]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_and_angle_are_those_of_the_covariance() {
        let place = SkyDirection::new(83.63, 22.01).unwrap();
        for angle in [0.0f64, 20.0, 90.0, 135.0, 179.0] {
            let (sin, cos) = angle.to_radians().sin_cos();
            let (a, b) = (0.09, 0.01);
            let cov = [
                [a * sin * sin + b * cos * cos, (a - b) * sin * cos],
                [(a - b) * sin * cos, a * cos * cos + b * sin * sin],
            ];
            let ellipse = ErrorEllipse::new(&place, cov).unwrap();
            assert!((ellipse.semimajor - 0.3).abs() < 1e-12 && (ellipse.semiminor - 0.1).abs() < 1e-12);
            assert!((ellipse.angle - angle).abs() < 1e-6, "{} {angle}", ellipse.angle);
            let [east, north] = ellipse.point(1.0, 0.0);
            assert!((east - 0.3 * sin).abs() < 1e-9 && (north - 0.3 * cos).abs() < 1e-9);
            assert!((ellipse.r95 / ellipse.sigma() - 5.991_464f64.sqrt()).abs() < 1e-6);
        }
        assert!(ErrorEllipse::new(&place, [[1.0, 2.0], [2.0, 1.0]]).is_none());
    }

    #[test]
    fn a_galactic_covariance_is_that_of_displacements() {
        // All of the error along one direction: its offsets in galactic coordinates give the covariance.
        let place = SkyDirection::new(83.63, 22.01).unwrap();
        let (east, north) = (0.003, -0.004);
        let cov = [[east * east + 1e-12, east * north], [east * north, north * north + 1e-12]];
        let found = ErrorEllipse::new(&place, cov).unwrap().gal_cov;
        let ((l0, b0), (l1, b1)) = (place.to_galactic(), place.moved(east, north).unwrap().to_galactic());
        let (x, y) = ((l1 - l0) * b0.to_radians().cos(), b1 - b0);
        for (found, expected) in [(found[0][0], x * x), (found[0][1], x * y), (found[1][1], y * y)] {
            assert!((found - expected).abs() < 2e-8, "{found} {expected}");
        }
    }
}
