//! The many inner minimisations around a minimum: plain ones on the way, judged ones where they are reported.

use crate::error::Result;
use crate::evaluate::evaluator::{Evaluator, Halt, Point};
use crate::evaluate::task::Task;
use crate::judge::driver::{self, Search, begin, blank};
use crate::problem::minimum::{Calls, Status};
use crate::problem::objective::Derivatives;
use crate::problem::options::Options;
use crate::search::{migrad, newton};

/// Where an inner minimisation ended.
#[derive(Debug, Clone)]
pub(crate) struct Descent {
    /// Every parameter's value, fixed ones included.
    pub(crate) values: Vec<f64>,
    /// Infinite where the objective is not defined.
    pub(crate) fval: f64,
    /// Why it ended; a plain descent that came to its own end has [`Status::Converged`] without proof.
    pub(crate) status: Status,
    pub(crate) calls: Calls,
}

impl Descent {
    /// Whether the values are at a minimum, whatever can be said of the covariance there.
    pub(crate) fn is_minimum(&self) -> bool {
        matches!(self.status, Status::Converged | Status::Degenerate | Status::NotQuadratic)
    }

    /// Whether a limit or the observer cut it short.
    pub(crate) fn is_cut_short(&self) -> bool {
        matches!(self.status, Status::CallLimit | Status::TimeLimit | Status::Cancelled)
    }
}

/// Minimises without judging the result: NEWTON where the objective has a Hessian, else MIGRAD.
pub(crate) fn descend(task: Task<'_>) -> Result<Descent> {
    let (problem, options) = (task.problem, task.options);
    let mut evaluator = Evaluator::new(task)?;
    let (point, status) = match plain(&mut evaluator, options) {
        Ok((point, stopped)) => (point, stopped.unwrap_or(Status::Converged)),
        Err(Halt::Stop(status)) => {
            let start = evaluator.start();
            let (x, f) = evaluator.best().cloned().unwrap_or((start, f64::INFINITY));
            (Point { x, f, g: Vec::new() }, status)
        }
        Err(Halt::Fatal(error)) => return Err(crate::error::Error::Objective(error)),
    };
    let values = blank(&evaluator, problem, &point.x, point.f).values;
    Ok(Descent { values, fval: point.f, status, calls: evaluator.calls() })
}

/// Minimises with the judgement that every optimizer's result gets.
pub(crate) fn descend_and_judge(task: Task<'_>) -> Result<Descent> {
    let options = task.options;
    let algorithm = |evaluator: &mut Evaluator<'_>, start: Point, _round: usize| search(evaluator, start, options);
    let minimum = driver::run("PROFILE", task, &algorithm)?;
    let fval = if minimum.fval.is_nan() { f64::INFINITY } else { minimum.fval };
    Ok(Descent { values: minimum.values, fval, status: minimum.status, calls: minimum.calls })
}

fn plain(evaluator: &mut Evaluator<'_>, options: &Options) -> std::result::Result<(Point, Option<Status>), Halt> {
    let start = match begin(evaluator)? {
        Ok(point) => point,
        Err(end) => return Ok((end.point, end.stopped)),
    };
    let search = search(evaluator, start, options)?;
    Ok((search.point, search.stopped))
}

fn search(evaluator: &mut Evaluator<'_>, start: Point, options: &Options) -> std::result::Result<Search, Halt> {
    if evaluator.derivatives() == Derivatives::Hessian {
        newton::search(evaluator, start, options)
    } else {
        migrad::search(evaluator, start, options)
    }
}
