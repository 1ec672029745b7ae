//! The attempts of a fit. None repeats what failed: it starts elsewhere, or takes another method.
//!
//! 1. The optimizer that was asked for, from the start values.
//! 2. A quasi-Newton method in the parameters' own coordinates (DRMNGB), from the start values. It takes other ways than MINUIT.
//! 3. Newton's method from the start values. Where a norm ended at its lower bound, the norms are fitted first: for fixed shapes `logL` is concave in the
//!    norms, so that no source is lost because its shape began elsewhere.
//! 4. Further attempts, by one method after the other, begin at the best point so far, with the careful strategy.
//!
//! They end with the first end that is good enough, unless it is in doubt. A maximum with free shapes may not be the only one, where a parameter ended
//! at a limit or is hardly known, or where several sources have free shapes and the norm of one of them has a large error: two weak sources that overlap may
//! share their counts in more than one way. Then the attempts end when two of them, that went different ways, agree.
//!
//! The best end point of all attempts is the end of the fit: the highest `logL`. When that is not good enough (a parameter is unconstrained there,
//! say), but a maximum that is good enough lies so little below that the data do not tell them apart, the end is that maximum, and a warning tells
//! of the higher `logL`.

use std::collections::BTreeSet;

use optimizers::{Calls, Drmngb, Lbfgs, Minimum, Minuit, Newton, Optimizer, Options, Status};
use roi_model::{Parameter, Roi, SourceId};
use serde::Serialize;

use crate::error::Result;
use crate::fit::iteration_log::{Relay, attempt_begins, attempt_ended};
use crate::known::options::FitOptions;
use crate::known::progress::Progress;
use crate::maximize::objective::{minimize, problem, problem_with_held};
use crate::maximize::recorder::Recorder;
use crate::session::Session;

/// Two ends whose `logL` differs by less are the same: the searches aim at a distance of `2 tol` of the maximum.
const SAME: f64 = 5e-3;

/// Two maxima that attempts found are the same when their `logL` differs by less.
const AGREE: f64 = 0.05;

/// A maximum is not excluded by one that is higher by less than this: half of 3 squared, three standard deviations of one parameter.
const NOT_EXCLUDED: f64 = 4.5;

/// A parameter is hardly known when its error is more than this share of its range.
const HARDLY_KNOWN: f64 = 0.1;

/// The norm of a source whose shape is free leaves room for another maximum when its error is more than this share of its value: such a source
/// stands out by less than four standard deviations, or its norm and its shape are hard to tell apart.
const LARGE_ERROR: f64 = 0.25;

/// What further attempts take in turn.
const METHODS: [&dyn Optimizer; 4] = [&Drmngb, &Newton, &Lbfgs, &Minuit];

/// Where an attempt of a fit began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub enum AttemptStart {
    /// At the values that the model had.
    #[serde(rename = "start values")]
    StartValues,
    /// At these, the norms fitted first.
    #[serde(rename = "norms first")]
    NormsFirst,
    /// At the best point of the attempts before it.
    #[serde(rename = "best so far")]
    BestSoFar,
}

/// One attempt of a fit, as it ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Attempt {
    /// The optimizer.
    pub method: String,
    /// Where it began.
    pub start: AttemptStart,
    /// `logL` at its end; `None` when that is not finite.
    pub loglike: Option<f64>,
    /// Its quality.
    pub fit_quality: u8,
    /// Its status: see [`optimizers::Status::code`].
    pub fit_status: i32,
    /// The status in words.
    pub message: String,
    /// Likelihood evaluations that it took.
    pub calls: Calls,
    /// Whether its end is that of the fit.
    pub is_best: bool,
}

/// How the attempts of a fit ended.
pub(crate) struct Attempts {
    /// The best of their ends.
    pub(crate) best: Minimum,
    pub(crate) all: Vec<Attempt>,
    pub(crate) calls: Calls,
    /// What is to be said of a higher `logL` that is not the end of the fit.
    pub(crate) warning: Option<String>,
}

/// What a fit tries, and from where.
struct Trial<'a> {
    session: &'a mut Session,
    options: &'a FitOptions,
    progress: &'a mut dyn Progress,
    /// The model at its start values.
    roi: Roi,
    /// Which free parameters are norms.
    is_norm: Vec<bool>,
    ends: Vec<Minimum>,
    all: Vec<Attempt>,
}

