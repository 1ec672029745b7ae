//! FITS images and binary tables behind a small facade.
//!
//! [`FitsFile`] reads plain and gzip files, [`FitsWriter`] writes them. The FITS library underneath (`fitsio-pure`) is an implementation
//! detail: none of its types is public here, and every size that a header states is checked before the library sees it.

mod bytes;
mod file;
mod header;
mod image;
mod row_writer;
mod rows;
mod structure;
mod variable;
mod write;

pub use bytes::FileSize;
pub use file::{FitsFile, Hdu};
pub use header::{Card, Header, Value};
pub use image::Image;
pub use row_writer::RowWriter;
pub use rows::{RowColumn, Rows};
pub use write::{Column, ColumnValues, FitsWriter};
