//! Binned Poisson likelihood of counts cubes and source maps, with exact derivatives.

pub mod counts;
pub mod energy;
pub mod error;
mod filled;
pub mod joint;
mod kernel;
pub mod likelihood;
mod mathvec;
mod plan;
pub mod source_map;

pub use counts::CountsCube;
pub use energy::EnergyAxis;
pub use error::{Error, Result};
pub use joint::JointLikelihood;
pub use likelihood::{BinnedLikelihood, UnmodelledBins};
pub use source_map::SourceMap;
