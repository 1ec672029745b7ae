//! The likelihood along one parameter.

pub(crate) mod crossing;
pub(crate) mod level;
pub(crate) mod peak;
pub(crate) mod point;
pub(crate) mod session_curve;
