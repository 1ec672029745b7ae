//! What the instrument does to a model of the sky: pixel geometry, exposure, point spread function, energy dispersion, and the source maps
//! that a binned likelihood is made of.
//!
//! This crate knows nothing of files or fits: `lat-io` fills its types, `likelihood-core` takes its source maps.
//!
//! Units: energies MeV, angles degrees (radians where a name says so), solid angles sr, exposure cm^2 s, PSF 1/sr.

pub mod build;
mod composite;
mod convolve;
mod diffuse;
pub mod drm;
pub mod error;
pub mod exposure;
pub mod exposure_cube;
mod extended;
mod fine_image;
pub mod footprint;
pub mod geometry;
mod healpix_maps;
pub mod irf;
pub mod livetime;
pub mod map_integral;
pub mod mean_psf;
pub mod parity;
mod pixels;
mod point;
pub mod psf;
mod psf_correction;
pub mod psf_planes;
pub mod psf_resample;
pub mod radial_profile;
mod rebin;
pub mod response;
pub mod sky_cube;
pub mod sky_planes;
pub mod source_map_options;
mod spline;
pub mod template;

pub use build::SourceMapBuilder;
pub use error::{Error, Result};
pub use exposure::{Exposure, ExposureLookup};
pub use exposure_cube::ObservedExposure;
pub use geometry::{Frame, HealpixGrid, HealpixOrdering, SkyGrid, WcsGrid, WcsHeader};
pub use irf::Irf;
pub use livetime::LivetimeCube;
pub use map_integral::MapIntegral;
pub use mean_psf::{ObservedPsf, ResponsePsf};
pub use parity::Parity;
pub use psf::Psf;
pub use psf_planes::PsfPlanes;
pub use radial_profile::RadialProfile;
pub use response::{ObservationPsf, PsfAt, Response};
pub use sky_cube::SkyCube;
pub use sky_planes::SkyPlanes;
pub use source_map_options::SourceMapOptions;
pub use template::{Template, TemplateFiles};
