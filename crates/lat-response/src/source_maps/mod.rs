//! Source maps: a template times the exposure, convolved with the PSF and summed over the pixels of the counts.

mod builder;
mod composite;
mod convolve;
mod diffuse;
mod extended;
mod fine_image;
mod healpix_maps;
mod memory;
mod one_by_one;
mod options;
mod pixels;
mod point;
mod point_separation;
mod point_slopes;
mod psf_correction;
mod radial;
mod shared;
mod smooth;
mod trial;

pub use builder::{SourceMapBuilder, plane_energies};
pub use memory::{Making, MapSize, TemplateSize};
pub use one_by_one::DIFFUSE_TOGETHER;
pub use options::SourceMapOptions;
pub use smooth::convolved;
pub use trial::TrialMap;
