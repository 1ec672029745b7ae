//! Files of new events and spacecraft rows, in the layout of the data server.

mod new_photons;
mod new_spacecraft;

pub(super) use new_photons::set_columns;
pub use new_photons::{NewPhoton, NewPhotonFile, write_new_photons};
pub use new_spacecraft::{NewSpacecraftRow, write_new_spacecraft, write_spacecraft_rows};
