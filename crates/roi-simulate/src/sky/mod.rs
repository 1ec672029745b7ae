//! What shines: point sources, a Galactic and an isotropic component, joined to the true model and the one an analysis starts from.

pub(crate) mod galactic;
pub(crate) mod isotropic;
pub(crate) mod models;
mod population;
mod spectra;
