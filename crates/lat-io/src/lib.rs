//! Fermi-LAT analysis files: FITS counts cubes and source maps, spectrum tables, `config.yaml`.
//!
//! [`load()`] goes from a configuration to everything a fit needs. Below it every product has a module of its own ([`counts_cube`],
//! [`source_maps`], [`exposure`], [`psf`], [`detector_response`], [`likelihood_weights`], [`map_cube`], [`radial_profile`],
//! [`file_function`]), [`config`] resolves fermipy's `config.yaml`, [`directory`] knows fermipy's file names, and
//! [`fits`] is the only place that knows how FITS is laid out.
//!
//! Energies are in MeV, angles in degrees. Nothing here panics on any input: a damaged file, an unknown key or products that disagree
//! end in an [`Error`] that names the file and says what to do.

pub mod catalog;
pub mod component;
pub mod component_model;
pub mod config;
pub mod counts_cube;
pub mod detector_response;
pub mod digest;
pub mod directory;
mod energies;
mod energy_bounds;
pub mod error;
mod events;
pub mod exposure;
pub mod file_function;
pub mod fits;
mod good_time;
mod healpix;
mod healpix_source_map;
mod instrument;
pub mod irf;
mod keywords;
pub mod likelihood_weights;
mod link_target;
pub mod livetime;
pub mod load;
mod making_size;
pub mod map_cube;
mod map_maker;
pub mod model;
pub mod new_map_file;
pub mod priors;
pub mod psf;
pub mod radial_profile;
pub mod source_maps;
pub mod tables;
pub mod template_files;
pub mod wcs_header;

pub use component::Component;
pub use component_model::ComponentModel;
pub use config::Config;
pub use counts_cube::CountsCubeFile;
pub use error::{Error, Result};
pub use events::{
    BinnedHeader, Cut, Interval, LightCurveTable, LivetimeTable, NewPhoton, Photon, PhotonBlock, PhotonFile,
    PhotonHeader, SpacecraftBlock, SpacecraftFile, SpacecraftRow, file_list, read_cuts, read_energy_bins,
    read_good_times, read_livetime_table, utc_text, write_binned_cube, write_binned_map, write_cuts, write_light_curve,
    write_livetime_table, write_new_photons, write_new_spacecraft, write_photons,
};
pub use link_target::link_target;
pub use load::{Loaded, Observation, load};
pub use making_size::MakingSize;
pub use new_map_file::NewMapFile;
pub use source_maps::SourceMapFile;
pub use template_files::Templates;
pub use wcs_header::{Frame, WcsHeader};
