//! How a region's sources are laid beside the filled bins: with their planes, as a column, in the sum of the fixed ones.

pub(crate) mod component_layout;
pub(crate) mod fixed;
pub(crate) mod free_sources;
pub(crate) mod kept_map;
pub(crate) mod norm_column;
pub(crate) mod roles;
pub(crate) mod snapshot;
pub(crate) mod source_planes;
