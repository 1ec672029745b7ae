//! What the instrument makes of it: pixels, exposure, PSF, source maps.

pub(crate) mod pixels;
pub(crate) mod psf;
pub(crate) mod response;
pub(crate) mod source_maps;
