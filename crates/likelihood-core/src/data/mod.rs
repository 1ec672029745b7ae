//! What is given: counts, energies, source maps, weights.

pub(crate) mod counts;
pub(crate) mod energy;
pub(crate) mod source_map;
pub(crate) mod weights;
