//! The source library XML of the LAT tools: [`read`] and [`write`].
//!
//! What is written reads back to the last bit: numbers as the shortest decimal that gives the same double, attributes that
//! this crate does not know in their order, the `apply_*` attributes and the errors of parameters. Writing what was read from such a
//! text gives the same bytes.

mod read;
mod write;

pub use read::read;
pub use write::write;

use crate::source::Source;

/// What a source library XML holds.
#[derive(Debug, Clone)]
pub struct SourceLibrary {
    /// Its title.
    pub title: String,
    /// Its sources, in the order of the file.
    pub sources: Vec<Source>,
    /// Other attributes of the root element, in their order.
    pub attributes: Vec<(String, String)>,
}
