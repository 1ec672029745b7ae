//! Fermi-LAT analysis files: FITS products of the LAT tools, source catalogs, spectrum tables and priors.
//!
//! | folder | holds |
//! |---|---|
//! | `fits` | the only place that knows how FITS is laid out |
//! | `products` | counts cubes, source maps, exposures, PSF tables, response matrices, livetime cubes, response functions, map cubes |
//! | `tables` | what several products share: energies, good times, pixels, keywords |
//! | `events` | photon and spacecraft files, selections in headers, what is binned from them |
//! | `catalog` | source catalogs |
//! | `text` | file functions, radial profiles, priors |
//! | `disk` | files as such: whole, through links, digests |
//! | `mission_epoch` | mission time 0 as a date |
//!
//! Invariants: nothing here panics on any input; a damaged file ends in an [`Error`] that names the file and says what to do. Types of
//! the FITS library stay inside `fits`. A file that is written appears whole or not at all. Energies are in MeV, angles in degrees. This crate knows formats only: what a component or
//! an analysis is, `lat-dataset` knows. The public boundary is the list of items below, one path each.

mod catalog;
mod disk;
mod error;
mod events;
mod fits;
mod mission_epoch;
mod products;
mod tables;
mod text;

pub use catalog::{Catalog, CatalogFamily, Entry, R68_OF_RADIUS, R68_OF_SIGMA, archive_folders};
pub use disk::{
    FolderLock, create_directory, digest_of_bytes, digest_of_file, digest_while, expand_environment, first_found,
    link_target, may_exist, read_bytes, read_text, remove_file, remove_left_temporaries, remove_temporaries, text_of,
    write_text,
};
pub use error::{Error, Result};
pub use events::{
    BinnedHeader, Cut, Interval, LightCurveTable, LivetimeTable, NewPhoton, NewPhotonFile, NewSpacecraftRow, Photon,
    PhotonBlock, PhotonFile, PhotonHeader, RowSpool, SpacecraftBlock, SpacecraftFile, SpacecraftRow, file_list,
    read_cuts, read_energy_bins, read_good_times, read_livetime_table, utc_text, write_binned_cube, write_binned_map,
    write_cuts, write_light_curve, write_livetime_table, write_new_photons, write_new_spacecraft, write_photons,
    write_spacecraft_rows, write_wider_photons,
};
pub use fits::{
    Card, Column, ColumnValues, FileSize, FitsFile, FitsWriter, Hdu, Header, Image, RowColumn, RowWriter, Rows, Value,
};
pub use mission_epoch::{MJDREFF, MJDREFI};
pub use products::{
    CountsCubeFile, IrfSetFiles, MapFileSize, MapOrigin, SourceMapFile, SourceMapWriter, Weights, find_irf_set,
    is_for_people, map_cube_integral, map_cube_size, open_map_cube, read_counts_cube, read_detector_response,
    read_exposure, read_irf, read_irf_set, read_livetime_cube, read_map_cube, read_psf, read_weights,
    write_counts_cube, write_detector_response, write_exposure, write_exposure_from, write_map_cube, write_map_of_bins,
    write_psf, write_psf_for_people, write_source_maps,
};
pub use tables::{check_energy_edges, read_inputs};
pub use text::{
    TableFiles, priors_beside, priors_to_yaml, read_file_function, read_priors, read_radial_profile, tables_beside,
    write_ecsv,
};

/// The example of the README, compiled and run with the others.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
