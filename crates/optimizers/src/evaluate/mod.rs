//! The objective as the algorithms see it: counted, limited, differentiated, inside its bounds.

pub(crate) mod coordinates;
pub(crate) mod evaluator;
pub(crate) mod finite_difference;
pub(crate) mod line_integral;
mod residuals_of_evaluator;
pub(crate) mod task;
