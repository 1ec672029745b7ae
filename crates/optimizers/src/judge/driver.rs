//! What every optimizer does around its search: start, covariance, judgement, and another search when the judgement
//! demands it.

use super::confirm::confirm;
use super::verdict::{self, Verdict};
use crate::error::{Error, Result};
use crate::evaluate::evaluator::{Evaluator, Halt, Hessian, Point};
use crate::evaluate::task::Task;
use crate::problem::minimum::{FitQuality, Minimum, Status, correlation};
use crate::problem::parameters::{Parameter, Problem};
use ndarray::Array2;

/// Searches until the judgement is final; each one starts where the last left off.
const ROUNDS: usize = 6;
/// Corrections of a point by the Hessian's own step, in one round.
const CORRECTIONS: usize = 8;
/// A point is corrected while its distance to the minimum is above this multiple of what searches aim at.
const POLISH: f64 = 5.0;
/// Distance (in error definitions) below which the Hessian is as good at the corrected point as it was before.
const SAME_HESSIAN: f64 = 1e-6;

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
    let minimum = match outcome {
        Ok(end) => assemble(evaluator, problem, end),
        Err(Halt::Fatal(error)) => return Err(Error::Objective(error)),
        Err(Halt::Stop(status)) => interrupted(evaluator, problem, status),
    };
    tracing::debug!(fval = minimum.fval, edm = minimum.edm, status = %minimum.status, "ended");
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
    let point = if is_empty {
        Point { f: evaluator.value(&start)?, x: start, g: Vec::new() }
    } else {
        evaluator.point(&start)?
    };
    let stopped = (!point.is_finite()).then_some(Status::StartNotFinite);
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
        let (settled, verdict, again) = settle(evaluator, search.point, search.hessian)?;
        let progress = before - settled.f;
        point = settled.clone();
        let unfinished = verdict.as_ref().is_some_and(|v| v.status == Status::NoProgress)
            && progress > evaluator.slack(before)
            && search.stopped != Some(Status::IterationLimit);
        end = Some(End { point: settled, verdict, stopped: search.stopped });
        if !(again || unfinished) {
            break;
        }
    }
    end.ok_or(Halt::Stop(Status::IterationLimit))
}

/// Judges a point and corrects it by the Hessian's own step while that helps. The flag says that a clearly lower point
/// was found elsewhere, from which the search should start again.
fn settle(
    evaluator: &mut Evaluator<'_>,
    mut point: Point,
    mut known: Option<Hessian>,
) -> std::result::Result<(Point, Option<Verdict>, bool), Halt> {
    for attempt in 0.. {
        let hessian = match known.take() {
            Some(hessian) => hessian,
            None => match evaluator.hessian(&point)? {
                Some(hessian) => hessian,
                None => return Ok((point, None, false)),
            },
        };
        let mut verdict = verdict::judge(evaluator, &point, &hessian);
        evaluator.edm = verdict.edm;
        if verdict.quality > FitQuality::None {
            let up = evaluator.error_definition();
            evaluator.approximation = verdict.covariance.as_ref().map(|c| c / (2.0 * up));
        }
        if let Some((better, rejudged)) = correct(evaluator, &point, &verdict, &hessian)? {
            let same = verdict.edm <= SAME_HESSIAN * evaluator.error_definition();
            point = better;
            if !same && attempt < CORRECTIONS {
                continue;
            }
            verdict = rejudged;
        }
        if let Some(downhill) = &verdict.downhill
            && let Some(lower) = escape(evaluator, &point, downhill)?
        {
            return Ok((lower, Some(verdict), true));
        }
        if let Some(lower) = confirm(evaluator, &point, &hessian, &mut verdict)? {
            return Ok((evaluator.point(&lower)?, Some(verdict), true));
        }
        return Ok((point, Some(verdict), false));
    }
    Ok((point, None, false))
}

