//! Where the pixels of a map lie on the sky.

mod direction;
mod wcs;
mod wcs_header;

pub use direction::UnitVector;
pub use wcs::WcsGrid;
pub use wcs_header::{Frame, WcsHeader};

use roi_model::sky::SkyDirection;

/// The pixels of a map: a projected image, or (one day) HEALPix pixels.
///
/// Pixels are numbered from 0 in the order in which planes are stored; for an image that is `y * nx + x`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SkyGrid {
    /// A projected image.
    Wcs(WcsGrid),
}

impl SkyGrid {
    /// Number of pixels.
    pub fn n_pixels(&self) -> usize {
        match self {
            Self::Wcs(grid) => grid.n_pixels(),
        }
    }

    /// Direction of a pixel's centre; `None` for a pixel off the projection or a number beyond the last.
    pub fn direction(&self, pixel: usize) -> Option<SkyDirection> {
        match self {
            Self::Wcs(grid) => grid.direction_of(pixel),
        }
    }

    /// The pixels whose weighted sum is the value of the map at a direction, bilinear between pixel centres; empty off the map.
    pub fn interpolation(&self, direction: &SkyDirection) -> Interpolation {
        match self {
            Self::Wcs(grid) => grid.interpolation(direction),
        }
    }

    /// The pixel that a direction falls in; `None` off the map.
    pub fn pixel(&self, direction: &SkyDirection) -> Option<usize> {
        match self {
            Self::Wcs(grid) => grid.pixel(direction),
        }
    }
}

/// At most four pixels and their weights, which sum to one; empty when a direction is off the map.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Interpolation {
    terms: [(usize, f64); 4],
    len: usize,
}

impl Interpolation {
    /// Pixels and weights.
    pub fn terms(&self) -> &[(usize, f64)] {
        self.terms.get(..self.len).unwrap_or_default()
    }

    /// Adds a pixel; more than four are not kept, and none of weight zero.
    pub(crate) fn push(&mut self, pixel: usize, weight: f64) {
        if weight != 0.0
            && let Some(term) = self.terms.get_mut(self.len)
        {
            *term = (pixel, weight);
            self.len += 1;
        }
    }

    /// The weighted sum of a plane's pixels; `None` off the map.
    pub fn apply(&self, plane: &[f32]) -> Option<f64> {
        (self.len > 0)
            .then(|| self.terms().iter().map(|&(p, w)| w * plane.get(p).copied().map_or(0.0, f64::from)).sum())
    }
}
