//! Where the pixels of a map lie on the sky.

mod healpix;
mod healpix_ring;
mod interpolation;
pub(crate) mod rings;
mod sky_grid;
mod unit_vector;
mod wcs;
mod wcs_header;

pub use healpix::{HealpixGrid, HealpixOrdering};
pub use interpolation::Interpolation;
pub use roi_model::Frame;
pub use sky_grid::SkyGrid;
pub use unit_vector::UnitVector;
pub use wcs::WcsGrid;
pub use wcs_header::WcsHeader;