/// Attempts until one is good enough and, where it may be one maximum of several, another one that went elsewhere agrees.
pub(crate) fn attempts(
    session: &mut Session,
    options: &FitOptions,
    is_good: impl Fn(&Minimum) -> bool,
    progress: &mut dyn Progress,
) -> Result<Attempts> {
    let roi = session.roi.clone();
    let is_norm = norms(&roi);
    let mut trial = Trial { session, options, progress, roi, is_norm, ends: Vec::new(), all: Vec::new() };
    let asked_for = optimizers::optimizer(&options.optimizer)?;
    trial.run(asked_for.as_ref(), AttemptStart::StartValues)?;
    let is_doubtful = trial.is_doubtful();
    while trial.all.len() < options.retries && !trial.is_cancelled() {
        let best = &trial.ends[trial.highest()];
        if is_good(best)
            && (!is_doubtful || trial.ends.iter().filter(|end| is_good(end) && is_as_high(end, best)).count() > 1)
        {
            break;
        }
        let (method, start) = trial.next();
        trial.run(method, start)?;
    }
    Ok(trial.conclude(is_good))
}

/// Whether an end is the maximum that another one found.
fn is_as_high(end: &Minimum, other: &Minimum) -> bool {
    (end.fval - other.fval).abs() < AGREE
}

/// Which free parameters of a model are normalisations.
fn norms(roi: &Roi) -> Vec<bool> {
    let is_norm = |id: roi_model::ParameterId| roi[id.source].spectrum().norm_index() == Some(id.parameter);
    roi.free_parameters().into_iter().map(is_norm).collect()
}

