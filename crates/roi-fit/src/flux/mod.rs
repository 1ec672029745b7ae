//! Fluxes of sources and spectra as tables.

pub(crate) mod bowtie;
pub(crate) mod integrals;
pub(crate) mod tabulate;