/// The Hessian's own step, shortened until it improves the point.
fn correct(
    evaluator: &mut Evaluator<'_>,
    point: &Point,
    verdict: &Verdict,
    hessian: &Hessian,
) -> std::result::Result<Option<(Point, Verdict)>, Halt> {
    let Some(step) = &verdict.step else { return Ok(None) };
    let reaches_bound = (0..point.x.len()).any(|i| step.held[i] && step.p[i] != 0.0);
    if verdict.edm <= POLISH * evaluator.aim() && !reaches_bound {
        return Ok(None);
    }
    let mut length = 1.0;
    for _ in 0..4 {
        let x = verdict::target(evaluator, point, &step.p, length);
        let trial = evaluator.point(&x)?;
        if trial.is_finite() {
            let judged = verdict::judge(evaluator, &trial, hessian);
            if evaluator.improves((point.f, verdict.edm), (trial.f, judged.edm)) {
                return Ok(Some((trial, judged)));
            }
        }
        length *= 0.2;
    }
    Ok(None)
}

/// Looks both ways along a direction of negative curvature for a clearly lower value.
fn escape(evaluator: &mut Evaluator<'_>, point: &Point, downhill: &[f64]) -> std::result::Result<Option<Point>, Halt> {
    for length in [1.0, 0.1, 10.0, 0.01] {
        for sign in [1.0, -1.0] {
            let x: Vec<f64> = (0..point.x.len())
                .map(|i| (point.x[i] + sign * length * downhill[i]).clamp(evaluator.lower()[i], evaluator.upper()[i]))
                .collect();
            if evaluator.value(&x)? < point.f - evaluator.slack(point.f) {
                let found = evaluator.point(&x)?;
                if found.is_finite() {
                    return Ok(Some(found));
                }
            }
        }
    }
    Ok(None)
}

/// The result of a run that came to its own end.
fn assemble(evaluator: &Evaluator<'_>, problem: &Problem, end: End) -> Minimum {
    if end.point.x.is_empty() && end.point.is_finite() {
        let mut minimum = blank(evaluator, problem, &end.point.x, end.point.f);
        (minimum.quality, minimum.status, minimum.edm) = (FitQuality::Accurate, Status::Converged, 0.0);
        return minimum;
    }
    let Some(verdict) = end.verdict else {
        let status = end.stopped.unwrap_or(Status::NoHessian);
        let mut minimum = interrupted(evaluator, problem, status);
        (minimum.fval, minimum.edm) = (end.point.f, f64::NAN);
        return minimum;
    };
    let mut minimum = blank(evaluator, problem, &end.point.x, end.point.f);
    minimum.edm = verdict.edm;
    minimum.quality = verdict.quality;
    minimum.status = match (verdict.status, end.stopped) {
        (Status::NoProgress, Some(stopped)) => stopped,
        (status, _) => status,
    };
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
    if let Some(inverse) = &evaluator.approximation {
        minimum.quality = FitQuality::Approximate;
        adopt(&mut minimum, evaluator, inverse * (2.0 * evaluator.error_definition()));
    }
    minimum
}

/// A result with every parameter's value and nothing else.
pub(crate) fn blank(evaluator: &Evaluator<'_>, problem: &Problem, x: &[f64], fval: f64) -> Minimum {
    let mut values: Vec<f64> = problem.parameters().iter().map(Parameter::value).collect();
    for (&i, v) in evaluator.free().iter().zip(x) {
        values[i] = *v;
    }
    Minimum {
        errors: vec![0.0; values.len()],
        values,
        fval,
        edm: f64::NAN,
        covariance: None,
        correlation: None,
        quality: FitQuality::None,
        status: Status::NoHessian,
        calls: evaluator.calls(),
        iterations: evaluator.iterations(),
        at_limit: Vec::new(),
        warnings: Vec::new(),
    }
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
        let names = verdict.weakest_parameters().into_iter().map(name).collect::<Vec<_>>().join(", ");
        minimum.warnings.push(format!("the objective does not constrain a combination of {names}"));
    }
}
