//! The optimizers for functions of Python.

mod function;
pub(crate) mod minimum;
mod problem;
pub(crate) mod verbs;
