//! What the instrument does to a model of the sky: pixel geometry, exposure, point spread function, energy dispersion, and the source maps
//! that a binned likelihood is made of.
//!
//! This crate knows nothing of files or fits: `lat-io` fills its types, `likelihood-core` takes its source maps.
//!
//! Units: energies MeV, angles degrees (radians where a name says so), solid angles sr, exposure cm^2 s, PSF 1/sr.

pub mod drm;
pub mod error;
pub mod exposure;
pub mod exposure_cube;
pub mod geometry;
pub mod irf;
pub mod livetime;
pub mod mean_psf;
pub mod psf;
pub mod radial_profile;
pub mod sky_cube;

pub use error::{Error, Result};
pub use exposure::{Exposure, ExposureLookup};
pub use exposure_cube::ObservedExposure;
pub use geometry::{Frame, SkyGrid, WcsGrid, WcsHeader};
pub use irf::Irf;
pub use livetime::LivetimeCube;
pub use mean_psf::ObservedPsf;
pub use psf::Psf;
pub use radial_profile::RadialProfile;
pub use sky_cube::SkyCube;
