//! The repository: where it lies, its files, and what is found in them.

pub(crate) mod finding;
pub(crate) mod project;
pub(crate) mod rust_file;
pub(crate) mod text_file;
pub(crate) mod workspace;
