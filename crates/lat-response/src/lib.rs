//! What the instrument does to a model of the sky: pixel geometry, exposure, point spread function, energy dispersion, and the source maps
//! that a binned likelihood is made of.
//!
//! This crate knows nothing of files or fits: `lat-io` fills its types, `likelihood-core` takes its source maps.
//!
//! Units: energies MeV, angles degrees (radians where a name says so), solid angles sr, exposure cm^2 s, PSF 1/sr.

pub mod error;
pub mod exposure;
pub mod geometry;
pub mod map_integral;
pub mod psf;
pub mod radial_profile;
pub mod sky_cube;

pub use error::{Error, Result};
pub use exposure::{Exposure, ExposureLookup};
pub use geometry::{Frame, HealpixGrid, HealpixOrdering, SkyGrid, WcsGrid, WcsHeader};
pub use map_integral::MapIntegral;
pub use psf::Psf;
pub use radial_profile::RadialProfile;
pub use sky_cube::SkyCube;
