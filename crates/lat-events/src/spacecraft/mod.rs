//! Spacecraft files as one stream of rows in the order of time.

mod rows_of_files;

pub(crate) use rows_of_files::{COVERED, Coverage, TOUCHING};

pub use rows_of_files::Spacecraft;
