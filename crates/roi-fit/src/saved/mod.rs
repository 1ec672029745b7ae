//! An analysis on disk: its state, its tables, its model.

pub(crate) mod analysis_file;
pub(crate) mod fits_tables;
pub(crate) mod format;
pub(crate) mod model_xml;
pub(crate) mod text_tables;
