//! What all bins together tell: whether the source varies, when it changed, and where bins of one significance lie.

pub(crate) mod adaptive_bins;
pub(crate) mod bayesian_blocks;
pub(crate) mod variability;
