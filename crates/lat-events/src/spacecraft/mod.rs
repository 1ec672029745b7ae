//! Spacecraft files as one stream of rows in the order of time.

mod files;

pub(crate) use files::{COVERED, Coverage};

pub use files::Spacecraft;
