//! The pixels of a map, of whatever kind.

use roi_model::{Frame, SkyDirection};
use serde::Serialize;

use super::healpix::HealpixGrid;
use super::interpolation::Interpolation;
use super::unit_vector::UnitVector;
use super::wcs::WcsGrid;
use super::wcs_header::WcsHeader;
use crate::error::Result;

/// The pixels of a map: a projected image, or HEALPix pixels.
///
/// Pixels are numbered from 0 in the order in which planes are stored; for an image that is `y * nx + x`, for HEALPix that of the map.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub enum SkyGrid {
    /// A projected image.
    Wcs(WcsGrid),
    /// HEALPix pixels.
    Healpix(HealpixGrid),
}

impl SkyGrid {
    /// The pixels of a projected image.
    ///
    /// # Errors
    /// As [`WcsGrid::new`].
    pub fn wcs(header: WcsHeader) -> Result<Self> {
        WcsGrid::new(header).map(Self::Wcs)
    }

    /// Number of pixels.
    pub fn n_pixels(&self) -> usize {
        match self {
            Self::Wcs(grid) => grid.n_pixels(),
            Self::Healpix(grid) => grid.n_pixels(),
        }
    }

    /// Rows and columns of a plane: `[ny, nx]` of an image, one row of all HEALPix pixels.
    pub fn shape(&self) -> [usize; 2] {
        match self {
            Self::Wcs(grid) => {
                let [nx, ny] = grid.size();
                [ny, nx]
            }
            Self::Healpix(grid) => [1, grid.n_pixels()],
        }
    }

    /// The frame of the map's coordinates.
    pub fn frame(&self) -> Frame {
        match self {
            Self::Wcs(grid) => grid.frame(),
            Self::Healpix(grid) => grid.frame(),
        }
    }

    /// The direction of an image's reference pixel, the middle of a HEALPix map.
    ///
    /// # Errors
    /// When the header names coordinates that are no direction.
    pub fn reference_direction(&self) -> Result<SkyDirection> {
        match self {
            Self::Wcs(grid) => grid.header().reference_direction(),
            Self::Healpix(grid) => grid.reference_direction(),
        }
    }

    /// Direction of a pixel's centre; `None` for a pixel off the projection or a number beyond the last.
    pub fn direction(&self, pixel: usize) -> Option<SkyDirection> {
        match self {
            Self::Wcs(grid) => grid.direction_of(pixel),
            Self::Healpix(grid) => grid.direction_of(pixel),
        }
    }

    /// The corners of a pixel, around it; `None` when one is off the projection, or for a number beyond the last pixel.
    pub fn corners(&self, pixel: usize) -> Option<[UnitVector; 4]> {
        match self {
            Self::Wcs(grid) => grid.corners_of(pixel),
            Self::Healpix(grid) => grid.corners_of(pixel),
        }
    }

    /// Solid angle of a pixel in sr; 0 when a corner is off the projection.
    pub fn solid_angle(&self, pixel: usize) -> f64 {
        match self {
            Self::Wcs(grid) => grid.solid_angle(pixel),
            Self::Healpix(grid) => grid.solid_angle(),
        }
    }

    /// The pixels whose weighted sum is the value of the map at a direction, linear between pixel centres; empty off the map.
    pub fn interpolation(&self, direction: &SkyDirection) -> Interpolation {
        match self {
            Self::Wcs(grid) => grid.interpolation(direction),
            Self::Healpix(grid) => grid.interpolation(direction),
        }
    }

    /// The pixel that a direction falls in; `None` off the map.
    pub fn pixel(&self, direction: &SkyDirection) -> Option<usize> {
        match self {
            Self::Wcs(grid) => grid.pixel(direction),
            Self::Healpix(grid) => grid.pixel(direction),
        }
    }

    /// What differs between two grids, if anything: for images whatever moves a pixel by more than a thousandth.
    pub fn difference(&self, other: &Self) -> Option<String> {
        match (self, other) {
            (Self::Wcs(a), Self::Wcs(b)) => a.header().difference(b.header()),
            (Self::Healpix(a), Self::Healpix(b)) => a.difference(b),
            (Self::Wcs(_), Self::Healpix(_)) => Some("a projected image and HEALPix pixels".into()),
            (Self::Healpix(_), Self::Wcs(_)) => Some("HEALPix pixels and a projected image".into()),
        }
    }
}
