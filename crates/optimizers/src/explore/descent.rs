//! A plain minimisation without judgement, for the many inner ones around a minimum.

use crate::error::{Error, Result};
use crate::evaluate::evaluator::{Evaluator, Halt, Point};
use crate::evaluate::task::Task;
use crate::judge::driver::{begin, blank};
use crate::problem::minimum::{Calls, Status};
use crate::problem::objective::Derivatives;
use crate::problem::options::Options;
use crate::search::{migrad, newton};

/// Where a plain descent ended.
pub(crate) struct Descent {
    /// Every parameter's value, fixed ones included.
    pub(crate) values: Vec<f64>,
    /// Infinite where the objective is not defined.
    pub(crate) fval: f64,
    /// The limit, or the cancellation, that ended it early.
    pub(crate) stopped: Option<Status>,
    pub(crate) calls: Calls,
}

/// Minimises without judging the result: NEWTON where the objective has a Hessian, else MIGRAD.
pub(crate) fn descend(task: Task<'_>) -> Result<Descent> {
    let (problem, options) = (task.problem, task.options);
    let mut evaluator = Evaluator::new(task)?;
    let (point, stopped) = match plain(&mut evaluator, options) {
        Ok(point) => (point, None),
        Err(Halt::Stop(status)) => {
            let start = evaluator.start();
            let (x, f) = evaluator.best().cloned().unwrap_or((start, f64::INFINITY));
            (Point { x, f, g: Vec::new() }, Some(status))
        }
        Err(Halt::Fatal(error)) => return Err(Error::Objective(error)),
    };
    let values = blank(&evaluator, problem, &point.x, point.f).values;
    Ok(Descent { values, fval: point.f, stopped, calls: evaluator.calls() })
}

fn plain(evaluator: &mut Evaluator<'_>, options: &Options) -> std::result::Result<Point, Halt> {
    let start = match begin(evaluator)? {
        Ok(point) => point,
        Err(end) => return Ok(end.point),
    };
    let search = if evaluator.derivatives() == Derivatives::Hessian {
        newton::search(evaluator, start, options)?
    } else {
        migrad::search(evaluator, start, options)?
    };
    Ok(search.point)
}
