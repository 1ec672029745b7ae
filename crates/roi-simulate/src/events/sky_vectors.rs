//! Unit vectors of the equatorial frame: what orbit and photons need of them.

use crate::instrument::pixels::Vector;

pub(super) fn dot(a: Vector, b: Vector) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

pub(super) fn cross(a: Vector, b: Vector) -> Vector {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

/// `a * x + b * y`.
pub(super) fn sum(a: f64, x: Vector, b: f64, y: Vector) -> Vector {
    [0, 1, 2].map(|i| a * x[i] + b * y[i])
}

/// A vector of length 1 along another, or `instead` where that has no length.
pub(super) fn unit_or(v: Vector, instead: Vector) -> Vector {
    let length = dot(v, v).sqrt();
    if length > 1e-9 { v.map(|part| part / length) } else { instead }
}

/// Two directions across another: east and north of it, on a pole any two.
pub(super) fn across(v: Vector) -> [Vector; 2] {
    let east = unit_or([-v[1], v[0], 0.0], [0.0, 1.0, 0.0]);
    [east, cross(v, east)]
}

/// The direction at an angle (radians) from another, at an azimuth (radians) from north to east.
pub(super) fn displaced(from: Vector, angle: f64, azimuth: f64) -> Vector {
    let [east, north] = across(from);
    let ((sin, cos), (sin_az, cos_az)) = (angle.sin_cos(), azimuth.sin_cos());
    unit_or(sum(cos, from, sin, sum(sin_az, east, cos_az, north)), from)
}

/// Right ascension (0 to 360) and declination in degrees.
pub(super) fn angles(v: Vector) -> [f64; 2] {
    let ra = v[1].atan2(v[0]).to_degrees();
    [if ra < 0.0 { ra + 360.0 } else { ra }, v[2].clamp(-1.0, 1.0).asin().to_degrees()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_displaced_direction_lies_where_it_was_sent() {
        for from in [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, -1.0], [0.48, -0.6, 0.64]] {
            for (angle, azimuth) in [(0.0f64, 1.0), (1e-6, 0.3), (0.4, 2.0), (3.0, 5.0)] {
                let to = displaced(from, angle, azimuth);
                approx::assert_relative_eq!(dot(from, to), angle.cos(), epsilon = 1e-14);
                let [east, north] = across(from);
                if angle > 1e-3 {
                    let found = dot(to, east).atan2(dot(to, north)).rem_euclid(std::f64::consts::TAU);
                    approx::assert_relative_eq!(found, azimuth, max_relative = 1e-12);
                }
            }
        }
        approx::assert_relative_eq!(angles([0.0, -1.0, 0.0])[0], 270.0);
    }
}
