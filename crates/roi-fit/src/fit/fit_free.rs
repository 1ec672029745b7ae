//! The fit of all free parameters: attempts until the quality is good enough, and nothing changed when it never is.

use std::ops::ControlFlow;

use ndarray::Array2;
use optimizers::{Calls, Iteration, Minimum, Optimizer, Status};
use roi_model::Roi;

use crate::error::{Error, Result};
use crate::known::covariance::Covariance;
use crate::known::options::FitOptions;
use crate::known::progress::{Event, Progress};
use crate::maximize::objective::{minimize, minos, problem};
use crate::session::Session;

/// Passes a minimiser's iterations on to the analysis's watcher.
struct Relay<'a>(&'a mut dyn Progress);

impl optimizers::Observer for Relay<'_> {
    fn iteration(&mut self, iteration: &Iteration) -> ControlFlow<()> {
        self.0.event(&Event::Iteration {
            algorithm: iteration.algorithm,
            iteration: iteration.iteration,
            log_likelihood: -iteration.fval,
            edm: iteration.edm,
        })
    }
}

/// What a fit came to.
pub(crate) struct Fitted {
    /// `logL` at the start.
    pub(crate) loglike0: f64,
    /// The model as it was.
    pub(crate) start: Roi,
    /// How it ended; `None` when no parameter is free.
    pub(crate) end: Option<End>,
}

/// How a fit ended.
pub(crate) struct End {
    /// What the last attempt found.
    pub(crate) minimum: Minimum,
    /// How many attempts were made.
    pub(crate) attempts: usize,
    /// Likelihood evaluations of all of them, those of MINOS included.
    pub(crate) calls: Calls,
    /// Why the model was left as it was; `None` when it took the values.
    pub(crate) refusal: Option<String>,
    /// How far each parameter may move down and up, if that was asked for.
    pub(crate) minos: Option<Vec<[Option<f64>; 2]>>,
    pub(crate) warnings: Vec<String>,
}

/// Fits all free parameters of a session. On success the model has the values and errors of the fit; otherwise, also on an error, it is
/// what it was, bit for bit.
pub(crate) fn fit_free(session: &mut Session, options: &FitOptions, progress: &mut dyn Progress) -> Result<Fitted> {
    options.check()?;
    let optimizer = optimizers::optimizer(&options.optimizer)?;
    let loglike0 = session.loglike().map_err(Error::at_start)?;
    let start = session.roi.clone();
    if start.free_parameters().is_empty() {
        tracing::warn!("no parameter is free: nothing was fitted");
        return Ok(Fitted { loglike0, start, end: None });
    }
    let mut end = attempts(session, options, optimizer.as_ref(), loglike0, progress)?;
    if let Some(refusal) = &end.refusal {
        let message = format!("{}; {refusal}", end.minimum.status);
        tracing::error!(optimizer = optimizer.name(), status = end.minimum.status.code(), "{message}");
        return Ok(Fitted { loglike0, start, end: Some(end) });
    }
    session.roi = fitted(&session.roi, &end.minimum)?;
    if options.minos {
        let problem = problem(&session.roi, None)?;
        let mut relay = Relay(progress);
        match session.posterior().and_then(|posterior| minos(posterior, &problem, &end.minimum, &mut relay)) {
            Ok((errors, calls)) => {
                end.minos = Some(errors);
                end.calls += calls;
            }
            Err(error) => end.warnings.push(format!("no MINOS errors: {error}")),
        }
    }
    Ok(Fitted { loglike0, start, end: Some(end) })
}

/// Attempts, each from where the one before ended, until one is good enough.
fn attempts(
    session: &mut Session,
    options: &FitOptions,
    optimizer: &dyn Optimizer,
    loglike0: f64,
    progress: &mut dyn Progress,
) -> Result<End> {
    let mut roi = session.roi.clone();
    let mut minimum = attempt(session, (&roi, 0), optimizer, options, progress)?;
    let (mut attempts, mut calls) = (1, minimum.calls);
    for number in 1..options.retries {
        if minimum.status == Status::Cancelled || refusal(&minimum, options, loglike0).is_none() {
            break;
        }
        roi.set_free_values(&minimum.values)?;
        minimum = attempt(session, (&roi, number), optimizer, options, progress)?;
        calls += minimum.calls;
        attempts += 1;
    }
    let restored = |reason| format!("{reason} after {attempts} attempt(s), every parameter was restored");
    let refusal = refusal(&minimum, options, loglike0).map(restored);
    let warnings = minimum.warnings.clone();
    Ok(End { minimum, attempts, calls, refusal, minos: None, warnings })
}

/// One attempt, from a model on; the session's own is left alone.
fn attempt(
    session: &mut Session,
    (roi, number): (&Roi, usize),
    optimizer: &dyn Optimizer,
    options: &FitOptions,
    progress: &mut dyn Progress,
) -> Result<Minimum> {
    let (options, problem) = (options.for_attempt(number), problem(roi, None)?);
    minimize(session.posterior_of(roi, &[])?, &problem, optimizer, &options, &mut Relay(progress))
}

/// Why an end point is not good enough. One that is was not cancelled, has the quality that was asked for, and its likelihood is not below
/// where it began (beyond rounding).
fn refusal(minimum: &Minimum, options: &FitOptions, loglike0: f64) -> Option<String> {
    let (quality, loglike) = (u8::from(minimum.quality), -minimum.fval);
    let is_good = quality >= options.min_fit_quality;
    if minimum.status != Status::Cancelled && is_good && loglike >= loglike0 - 1e-12 * loglike0.abs() {
        return None;
    }
    Some(if !is_good {
        format!("fit quality {quality} is below min_fit_quality {}", options.min_fit_quality)
    } else if loglike - loglike0 < 0.0 {
        format!("logL ended {} below its start", loglike0 - loglike)
    } else {
        "the fit was stopped".into()
    })
}

/// The model with values and errors of a fit.
fn fitted(roi: &Roi, minimum: &Minimum) -> Result<Roi> {
    let mut roi = roi.clone();
    roi.set_free_values(&minimum.values)?;
    for (id, &error) in roi.free_parameters().into_iter().zip(&minimum.errors) {
        // What has no finite error (a flat direction) is written as having none.
        roi.parameter_mut(id)?.set_error(if error.is_finite() { error } else { 0.0 })?;
    }
    Ok(roi)
}

/// The covariance of a fit of all free parameters of a model.
pub(crate) fn covariance(roi: &Roi, matrix: &Array2<f64>) -> Covariance {
    let name = |id: roi_model::ParameterId| {
        let source = &roi[id.source];
        (source.name().to_owned(), source.spectrum().parameters()[id.parameter].name().to_owned())
    };
    Covariance { parameters: roi.free_parameters().into_iter().map(name).collect(), matrix: matrix.clone() }
}
