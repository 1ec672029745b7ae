//! MINUIT: MIGRAD, with SIMPLEX where MIGRAD fails, then HESSE: the command `MINIMIZE` of the classic program.

use crate::driver::{self, Search};
use crate::error::Result;
use crate::evaluator::{Evaluator, Halt, Point};
use crate::minimum::{Minimum, Status};
use crate::objective::Objective;
use crate::observer::Observer;
use crate::optimizer::Optimizer;
use crate::options::Options;
use crate::problem::Problem;
use crate::{migrad, simplex};

/// The classic MINUIT: MIGRAD, with SIMPLEX and a second MIGRAD where it fails, then HESSE.
///
/// Bounded parameters are seen through MINUIT's arcsine and square-root coordinates during the search; the covariance
/// is that of the parameters themselves, from the Hessian at the minimum.
///
/// The covariance and the verdict on the minimum come from [`hesse`](crate::hesse()); where it finds that the minimum is
/// not reached after all, or the Hessian's own step leads lower, the search goes on from there.
#[derive(Debug, Clone, Copy, Default)]
pub struct Minuit;

impl Optimizer for Minuit {
    fn name(&self) -> &'static str {
        "MINUIT"
    }

    fn minimize(
        &self,
        objective: &mut dyn Objective,
        problem: &Problem,
        options: &Options,
        observer: &mut dyn Observer,
    ) -> Result<Minimum> {
        let algorithm =
            |evaluator: &mut Evaluator<'_>, start: Point, _round: usize| -> std::result::Result<Search, Halt> {
                let first = migrad::search(evaluator, start, options)?;
                if first.stopped != Some(Status::NoProgress) {
                    return Ok(first);
                }
                let second = simplex::search(evaluator, &first.point, options)?;
                migrad::search(evaluator, second.point, options)
            };
        driver::run(self.name(), objective, problem, options, observer, &algorithm)
    }
}
