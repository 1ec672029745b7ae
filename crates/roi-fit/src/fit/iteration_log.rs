//! What a fit tells while it runs, by [`FitOptions::verbosity`]: lines of the log (`tracing`, level INFO, target `roi_fit::fit`).
//!
//! | level | tells |
//! |---|---|
//! | 0 | nothing |
//! | 1 | a line an iteration (algorithm, logL, estimated distance to the minimum, calls) and a line an attempt; of `optimize` a line a fit |
//! | 2 | also the free parameters at each iteration: value, error, gradient of logL |
//! | 3 | also the matrices: second derivatives of logL at each iteration, covariance at the end of an attempt |

use std::fmt::Write as _;
use std::ops::ControlFlow;

use ndarray::Array2;
use optimizers::{Iteration, Minimum, Observer};
use roi_model::{ParameterName, Roi};

use crate::known::options::FitOptions;
use crate::known::progress::{Event, Progress};
use crate::maximize::recorder::Recorder;

/// Where these lines are logged.
pub(crate) const TARGET: &str = "roi_fit::fit";

/// Passes a minimiser's iterations on to the analysis's watcher, and logs them.
pub(crate) struct Relay<'a> {
    progress: &'a mut dyn Progress,
    /// What is logged, and with what; `None` for nothing.
    log: Option<Log<'a>>,
}

/// What the lines of an attempt need.
struct Log<'a> {
    level: usize,
    names: Vec<String>,
    recorder: &'a Recorder,
}

impl<'a> Relay<'a> {
    /// Passes on, and logs nothing.
    pub(crate) fn quiet(progress: &'a mut dyn Progress) -> Self {
        Self { progress, log: None }
    }

    /// Logs as the options say; the recorder is told of the points by the likelihood.
    pub(crate) fn logging(progress: &'a mut dyn Progress, level: usize, roi: &Roi, recorder: &'a Recorder) -> Self {
        let log = (level > 0).then(|| Log { level, names: if level > 1 { names(roi) } else { Vec::new() }, recorder });
        Self { progress, log }
    }
}

impl Observer for Relay<'_> {
    fn iteration(&mut self, iteration: &Iteration) -> ControlFlow<()> {
        if let Some(log) = &self.log {
            log.iteration(iteration);
        }
        self.progress.event(&Event::Iteration {
            algorithm: iteration.algorithm,
            iteration: iteration.iteration,
            log_likelihood: -iteration.fval,
            edm: iteration.edm,
        })
    }

    fn is_cancelled(&self) -> bool {
        self.progress.is_cancelled()
    }
}

impl Log<'_> {
    fn iteration(&self, i: &Iteration) {
        let (calls, loglike) = (i.calls.total(), -i.fval);
        tracing::info!(
            target: TARGET,
            "{:>12} {:>4}  logL {loglike:.6}  EDM {:.3e}  {calls} calls",
            i.algorithm, i.iteration, i.edm
        );
        if self.level < 2 {
            return;
        }
        let point = self.recorder.last();
        let width = self.names.iter().map(String::len).max().unwrap_or(0);
        let errors = point.hessian.as_ref().and_then(errors);
        for (row, ((name, value), gradient)) in self.names.iter().zip(&point.values).zip(&point.gradient).enumerate() {
            let error = errors.as_ref().and_then(|errors| errors.get(row)).filter(|error| error.is_finite());
            let error = error.map_or_else(|| "---".into(), |error| format!("{error:.4e}"));
            tracing::info!(target: TARGET, "    {name:<width$}  {value:>14.7e}  +- {error:>10}  gradient {gradient:>12.4e}");
        }
        if let Some(hessian) = point.hessian.as_ref().filter(|_| self.level > 2) {
            matrix("second derivatives of logL", hessian);
        }
    }
}

/// The line before an attempt.
pub(crate) fn attempt_begins(options: &FitOptions, (number, optimizer): (usize, &str), (free, loglike): (usize, f64)) {
    if options.verbosity > 0 {
        let (number, retries) = (number + 1, options.retries);
        tracing::info!(
            target: TARGET,
            "attempt {number} of {retries}: {optimizer}, {free} free parameter(s), logL {loglike:.6}"
        );
    }
}

/// The line after an attempt; with the matrices when they were asked for.
pub(crate) fn attempt_ended(options: &FitOptions, number: usize, minimum: &Minimum) {
    if options.verbosity == 0 {
        return;
    }
    let (number, quality, loglike) = (number + 1, u8::from(minimum.quality), -minimum.fval);
    tracing::info!(
        target: TARGET,
        "attempt {number}: quality {quality} ({})  logL {loglike:.6}  EDM {:.3e}  {} calls",
        minimum.status, minimum.edm, minimum.calls.total()
    );
    if let Some(covariance) = minimum.covariance.as_ref().filter(|_| options.verbosity > 2) {
        matrix("covariance", covariance);
    }
}

/// A matrix, a line a row.
fn matrix(what: &str, rows: &Array2<f64>) {
    tracing::info!(target: TARGET, "    {what}:");
    for row in rows.outer_iter() {
        let mut line = String::new();
        for number in row {
            // Writing to a String cannot fail.
            let _ = write!(line, " {number:>12.4e}");
        }
        tracing::info!(target: TARGET, "    {line}");
    }
}

/// Errors from the second derivatives of `logL`; not a number where they are none.
fn errors(hessian: &Array2<f64>) -> Option<Vec<f64>> {
    let covariance = optimizers::inverse(&hessian.mapv(|h| -h))?;
    Some(covariance.diag().iter().map(|variance| variance.sqrt()).collect())
}

/// `SOURCE:PARAMETER` of all free parameters.
fn names(roi: &Roi) -> Vec<String> {
    let name = |id: roi_model::ParameterId| {
        let source = &roi[id.source];
        ParameterName { source: source.name(), parameter: source.spectrum().parameters()[id.parameter].name() }
            .to_string()
    };
    roi.free_parameters().into_iter().map(name).collect()
}
