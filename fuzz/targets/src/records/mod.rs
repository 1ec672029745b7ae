//! What the program wrote itself and takes up again.

pub(crate) mod bin_records;
pub(crate) mod journal;
pub(crate) mod region;
pub(crate) mod state;
