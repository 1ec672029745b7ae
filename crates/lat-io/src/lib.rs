//! Fermi-LAT analysis files: FITS counts cubes and source maps, spectrum tables, `config.yaml`.

pub mod config;
pub mod counts_cube;
pub mod directory;
mod energy_bounds;
pub mod error;
pub mod file_function;
pub mod fits;
mod good_time;
pub mod load;
pub mod source_maps;
pub mod wcs_header;

pub use config::Config;
pub use counts_cube::CountsCubeFile;
pub use error::{Error, Result};
pub use load::{Component, Loaded, Observation, load};
pub use source_maps::SourceMapFile;
pub use wcs_header::{Frame, WcsHeader};
