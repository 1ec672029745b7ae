//! How far `logL` falls from its maximum to limits and errors.

use std::f64::consts::SQRT_2;

/// 1 sigma, two-sided.
pub(crate) const DROP_ERROR: f64 = 0.5;

/// How far the points of a scan reach: the one-sided 99 % limit.
pub(crate) const DROP_SCAN: f64 = 2.705_947;

/// The fall to a one-sided limit at this confidence: `z^2 / 2`, `z` the normal quantile (1.3528 at 0.95; Wilks 1938).
pub(crate) fn drop_of_limit(confidence: f64) -> f64 {
    // erf(z / sqrt 2) = 2 confidence - 1 grows with z, and is 1 to double precision at z = 9.
    let wanted = 2.0 * confidence - 1.0;
    let (mut low, mut high) = (0.0_f64, 9.0_f64);
    for _ in 0..80 {
        let z = 0.5 * (low + high);
        if libm::erf(z / SQRT_2) < wanted { low = z } else { high = z }
    }
    let z = 0.5 * (low + high);
    0.5 * z * z
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_the_published_ones() {
        for (confidence, drop) in [(0.95, 1.352_771_727), (0.99, DROP_SCAN), (0.841_344_746, DROP_ERROR)] {
            assert!((drop_of_limit(confidence) - drop).abs() < 2e-6, "{confidence}: {}", drop_of_limit(confidence));
        }
    }
}
