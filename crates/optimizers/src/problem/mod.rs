//! What a caller brings and gets: objective, parameters, options, observer, result.

pub(crate) mod from_fn;
pub(crate) mod least_squares;
pub(crate) mod minimum;
pub(crate) mod minimum_table;
pub(crate) mod objective;
pub(crate) mod observer;
pub(crate) mod options;
pub(crate) mod parameters;
pub(crate) mod residuals;
