//! Livetime by direction and inclination (gtltcube), of all the time or of bins of it, and sums of it (gtltsum).

mod accumulate;
mod add_bundles;
mod attitude;
mod bundle_kernel;
mod bundles;
mod cube;
mod kernel;
mod livetime_options;
mod sky_block;
mod slices;

pub use accumulate::livetime;
pub use cube::{Livetime, sum_livetimes};
pub use livetime_options::LivetimeOptions;
pub use slices::{LivetimeSlice, livetime_slices};
