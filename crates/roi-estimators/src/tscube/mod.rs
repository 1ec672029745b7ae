//! TS cubes: at each pixel the TS of a test source with the background fitted beside it, and its spectrum bin by bin.

pub(crate) mod cube_point;
pub(crate) mod cube_tables;
pub(crate) mod tscube_options;
pub(crate) mod tscube_result;
pub(crate) mod tscube_verb;
