//! What comes as text: spectra, profiles, priors.

pub(crate) mod ecsv;
pub(crate) mod file_function;
pub(crate) mod priors;
pub(crate) mod radial_profile;
pub(crate) mod spectrum_tables;

pub use ecsv::write_ecsv;
pub use file_function::read_file_function;
pub use priors::{priors_beside, priors_to_yaml, read_priors};
pub use radial_profile::read_radial_profile;
pub use spectrum_tables::{TableFiles, tables_beside};
