//! The optimizers that a caller may choose, by name.

pub(crate) mod builtin;
pub(crate) mod minuit;
pub(crate) mod optimizer;
pub(crate) mod registry;
