//! What a source library XML holds.

use crate::source::Source;

/// A source library: a title and sources.
#[derive(Debug, Clone)]
pub struct SourceLibrary {
    /// Its title.
    pub title: String,
    /// Its sources, in the order of the file.
    pub sources: Vec<Source>,
    /// Other attributes of the root element, in their order.
    pub attributes: Vec<(String, String)>,
}
