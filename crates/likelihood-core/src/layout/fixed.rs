//! The cached model of the fixed sources.
//!
//! The sources of a region are dealt out to groups of about the square root of their number, and each group's sum is kept. When a source
//! changes its role, its group is summed anew, and then the groups: with 150 sources that is 25 sums of vectors instead of
//! 150. Nothing is ever subtracted, so nothing drifts: the sum is the same whatever the history.

use std::ops::Range;

/// The fixed sources' part of the model.
#[derive(Clone, Debug, Default)]
pub(crate) struct FixedPart {
    /// The groups' sums.
    pub(crate) groups: Vec<FixedSum>,
    /// Sum of the groups: the fixed sources' model at the filled bins.
    pub(crate) model: Vec<f64>,
    /// Their (weighted) predicted counts.
    pub(crate) npred: f64,
}

/// Sum over the fixed sources of a group.
#[derive(Clone, Debug, Default)]
pub(crate) struct FixedSum {
    /// Model at the filled bins; empty when the group has no fixed source.
    pub(crate) model: Vec<f64>,
    /// (Weighted) predicted counts.
    pub(crate) npred: f64,
}

/// Which sources, by index in the region, each group holds.
pub(crate) fn groups(n_sources: usize) -> impl Iterator<Item = Range<usize>> {
    let size = n_sources.isqrt().max(1);
    (0..n_sources.div_ceil(size)).map(move |group| group * size..n_sources.min((group + 1) * size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_is_in_one_group() {
        for n in [0, 1, 2, 3, 22, 150, 1000] {
            let all: Vec<usize> = groups(n).flatten().collect();
            assert_eq!(all, (0..n).collect::<Vec<_>>());
            assert!(groups(n).count() <= n.isqrt() + 2);
        }
    }
}
