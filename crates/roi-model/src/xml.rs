//! The source library XML of the LAT tools: [`read`] and [`write()`].
//!
//! What is written reads back to the last bit: numbers as the shortest decimal that gives the same double, attributes that
//! this crate does not know in their order, the `apply_*` attributes and the errors of parameters. Writing what was read from such a
//! text gives the same bytes.

mod library;
mod read;
mod tables;
mod write;

pub use library::SourceLibrary;
pub use read::{read_xml, read_xml_with};
pub use tables::TableReader;
pub use write::write_xml;
