//! Fermi-LAT analysis files: FITS counts cubes and source maps, spectrum tables, `config.yaml`.

pub mod counts_cube;
mod energy_bounds;
pub mod error;
pub mod file_function;
pub mod fits;
mod good_time;
pub mod source_maps;
pub mod wcs_header;

pub use counts_cube::CountsCubeFile;
pub use error::{Error, Result};
pub use source_maps::SourceMapFile;
pub use wcs_header::{Frame, WcsHeader};
