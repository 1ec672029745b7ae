//! Comparisons of this system with recorded answers of others, shared by the acceptance tests and the validation table; and how far its errors, limits and
//! test statistics can be believed.

pub mod calibration;
pub mod comparison;
pub mod data;
pub mod parity;
pub mod photon_lists;
