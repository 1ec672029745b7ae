//! The shape of a spectrum: its error band, its curvature.

pub(crate) mod bowtie_verb;
pub(crate) mod curvature;
pub(crate) mod likelihood_grid;
