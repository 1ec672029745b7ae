//! Good time intervals: their algebra, and those in which a filter holds.

mod intervals;
mod make;

pub use intervals::GoodTimes;
pub(crate) use make::COVERED;
pub use make::{GoodTimeOptions, good_times};
