//! How far `logL` falls from its maximum to limits and errors.

/// 1 sigma, two-sided.
pub(crate) const DROP_ERROR: f64 = 0.5;

/// How far the points of a scan reach: the one-sided 99 % limit.
pub(crate) const DROP_SCAN: f64 = 2.705_947;

#[cfg(test)]
mod tests {
    use roi_fit::fall_of_limit;

    use super::*;

    #[test]
    fn quantiles_are_the_published_ones() {
        for (confidence, drop) in [(0.95, 1.352_771_727), (0.99, DROP_SCAN), (0.841_344_746, DROP_ERROR)] {
            assert!((fall_of_limit(confidence) - drop).abs() < 2e-6, "{confidence}: {}", fall_of_limit(confidence));
        }
    }
}
