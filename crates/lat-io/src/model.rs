//! A region built from a configuration: catalogs, diffuse components and sources written out, without any product.

mod catalogs;
mod diffuse;
mod enrich;
mod names;
mod region;
mod written;

pub(crate) use enrich::enrich;
pub use region::{RegionModel, build};
