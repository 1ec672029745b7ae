//! What maps of the sky share: the test source, the pixels of the map and of the components, energies.

pub(crate) mod components;
pub(crate) mod kernel;
pub(crate) mod map_grid;
pub(crate) mod parts;
pub(crate) mod test_source;
