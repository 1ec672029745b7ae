//! Binned Poisson likelihood of counts cubes and source maps, with exact derivatives.

pub mod counts;
pub mod energy;
pub mod error;
pub mod source_map;

pub use counts::CountsCube;
pub use energy::EnergyAxis;
pub use error::{Error, Result};
pub use source_map::SourceMap;
