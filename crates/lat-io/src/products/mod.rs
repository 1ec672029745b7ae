//! The products of the LAT tools, a file a product.

pub(crate) mod counts_cube;
pub(crate) mod detector_response;
pub(crate) mod exposure;
pub(crate) mod for_people;
pub(crate) mod irf;
pub(crate) mod likelihood_weights;
pub(crate) mod livetime;
pub(crate) mod map_cube;
pub(crate) mod model_cube;
pub(crate) mod psf;
pub(crate) mod sky_image;
pub(crate) mod source_maps;
pub(crate) mod source_maps_healpix;

pub use counts_cube::{CountsCubeFile, read_counts_cube, write_counts_cube};
pub use detector_response::{read_detector_response, write_detector_response};
pub use exposure::{read_exposure, write_exposure, write_exposure_from};
pub use for_people::is_for_people;
pub use irf::{IrfSetFiles, find_irf_set, read_irf, read_irf_set};
pub use likelihood_weights::{Weights, read_weights};
pub use livetime::read_livetime_cube;
pub use map_cube::{
    MapFileSize, map_cube_integral, map_cube_size, open_map_cube, read_map_cube, write_map_cube, write_map_of_bins,
};
pub use psf::{read_psf, write_psf, write_psf_for_people};
pub use source_maps::{MapOrigin, SourceMapFile, SourceMapWriter, write_source_maps};
