//! Comparisons of this system with recorded answers of others, shared by the acceptance tests and the validation table.

pub mod comparison;
pub mod data;
pub mod parity;
pub mod photon_lists;
