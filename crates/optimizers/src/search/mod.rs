//! The algorithms: each goes from a point with a finite value to a better one.

pub(crate) mod damped_step;
pub(crate) mod lbfgs;
pub(crate) mod levenberg_marquardt;
pub(crate) mod line_search;
pub(crate) mod migrad;
pub(crate) mod newton;
pub(crate) mod quasi_newton;
pub(crate) mod secant_update;
pub(crate) mod simplex;
