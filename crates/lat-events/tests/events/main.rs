//! Events from files to maps: beside what the LAT's own tools made of the same real observation, and with what cannot be used.

mod common;
mod damaged;
mod tools_binning;
mod tools_livetime;
mod tools_select;
