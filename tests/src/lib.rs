//! Comparisons of this system with recorded answers of others, shared by the acceptance tests and the validation table.

pub mod comparison;
pub mod data;
mod drm_file;
pub mod parity;

pub mod products;
pub use drm_file::drm_file;
