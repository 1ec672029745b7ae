//! How the planes of a source's map make up the model of an energy bin.

pub(crate) mod dispersion;
pub(crate) mod integration;
pub(crate) mod named_spectrum;
pub(crate) mod stencil;
