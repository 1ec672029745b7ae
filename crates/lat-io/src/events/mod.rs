//! Photon files (FT1), spacecraft files (FT2), the cuts and good times in their headers, and what is made of them: counts maps, light
//! curves, livetime cubes.

mod binned;
mod dss;
mod energy_bins;
mod file_list;
mod gti_table;
mod livetime_table;
mod mission_time;
mod new_photons;
mod new_spacecraft;
mod number_text;
mod photon_file;
mod photon_writer;
mod spacecraft_file;

pub use binned::{BinnedHeader, LightCurveTable, write_binned_cube, write_binned_map, write_light_curve};
pub use dss::{Cut, read_cuts, write_cuts};
pub use energy_bins::read_energy_bins;
pub use file_list::file_list;
pub use gti_table::{Interval, read_good_times};
pub use livetime_table::{LivetimeTable, read_livetime_table, write_livetime_table};
pub use mission_time::utc_text;
pub use new_photons::{NewPhoton, write_new_photons};
pub use new_spacecraft::write_new_spacecraft;
pub use photon_file::{Photon, PhotonBlock, PhotonFile};
pub use photon_writer::{PhotonHeader, write_photons};
pub use spacecraft_file::{SpacecraftBlock, SpacecraftFile, SpacecraftRow};
