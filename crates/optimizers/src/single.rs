//! The optimizers that consist of one algorithm and the common judgement.

use crate::driver;
use crate::error::Result;
use crate::evaluator::{Evaluator, Point};
use crate::minimum::Minimum;
use crate::objective::Objective;
use crate::observer::Observer;
use crate::optimizer::Optimizer;
use crate::options::Options;
use crate::problem::Problem;
use crate::{newton, simplex};

/// Damped Newton within the bounds: the fastest for objectives that offer a Hessian.
///
/// It converges quadratically, so that it ends far closer to the minimum than its tolerance demands. Without a Hessian
/// it takes differences of gradients, or of values.
#[derive(Debug, Clone, Copy, Default)]
pub struct Newton;

impl Optimizer for Newton {
    fn name(&self) -> &'static str {
        "NEWTON"
    }

    fn minimize(
        &self,
        objective: &mut dyn Objective,
        problem: &Problem,
        options: &Options,
        observer: &mut dyn Observer,
    ) -> Result<Minimum> {
        let algorithm =
            |evaluator: &mut Evaluator<'_>, start: Point, _round: usize| newton::search(evaluator, start, options);
        driver::run(self.name(), objective, problem, options, observer, &algorithm)
    }
}

/// Nelder and Mead's simplex, for objectives without usable derivatives; HESSE gives the covariance.
#[derive(Debug, Clone, Copy, Default)]
pub struct Simplex;

impl Optimizer for Simplex {
    fn name(&self) -> &'static str {
        "SIMPLEX"
    }

    fn minimize(
        &self,
        objective: &mut dyn Objective,
        problem: &Problem,
        options: &Options,
        observer: &mut dyn Observer,
    ) -> Result<Minimum> {
        let algorithm =
            |evaluator: &mut Evaluator<'_>, start: Point, _round: usize| simplex::search(evaluator, &start, options);
        driver::run(self.name(), objective, problem, options, observer, &algorithm)
    }
}
