//! MINUIT and NEWMINUIT: MIGRAD, with SIMPLEX where MIGRAD fails, then HESSE.

use super::optimizer::Optimizer;
use crate::error::Result;
use crate::evaluate::evaluator::{Evaluator, Halt, Point};
use crate::evaluate::task::Task;
use crate::judge::driver::{self, Search};
use crate::problem::minimum::{Minimum, Status};
use crate::problem::objective::Objective;
use crate::problem::observer::Observer;
use crate::problem::options::{Options, Strategy};
use crate::problem::parameters::Problem;
use crate::search::{migrad, simplex};

/// The classic MINUIT's command `MINIMIZE`: MIGRAD, with SIMPLEX and a second MIGRAD where it fails, then HESSE.
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
        let algorithm = |evaluator: &mut Evaluator<'_>, start: Point, _round: usize| {
            let first = migrad::search(evaluator, start, options)?;
            if first.stopped == Some(Status::NoProgress) { again(evaluator, &first.point, options) } else { Ok(first) }
        };
        driver::run(self.name(), Task { objective, problem, options, observer }, &algorithm)
    }
}

/// MINUIT as Minuit2 has it: where MIGRAD fails it is tried with the next more careful [`Strategy`], and SIMPLEX comes
/// last; a new round after HESSE is more careful likewise.
#[derive(Debug, Clone, Copy, Default)]
pub struct NewMinuit;

impl Optimizer for NewMinuit {
    fn name(&self) -> &'static str {
        "NEWMINUIT"
    }

    fn minimize(
        &self,
        objective: &mut dyn Objective,
        problem: &Problem,
        options: &Options,
        observer: &mut dyn Observer,
    ) -> Result<Minimum> {
        let algorithm = |evaluator: &mut Evaluator<'_>, start: Point, round: usize| {
            let mut options = options.clone();
            for _ in 0..round {
                options.strategy = more_careful(options.strategy);
            }
            let mut search = migrad::search(evaluator, start, &options)?;
            while search.stopped == Some(Status::NoProgress) && options.strategy < Strategy::Careful {
                options.strategy = more_careful(options.strategy);
                search = migrad::search(evaluator, search.point, &options)?;
            }
            if search.stopped == Some(Status::NoProgress) {
                search = again(evaluator, &search.point, &options)?;
            }
            Ok(search)
        };
        driver::run(self.name(), Task { objective, problem, options, observer }, &algorithm)
    }
}

/// SIMPLEX, and MIGRAD from where that ends.
fn again(evaluator: &mut Evaluator<'_>, from: &Point, options: &Options) -> std::result::Result<Search, Halt> {
    let found = simplex::search(evaluator, from, options)?;
    migrad::search(evaluator, found.point, options)
}

fn more_careful(strategy: Strategy) -> Strategy {
    match strategy {
        Strategy::Fast => Strategy::Normal,
        Strategy::Normal | Strategy::Careful => Strategy::Careful,
    }
}
