//! Formats that are FITS.

pub(crate) mod catalogs;
pub(crate) mod events;
pub(crate) mod fits_files;
pub(crate) mod fits_seeds;
pub(crate) mod responses;
pub(crate) mod selections;
