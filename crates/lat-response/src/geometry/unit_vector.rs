//! Directions as unit vectors, for sums over many pixels.

use roi_model::SkyDirection;

/// A direction as a unit vector (ICRS).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UnitVector(pub [f64; 3]);

impl From<SkyDirection> for UnitVector {
    fn from(direction: SkyDirection) -> Self {
        let (sin_ra, cos_ra) = direction.ra().to_radians().sin_cos();
        let (sin_dec, cos_dec) = direction.dec().to_radians().sin_cos();
        Self([cos_ra * cos_dec, sin_ra * cos_dec, sin_dec])
    }
}

impl UnitVector {
    /// Angle to another direction in radians, accurate for tiny and for antipodal separations.
    pub fn angle(self, other: Self) -> f64 {
        let (difference, sum) = self
            .0
            .iter()
            .zip(other.0)
            .fold((0.0, 0.0), |(minus, plus), (&a, b)| (minus + (a - b) * (a - b), plus + (a + b) * (a + b)));
        2.0 * f64::atan2(difference.sqrt(), sum.sqrt())
    }

    /// Unit vectors to the east and to the north in the tangent plane.
    pub(crate) fn tangents(self) -> [Self; 2] {
        let [x, y, z] = self.0;
        let across = x.hypot(y);
        // At a pole as for right ascension 0.
        let (cos_ra, sin_ra) = if across > 0.0 { (x / across, y / across) } else { (1.0, 0.0) };
        [Self([-sin_ra, cos_ra, 0.0]), Self([-z * cos_ra, -z * sin_ra, across])]
    }

    /// Changes of the angle to `other`, degrees a degree, when this direction moves along its `tangents`.
    pub(crate) fn angle_slopes(self, tangents: &[Self; 2], other: Self) -> [f64; 2] {
        let (p, s) = (self.0, other.0);
        let cross = [p[1] * s[2] - p[2] * s[1], p[2] * s[0] - p[0] * s[2], p[0] * s[1] - p[1] * s[0]];
        let sine = dot(cross, cross).sqrt();
        tangents.map(|tangent| if sine > 0.0 { -dot(tangent.0, s) / sine } else { 0.0 })
    }

    /// Solid angle of the spherical quadrangle with these corners, taken around it, in sr: two triangles by the formula of Van Oosterom &
    /// Strackee (1983, IEEE Trans. Biomed. Eng. 30, 125).
    pub fn quadrangle(corners: [Self; 4]) -> f64 {
        let [a, b, c, d] = corners.map(|corner| corner.0);
        triangle(a, b, c) + triangle(a, c, d)
    }
}

fn dot(p: [f64; 3], q: [f64; 3]) -> f64 {
    p[0] * q[0] + p[1] * q[1] + p[2] * q[2]
}

fn triangle(p: [f64; 3], q: [f64; 3], r: [f64; 3]) -> f64 {
    let volume =
        p[0] * (q[1] * r[2] - q[2] * r[1]) + p[1] * (q[2] * r[0] - q[0] * r[2]) + p[2] * (q[0] * r[1] - q[1] * r[0]);
    2.0 * volume.abs().atan2(1.0 + dot(p, q) + dot(q, r) + dot(r, p))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn angles_agree_with_vincenty_at_every_scale() {
        let a = SkyDirection::new(10.0, 20.0).unwrap();
        for (ra, dec) in [(10.0, 20.0), (10.0 + 1e-9, 20.0), (10.1, 20.1), (100.0, -50.0), (190.0, -20.0)] {
            let b = SkyDirection::new(ra, dec).unwrap();
            let expected = a.separation(&b).to_radians();
            approx::assert_relative_eq!(
                UnitVector::from(a).angle(b.into()),
                expected,
                max_relative = 1e-6,
                epsilon = 1e-15
            );
        }
    }

    #[test]
    fn an_octant_is_an_eighth_of_the_sphere() {
        let [x, y, z] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        approx::assert_relative_eq!(triangle(x, y, z), std::f64::consts::FRAC_PI_2, max_relative = 1e-15);
    }
}
