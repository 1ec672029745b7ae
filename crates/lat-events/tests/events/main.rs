//! Events from files to maps: beside what the LAT's own tools made of the same real observation, and with what cannot be used.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "clippy takes the helpers of a test for library code"
)]

mod by_time;
mod common;
mod damaged;
mod tools_binning;
mod tools_livetime;
mod tools_select;
