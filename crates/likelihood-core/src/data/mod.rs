//! What is given: counts, energies, source maps, weights; a component, and all of them.

pub(crate) mod component;
pub(crate) mod counts;
pub(crate) mod energy;
pub(crate) mod joint;
pub(crate) mod other_counts;
pub(crate) mod settings;
pub(crate) mod source_map;
pub(crate) mod weights;
