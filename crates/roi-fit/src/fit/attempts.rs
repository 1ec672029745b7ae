//! The attempts of a fit. None repeats what failed: it starts elsewhere, or takes another method.
//!
//! 1. The optimizer that was asked for, from the start values.
//! 2. A quasi-Newton method in the parameters' own coordinates (DRMNGB), from the start values. It takes other ways than MINUIT.
//! 3. Newton's method from the start values. Where a norm ended at its lower bound, the norms are fitted first: for fixed shapes `logL` is concave in the
//!    norms, so that no source is lost because its shape began elsewhere.
//! 4. Further attempts, by one method after the other, begin at the best point so far, with the careful strategy.
//!
//! They end with the first end that is good enough, unless it is in doubt: a maximum with free shapes may not be the only one. Where several sources
//! have free shapes and the norm of one of them has a large error (two weak sources that overlap may share their counts in more than one way), two
//! attempts must agree; where a parameter ended at a limit or is hardly known, three.
//!
//! The best end point of all attempts, the highest `logL`, is the end of the fit, with its own quality, whatever that of a lower one is.

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
    /// What is to be said of attempts that were not made to the end.
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
    let wanted = if options.takes_first_good { 1 } else { trial.ends_that_must_agree() };
    while trial.all.len() < options.retries && !trial.is_cancelled() {
        let best = &trial.ends[trial.best()];
        let agreeing = trial.ends.iter().filter(|end| is_good(end) && is_as_high(end, best)).count();
        if is_good(best) && agreeing >= wanted {
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
    /// How many attempts must agree, since the first end may be one maximum of several: with free shapes three where a parameter is at a limit or
    /// hardly known; with those of several sources two where a norm has a large error; else one.
    fn ends_that_must_agree(&self) -> usize {
        let Some(end) = self.ends.first().filter(|_| self.is_norm.contains(&false)) else { return 1 };
        let free = self.roi.free_parameters();
        let with_free_shape: BTreeSet<SourceId> =
            free.iter().zip(&self.is_norm).filter(|(_, is_norm)| !**is_norm).map(|(id, _)| id.source).collect();
        let is_known = |row: usize| {
            let (low, high) = self.roi.parameter(free[row]).map_or((0.0, 0.0), Parameter::bounds);
            // NaN is not known either.
            end.errors[row] <= HARDLY_KNOWN * (high - low)
        };
        let is_weak = |row: usize| {
            let is_of_these = self.is_norm[row] && with_free_shape.contains(&free[row].source);
            is_of_these && end.errors[row] > LARGE_ERROR * end.values[row].abs()
        };
        if !end.at_limit.is_empty() || !(0..free.len()).all(is_known) {
            3
        } else if with_free_shape.len() > 1 && (0..free.len()).any(is_weak) {
            2
        } else {
            1
        }
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
            AttemptStart::BestSoFar => roi.set_free_values(&self.ends[self.best()].values)?,
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
    fn best(&self) -> usize {
        let top = self.ends.iter().map(|end| -end.fval).filter(|l| l.is_finite()).fold(f64::NEG_INFINITY, f64::max);
        let is_top = |end: &Minimum| -end.fval >= top - SAME || !top.is_finite();
        let order = |a: usize, b: usize| {
            let (a, b) = (&self.ends[a], &self.ends[b]);
            a.quality.cmp(&b.quality).then(b.fval.total_cmp(&a.fval))
        };
        (0..self.ends.len()).filter(|&i| is_top(&self.ends[i])).max_by(|&a, &b| order(a, b)).unwrap_or(0)
    }

    fn is_cancelled(&self) -> bool {
        self.ends.last().is_some_and(|end| end.status == Status::Cancelled)
    }

    fn conclude(mut self, is_good: impl Fn(&Minimum) -> bool) -> Attempts {
        let is_cancelled = self.is_cancelled();
        let good = (0..self.ends.len()).filter(|&i| is_good(&self.ends[i]));
        let kept = good.min_by(|&a, &b| self.ends[a].fval.total_cmp(&self.ends[b].fval)).filter(|_| is_cancelled);
        // A further attempt that was stopped takes nothing away from a good end; without one, who stops a fit is told where it was stopped.
        let stopped = if is_cancelled { self.ends.len() - 1 } else { self.best() };
        let best = kept.unwrap_or(stopped);
        let warning = kept.map(|_| "the fit was stopped while it looked for a higher maximum".to_owned());
        let mut calls = Calls::default();
        self.ends.iter().for_each(|end| calls += end.calls);
        for (number, attempt) in self.all.iter_mut().enumerate() {
            attempt.is_best = number == best;
        }
        Attempts { best: self.ends.swap_remove(best), all: self.all, calls, warning }
    }
}
