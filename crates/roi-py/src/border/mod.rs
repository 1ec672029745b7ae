//! What crosses the border between Python and the crates.

pub(crate) mod exceptions;
pub(crate) mod keywords;
pub(crate) mod log;
pub(crate) mod objects;
pub(crate) mod watcher;
