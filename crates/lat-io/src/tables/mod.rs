//! Tables and header keywords that several products share.

pub(crate) mod energies;
pub(crate) mod energy_bounds;
pub(crate) mod good_time;
pub(crate) mod healpix;
pub(crate) mod inputs;
pub(crate) mod keywords;
pub(crate) mod wcs_header;

pub use energy_bounds::check_energy_edges;
pub use inputs::read_inputs;
