//! What a run works on, as one argument.

use crate::problem::objective::Objective;
use crate::problem::observer::Observer;
use crate::problem::options::Options;
use crate::problem::parameters::Problem;

/// The arguments of [`Optimizer::minimize`](crate::Optimizer::minimize).
pub(crate) struct Task<'a> {
    pub(crate) objective: &'a mut dyn Objective,
    pub(crate) problem: &'a Problem,
    pub(crate) options: &'a Options,
    pub(crate) observer: &'a mut dyn Observer,
}
