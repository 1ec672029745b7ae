//! What every optimizer does around its search: start, covariance, judgement, and another search when the judgement
//! demands it.

use super::covariance;
use super::settle::settle;
use super::verdict::Verdict;
use crate::error::{Error, Result};
use crate::evaluate::evaluator::{Evaluator, Halt, Hessian, Point};
use crate::evaluate::task::Task;
use crate::problem::minimum::{FitQuality, Minimum, Status, correlation};
use crate::problem::parameters::{Parameter, Problem};
use ndarray::Array2;

/// Searches until the judgement is final; each one starts where the last left off.
const ROUNDS: usize = 6;

/// How a search ended.
pub(crate) struct Search {
    pub(crate) point: Point,
    /// The Hessian at `point`, if the algorithm has it.
    pub(crate) hessian: Option<Hessian>,
    /// Why it ended, if not by its own criterion of convergence.
    pub(crate) stopped: Option<Status>,
}

/// An algorithm: from a point with a finite value to a better one. The round counts from 0.
pub(crate) type Algorithm<'f> = &'f dyn Fn(&mut Evaluator<'_>, Point, usize) -> std::result::Result<Search, Halt>;

/// Runs an algorithm on a problem and judges where it ends.
pub(crate) fn run(name: &str, task: Task<'_>, algorithm: Algorithm<'_>) -> Result<Minimum> {
    let problem = task.problem;
    let span = tracing::debug_span!("minimize", optimizer = name, free = problem.free().len());
    let _entered = span.enter();
    let mut evaluator = Evaluator::new(task)?;
    let outcome = rounds(&mut evaluator, algorithm);
    conclude(&evaluator, problem, outcome)
}

/// The result of a run, however it ended.
pub(crate) fn conclude(
    evaluator: &Evaluator<'_>,
    problem: &Problem,
    outcome: std::result::Result<End, Halt>,
) -> Result<Minimum> {
    let mut minimum = match outcome {
        Ok(end) => assemble(evaluator, problem, end),
        Err(Halt::Fatal(error)) => return Err(Error::Objective(error)),
        Err(Halt::Stop(status)) => interrupted(evaluator, problem, status),
    };
    tracing::debug!(fval = minimum.fval, edm = minimum.edm, status = %minimum.status, "ended");
    // A distance that is not known is not known to be small.
    minimum.flags.is_edm_above_goal = minimum.edm.is_nan() || minimum.edm > evaluator.edm_goal;
    minimum.flags.has_reached_limit =
        matches!(minimum.status, Status::IterationLimit | Status::CallLimit | Status::TimeLimit);
    minimum.flags.has_parameters_at_limit = !minimum.at_limit.is_empty();
    Ok(minimum)
}

/// Where a run ended and what is known of it.
pub(crate) struct End {
    pub(crate) point: Point,
    pub(crate) verdict: Option<Verdict>,
    pub(crate) stopped: Option<Status>,
}

/// The start, or the end of a run that cannot begin: nothing is free, or the start is not finite.
pub(crate) fn begin(evaluator: &mut Evaluator<'_>) -> std::result::Result<std::result::Result<Point, End>, Halt> {
    let start = evaluator.start();
    let is_empty = start.is_empty();
    let mut point = if is_empty {
        Point { f: evaluator.value(&start)?, x: start, g: Vec::new() }
    } else {
        evaluator.point(&start)?
    };
    let mut stopped = None;
    if !point.is_finite() {
        let f = evaluator.value(&point.x)?;
        stopped = Some(if f.is_finite() { Status::SurroundingsNotFinite } else { Status::StartNotFinite });
        point.f = f;
    }
    Ok(if is_empty || stopped.is_some() { Err(End { point, verdict: None, stopped }) } else { Ok(point) })
}

fn rounds(evaluator: &mut Evaluator<'_>, algorithm: Algorithm<'_>) -> std::result::Result<End, Halt> {
    let mut point = match begin(evaluator)? {
        Ok(point) => point,
        Err(end) => return Ok(end),
    };
    let mut end = None;
    for round in 0..ROUNDS {
        let search = algorithm(evaluator, point, round)?;
        let before = search.point.f;
        let settled = settle(evaluator, search.point, search.hessian)?;
        let gained = before - settled.point.f;
        if let (Some(lower), true) = (&settled.again, round + 1 == ROUNDS) {
            // The lowest point known is the result, and not judged; no status calls it a minimum.
            let stopped = search.stopped.or(Some(Status::NoProgress));
            end = Some(End { point: lower.clone(), verdict: None, stopped });
            break;
        }
        let verdict = settled.verdict;
        let unfinished = verdict.as_ref().is_some_and(|v| v.status == Status::NoProgress)
            && gained > evaluator.slack(before)
            && search.stopped != Some(Status::IterationLimit);
        let is_elsewhere = settled.again.is_some();
        point = settled.again.unwrap_or_else(|| settled.point.clone());
        end = Some(End { point: settled.point, verdict, stopped: search.stopped });
        if !(is_elsewhere || unfinished) {
            break;
        }
    }
    end.ok_or(Halt::Stop(Status::IterationLimit))
}

/// The result of a run that came to its own end.
fn assemble(evaluator: &Evaluator<'_>, problem: &Problem, end: End) -> Minimum {
    let mut minimum = blank(evaluator, problem, &end.point.x, end.point.f);
    if end.point.x.is_empty() && end.point.is_finite() {
        (minimum.quality, minimum.status, minimum.edm) = (FitQuality::Accurate, Status::Converged, 0.0);
        return minimum;
    }
    let Some(verdict) = end.verdict else {
        minimum.status = end.stopped.unwrap_or(Status::NoHessian);
        if minimum.status == Status::SurroundingsNotFinite
            && let Some(k) = evaluator.undefined_beside()
        {
            let name = problem.parameters()[evaluator.free()[k]].name();
            minimum.warnings.push(format!("the objective is not finite beside the start value of {name}"));
        }
        adopt_approximation(&mut minimum, evaluator);
        return minimum;
    };
    minimum.edm = verdict.edm;
    minimum.quality = verdict.quality;
    minimum.flags.is_forced_positive_definite = verdict.covariance.is_some() && !verdict.is_definite;
    minimum.status = match (verdict.status, end.stopped) {
        (_, Some(Status::IterationLimit)) => Status::IterationLimit,
        (Status::NoProgress, Some(stopped)) => stopped,
        (status, _) => status,
    };
    if minimum.status == Status::IterationLimit {
        minimum.quality = minimum.quality.min(FitQuality::Forced);
    }
    if evaluator.distrusts_derivatives() {
        minimum.status = Status::WrongDerivatives;
        minimum.quality = minimum.quality.min(FitQuality::Approximate);
        minimum.warnings.push(
            "the objective's derivatives do not agree with its values; differences of values took their place".into(),
        );
    }
    describe(&mut minimum, evaluator, problem, &verdict);
    if let Some(covariance) = verdict.covariance {
        adopt(&mut minimum, evaluator, covariance);
    }
    minimum
}

/// The result of a run that was cut short: the lowest point seen, with what is known of the covariance.
fn interrupted(evaluator: &Evaluator<'_>, problem: &Problem, status: Status) -> Minimum {
    let start = evaluator.start();
    let (x, f) = evaluator.best().map_or((start.as_slice(), f64::NAN), |(x, f)| (x.as_slice(), *f));
    let mut minimum = blank(evaluator, problem, x, f);
    minimum.status = status;
    minimum.edm = evaluator.edm;
    adopt_approximation(&mut minimum, evaluator);
    minimum
}

/// Takes the search's own approximation for the covariance.
fn adopt_approximation(minimum: &mut Minimum, evaluator: &Evaluator<'_>) {
    let Some(inverse) = &evaluator.approximation else { return };
    let errors = covariance::within_ranges(evaluator, inverse * (2.0 * evaluator.error_definition()));
    if let Some(covariance) = errors.covariance {
        minimum.quality = FitQuality::Approximate;
        adopt(minimum, evaluator, covariance);
    }
}

/// A result with every parameter's value and nothing else.
pub(crate) fn blank(evaluator: &Evaluator<'_>, problem: &Problem, x: &[f64], fval: f64) -> Minimum {
    let mut values: Vec<f64> = problem.parameters().iter().map(Parameter::value).collect();
    for (&i, v) in evaluator.free().iter().zip(x) {
        values[i] = *v;
    }
    let minimum = Minimum::new(values, fval, Status::NoHessian);
    let mut minimum = minimum.with_effort(f64::NAN, evaluator.calls(), evaluator.iterations());
    minimum.names = problem.parameters().iter().map(|parameter| parameter.name().to_owned()).collect();
    minimum
}

fn adopt(minimum: &mut Minimum, evaluator: &Evaluator<'_>, covariance: Array2<f64>) {
    for (k, &i) in evaluator.free().iter().enumerate() {
        minimum.errors[i] = covariance[[k, k]].max(0.0).sqrt();
    }
    minimum.correlation = Some(correlation(&covariance));
    minimum.covariance = Some(covariance);
}

/// Limits and warnings in words.
fn describe(minimum: &mut Minimum, evaluator: &Evaluator<'_>, problem: &Problem, verdict: &Verdict) {
    let name = |k: usize| problem.parameters()[evaluator.free()[k]].name();
    for (k, &i) in evaluator.free().iter().enumerate() {
        if verdict.at_limit[k] {
            minimum.at_limit.push(i);
            let bound = minimum.values[i];
            minimum.warnings.push(format!("{} is at its limit {bound}; its error is one-sided", name(k)));
        }
    }
    if matches!(verdict.status, Status::Degenerate | Status::NotPositiveDefinite) {
        let x: Vec<f64> = evaluator.free().iter().map(|&i| minimum.values[i]).collect();
        let (shifted, limited): (Vec<_>, Vec<_>) =
            verdict.unconstrained_parameters(evaluator, &x).into_iter().partition(|(_, shift)| *shift != 0.0);
        if !shifted.is_empty() {
            let list: Vec<String> = shifted.iter().map(|&(k, shift)| format!("{} ({shift:+.2e})", name(k))).collect();
            let list = list.join(", ");
            minimum.warnings.push(format!("the objective does not constrain a combination of {list}"));
        }
        for (k, _) in limited {
            let name = name(k);
            minimum
                .warnings
                .push(format!("the objective does not constrain {name}: its error is about as long as its range"));
        }
    }
}