impl Trial<'_> {
    /// Whether the first end may be one maximum of several: with free shapes, a parameter at a limit or hardly known; with those of several
    /// sources, a norm with a large error.
    fn is_doubtful(&self) -> bool {
        let Some(end) = self.ends.first().filter(|_| self.is_norm.contains(&false)) else { return false };
        let free = self.roi.free_parameters();
        let with_free_shape: BTreeSet<SourceId> =
            free.iter().zip(&self.is_norm).filter(|(_, is_norm)| !**is_norm).map(|(id, _)| id.source).collect();
        let share_counts = with_free_shape.len() > 1;
        let is_known = |row: usize| {
            let (low, high) = self.roi.parameter(free[row]).map_or((0.0, 0.0), Parameter::bounds);
            let (value, error) = (end.values[row].abs(), end.errors[row]);
            let is_of_these = self.is_norm[row] && with_free_shape.contains(&free[row].source);
            let is_weak = share_counts && is_of_these && error > LARGE_ERROR * value;
            // NaN is not known either.
            error <= HARDLY_KNOWN * (high - low) && !is_weak
        };
        !end.at_limit.is_empty() || !(0..free.len()).all(is_known)
    }

    /// Method and start of the next attempt.
    fn next(&self) -> (&'static dyn Optimizer, AttemptStart) {
        let free = self.roi.free_parameters();
        let lower = |row: usize| self.roi.parameter(free[row]).map_or(f64::NAN, |parameter| parameter.bounds().0);
        let is_lost = |end: &Minimum| {
            end.at_limit.iter().any(|&row| self.is_norm[row] && end.values[row] <= lower(row))
                && self.is_norm.contains(&false)
        };
        let third = if self.ends.iter().any(is_lost) { AttemptStart::NormsFirst } else { AttemptStart::StartValues };
        let first: [(&dyn Optimizer, AttemptStart); 2] = [(&Drmngb, AttemptStart::StartValues), (&Newton, third)];
        let was_tried =
            |method: &str, start| self.all.iter().any(|tried| tried.method == method && tried.start == start);
        if let Some(next) = first.into_iter().find(|(method, start)| !was_tried(method.name(), *start)) {
            return next;
        }
        let last = self.all.last().map(|attempt| attempt.method.as_str());
        let others: Vec<&dyn Optimizer> = METHODS.into_iter().filter(|method| last != Some(method.name())).collect();
        (others[self.all.len() % others.len()], AttemptStart::BestSoFar)
    }

    /// One attempt.
    fn run(&mut self, optimizer: &dyn Optimizer, start: AttemptStart) -> Result<()> {
        let options = self.options.for_attempt(self.all.len());
        let mut roi = self.roi.clone();
        let mut calls = Calls::default();
        match start {
            AttemptStart::StartValues => {}
            AttemptStart::NormsFirst => calls = self.fit_norms(&mut roi, &options)?,
            AttemptStart::BestSoFar => roi.set_free_values(&self.ends[self.highest()].values)?,
        }
        let mut end = self.minimize_from(&roi, optimizer, &options)?;
        end.calls += calls;
        self.all.push(Attempt {
            method: optimizer.name().to_owned(),
            start,
            loglike: Some(-end.fval).filter(|loglike| loglike.is_finite()),
            fit_quality: end.quality.into(),
            fit_status: end.status.code(),
            message: end.status.to_string(),
            calls: end.calls,
            is_best: false,
        });
        self.ends.push(end);
        Ok(())
    }

    /// All free parameters, from a model on; the session's own is left alone.
    fn minimize_from(&mut self, roi: &Roi, optimizer: &dyn Optimizer, options: &Options) -> Result<Minimum> {
        let (number, verbosity) = (self.all.len(), self.options.verbosity);
        if verbosity > 0 {
            let free = roi.free_parameters().len();
            let loglike = self.session.posterior_of(roi, &[])?.value(&roi.free_values())?;
            attempt_begins(self.options, (number, optimizer.name()), (free, loglike));
        }
        let recorder = Recorder::default();
        let posterior = self.session.posterior_of(roi, &[])?.recorded((verbosity > 1).then_some(&recorder));
        let mut relay = Relay::logging(self.progress, verbosity, roi, &recorder);
        let end = minimize(posterior, &problem(roi, None)?, optimizer, options, &mut relay)?;
        attempt_ended(self.options, number, &end);
        Ok(end)
    }

    /// Fits the norms of a model, its shapes held.
    fn fit_norms(&mut self, roi: &mut Roi, options: &Options) -> Result<Calls> {
        let problem = problem_with_held(roi, |row| !self.is_norm[row])?;
        let posterior = self.session.posterior_of(roi, &[])?;
        let end = minimize(posterior, &problem, &Newton, options, &mut Relay::quiet(self.progress))?;
        roi.set_free_values(&end.values)?;
        Ok(end.calls)
    }

    /// The best end so far: the highest `logL`; of those that are as high, the one that is known best.
    fn highest(&self) -> usize {
        let top = self.ends.iter().map(|end| -end.fval).filter(|l| l.is_finite()).fold(f64::NEG_INFINITY, f64::max);
        let is_top = |end: &Minimum| -end.fval >= top - SAME || !top.is_finite();
        let order = |a: usize, b: usize| {
            let (a, b) = (&self.ends[a], &self.ends[b]);
            a.quality.cmp(&b.quality).then(b.fval.total_cmp(&a.fval))
        };
        (0..self.ends.len()).filter(|&i| is_top(&self.ends[i])).max_by(|&a, &b| order(a, b)).unwrap_or(0)
    }

    /// The end of the fit: the highest, or, where that is not good enough, the highest good one that it does not exclude.
    fn best(&self, is_good: impl Fn(&Minimum) -> bool) -> usize {
        let highest = self.highest();
        if is_good(&self.ends[highest]) {
            return highest;
        }
        let is_possible = |end: &Minimum| is_good(end) && end.fval <= self.ends[highest].fval + NOT_EXCLUDED;
        let possible = (0..self.ends.len()).filter(|&i| is_possible(&self.ends[i]));
        possible.min_by(|&a, &b| self.ends[a].fval.total_cmp(&self.ends[b].fval)).unwrap_or(highest)
    }

    fn is_cancelled(&self) -> bool {
        self.ends.last().is_some_and(|end| end.status == Status::Cancelled)
    }

    fn conclude(mut self, is_good: impl Fn(&Minimum) -> bool) -> Attempts {
        let highest = self.highest();
        // Whoever stops a fit is told where it was stopped.
        let best = if self.is_cancelled() { self.ends.len() - 1 } else { self.best(is_good) };
        let above = self.ends[best].fval - self.ends[highest].fval;
        let warning = (!self.is_cancelled() && above > AGREE).then(|| {
            let Attempt { method, message, .. } = &self.all[highest];
            format!(
                "a logL higher by {above:.3} was found by {method}, with a quality that is not good enough: {message}"
            )
        });
        let mut calls = Calls::default();
        self.ends.iter().for_each(|end| calls += end.calls);
        for (number, attempt) in self.all.iter_mut().enumerate() {
            attempt.is_best = number == best;
        }
        Attempts { best: self.ends.swap_remove(best), all: self.all, calls, warning }
    }
}
