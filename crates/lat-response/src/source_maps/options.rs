//! How source maps are made.

use serde::Serialize;

use crate::recipe::Recipe;

/// How source maps are made; the defaults are those of gtsrcmaps.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct SourceMapOptions {
    /// The way in which they are computed: that of the tools, or a more accurate one.
    pub recipe: Recipe,
    /// Whether sources are convolved with the PSF (`convol`). A point source that is not has all of its exposure in one pixel.
    pub convolve: bool,
    /// Whether diffuse sources are computed on pixels that are finer than those of the counts (`resample`).
    pub resample: bool,
    /// Into how many pixels a side a counts pixel is divided for diffuse sources, at least (`rfactor`); more for finer templates.
    pub resample_factor: usize,
    /// Maps with pixels below this, degrees, and below the counts map's are rebinned first (`minbinsz`).
    pub least_template_pixel: f64,
    /// Whether the integral of a point source's PSF is corrected (`psfcorr`), in the way of the recipe.
    pub psf_correction: bool,
}

impl SourceMapOptions {
    /// Fine pixels along a pixel of the counts, where nothing else is asked for.
    pub const RESAMPLE_FACTOR: usize = 2;
}

impl Default for SourceMapOptions {
    fn default() -> Self {
        Self {
            recipe: Recipe::default(),
            convolve: true,
            resample: true,
            resample_factor: Self::RESAMPLE_FACTOR,
            least_template_pixel: 0.1,
            psf_correction: true,
        }
    }
}
