//! Where a likelihood meets a minimiser.

pub(crate) mod objective;
pub(crate) mod posterior;
pub(crate) mod recorder;
