//! Bounded parameters seen through free coordinates, after MINUIT.
//!
//! A parameter `x` with two bounds `[a, b]` becomes an angle `t` by `x = a + (b - a) sin²(t / 2)`, which is MINUIT's
//! `a + (b - a) / 2 (sin u + 1)` with `t = u + π/2`; one with a lower bound only becomes `x = a + s (sqrt(t² + 1) - 1)`,
//! mirrored for an upper bound. Both are written so that no digits are lost near a bound, and lengths are measured in
//! units of the parameter's own step `s`, so that rescaling a parameter changes nothing.
//! (F. James, MINUIT Reference Manual, CERN D506, section 1.3.1.)

use std::f64::consts::PI;

/// The mapping of one parameter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Coordinate {
    Free { scale: f64 },
    Lower { bound: f64, scale: f64 },
    Upper { bound: f64, scale: f64 },
    Both { lower: f64, upper: f64 },
}

impl Coordinate {
    pub(crate) fn new(lower: f64, upper: f64, scale: f64) -> Self {
        match (lower.is_finite(), upper.is_finite()) {
            (false, false) => Self::Free { scale },
            (true, false) => Self::Lower { bound: lower, scale },
            (false, true) => Self::Upper { bound: upper, scale },
            (true, true) => Self::Both { lower, upper },
        }
    }

    /// The parameter at a coordinate; always within the bounds.
    pub(crate) fn external(self, t: f64) -> f64 {
        match self {
            Self::Free { scale } => scale * t,
            Self::Lower { bound, scale } => (bound + scale * rise(t)).max(bound),
            Self::Upper { bound, scale } => (bound - scale * rise(t)).min(bound),
            Self::Both { lower, upper } => {
                let (sine, cosine) = (0.5 * t).sin_cos();
                // From the nearer bound, so that the digits of the distance to it are kept.
                let x = if sine.abs() < cosine.abs() {
                    lower + (upper - lower) * sine * sine
                } else {
                    upper - (upper - lower) * cosine * cosine
                };
                x.clamp(lower, upper)
            }
        }
    }

    /// The coordinate of a parameter within its bounds.
    pub(crate) fn internal(self, x: f64) -> f64 {
        match self {
            Self::Free { scale } => x / scale,
            Self::Lower { bound, scale } => inverse_rise((x - bound) / scale),
            Self::Upper { bound, scale } => inverse_rise((bound - x) / scale),
            Self::Both { lower, upper } => {
                let width = upper - lower;
                if x - lower < upper - x {
                    2.0 * ((x - lower) / width).max(0.0).sqrt().asin()
                } else {
                    PI - 2.0 * ((upper - x) / width).max(0.0).sqrt().asin()
                }
            }
        }
    }

    /// dx/dt; 0 on a bound.
    pub(crate) fn derivative(self, t: f64) -> f64 {
        match self {
            Self::Free { scale } => scale,
            Self::Lower { scale, .. } => scale * t / t.hypot(1.0),
            Self::Upper { scale, .. } => -scale * t / t.hypot(1.0),
            Self::Both { lower, upper } => 0.5 * (upper - lower) * t.sin(),
        }
    }

    /// d²x/dt².
    pub(crate) fn second_derivative(self, t: f64) -> f64 {
        match self {
            Self::Free { .. } => 0.0,
            Self::Lower { scale, .. } => scale / t.hypot(1.0).powi(3),
            Self::Upper { scale, .. } => -scale / t.hypot(1.0).powi(3),
            Self::Both { lower, upper } => 0.5 * (upper - lower) * t.cos(),
        }
    }

    /// The longest sensible step: more than this wraps an angle around.
    pub(crate) fn longest_step(self) -> f64 {
        if matches!(self, Self::Both { .. }) { 0.5 * PI } else { f64::INFINITY }
    }
}

/// The parameters at free coordinates.
pub(crate) fn external(coordinates: &[Coordinate], t: &[f64]) -> Vec<f64> {
    coordinates.iter().zip(t).map(|(c, t)| c.external(*t)).collect()
}

/// The free coordinates of parameters.
pub(crate) fn internal(coordinates: &[Coordinate], x: &[f64]) -> Vec<f64> {
    coordinates.iter().zip(x).map(|(c, x)| c.internal(*x)).collect()
}

/// sqrt(t² + 1) - 1 without cancellation.
fn rise(t: f64) -> f64 {
    let root = t.hypot(1.0);
    if t.is_infinite() { f64::INFINITY } else { t / (root + 1.0) * t }
}

fn inverse_rise(y: f64) -> f64 {
    let y = y.max(0.0);
    (y * (y + 2.0)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn kinds() -> [Coordinate; 4] {
        [
            Coordinate::new(f64::NEG_INFINITY, f64::INFINITY, 0.3),
            Coordinate::new(-2.0, f64::INFINITY, 0.3),
            Coordinate::new(f64::NEG_INFINITY, 5.0, 0.3),
            Coordinate::new(-2.0, 5.0, 0.3),
        ]
    }

    proptest! {
        #[test]
        fn there_and_back_keeps_the_value(fraction in 0.0..=1.0_f64) {
            let x = -2.0 + 7.0 * fraction;
            for kind in kinds() {
                let back = kind.external(kind.internal(x));
                prop_assert!((back - x).abs() < 1e-14, "{kind:?} {x} {back}");
            }
        }

        #[test]
        fn bounds_hold_everywhere(t in -1e9..1e9_f64) {
            for kind in kinds() {
                let x = kind.external(t);
                if let Coordinate::Lower { bound, .. } = kind { prop_assert!(x >= bound); }
                if let Coordinate::Upper { bound, .. } = kind { prop_assert!(x <= bound); }
                if let Coordinate::Both { lower, upper } = kind { prop_assert!((lower..=upper).contains(&x)); }
            }
        }

        #[test]
        fn derivatives_are_those_of_the_mapping(t in -3.0..3.0_f64) {
            let h = 1e-5;
            for kind in kinds() {
                let slope = (kind.external(t + h) - kind.external(t - h)) / (2.0 * h);
                prop_assert!((slope - kind.derivative(t)).abs() < 1e-8);
                let curvature = (kind.derivative(t + h) - kind.derivative(t - h)) / (2.0 * h);
                prop_assert!((curvature - kind.second_derivative(t)).abs() < 1e-8);
            }
        }
    }

    #[test]
    fn tiny_distances_to_a_bound_survive() {
        let lower = Coordinate::new(0.0, f64::INFINITY, 1.0);
        assert!((lower.external(lower.internal(1e-20)) / 1e-20 - 1.0).abs() < 1e-14);
        let both = Coordinate::new(0.0, 1e5, 1.0);
        assert!((both.external(both.internal(1e-20)) / 1e-20 - 1.0).abs() < 1e-14);
        assert_eq!(both.external(both.internal(0.0)), 0.0);
        assert_eq!(both.external(both.internal(1e5)), 1e5);
    }
}
