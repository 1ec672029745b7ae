//! A region built from a configuration: catalogs, diffuse components and sources written out, without any product.

mod catalogs;
mod center;
mod compose;
mod diffuse;
mod enrich;
mod names;
mod written;

pub(crate) use center::among_sources;
pub(crate) use compose::compose;
pub use compose::{RegionModel, build_region};
pub(crate) use enrich::enrich;
pub use written::read_sources;
