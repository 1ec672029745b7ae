//! Photon files as one stream, and the photons of it that are selected.

mod files;
mod row_test;
mod selection;

pub use files::PhotonFiles;
pub(crate) use row_test::Test;
pub use selection::Selection;
