//! Formats that are text.

pub(crate) mod filter;
pub(crate) mod priors;
pub(crate) mod spectrum_table;
pub(crate) mod xml;
pub(crate) mod yaml;
