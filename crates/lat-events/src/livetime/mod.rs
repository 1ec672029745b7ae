//! Livetime by direction and inclination (gtltcube), and sums of it (gtltsum).

mod accumulate;
mod attitude;
mod cube;
mod kernel;
mod livetime_options;
mod sky_block;

pub use accumulate::livetime;
pub use cube::{Livetime, sum_livetimes};
pub use livetime_options::LivetimeOptions;
