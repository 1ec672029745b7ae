//! Photon files (FT1), spacecraft files (FT2), the cuts and good times in their headers, and what is made of them: counts maps, light
//! curves, livetime cubes.

mod binned;
mod column_units;
mod energy_bins;
mod file_list;
mod headers;
mod livetime_table;
mod new;
mod photon_file;
mod photon_writer;
mod row_spool;
mod spacecraft_file;

pub use binned::{BinnedHeader, LightCurveTable, write_binned_cube, write_binned_map, write_light_curve};
pub use energy_bins::read_energy_bins;
pub use file_list::file_list;
pub use headers::{Cut, Interval, read_cuts, read_good_times, utc_text, write_cuts};
pub use livetime_table::{LivetimeTable, read_livetime_table, write_livetime_table};
pub use new::{
    NewPhoton, NewPhotonFile, NewSpacecraftRow, write_new_photons, write_new_spacecraft, write_spacecraft_rows,
};
pub use photon_file::{Photon, PhotonBlock, PhotonFile};
pub use photon_writer::{PhotonHeader, write_photons, write_wider_photons};
pub use row_spool::RowSpool;
pub use spacecraft_file::{SpacecraftBlock, SpacecraftFile, SpacecraftRow};
