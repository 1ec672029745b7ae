//! What headers of event files and their products tell: cuts, good times, dates.

mod dss;
mod gti_table;
mod mission_time;
mod number_text;

pub use dss::{Cut, read_cuts, write_cuts};
pub(super) use gti_table::write_good_times;
pub use gti_table::{Interval, read_good_times};
pub use mission_time::utc_text;
pub(super) use mission_time::{set_instrument, set_time_system, set_times};
