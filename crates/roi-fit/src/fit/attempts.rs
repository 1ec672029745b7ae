//! The attempts of a fit. None repeats what failed: it starts elsewhere, by another method.
//!
//! 1. The optimizer that was asked for, from the start values.
//! 2. Newton's method from the same start, but with the norms fitted first: for fixed shapes `logL` is concave in the norms, so that no source is
//!    lost because its shape began elsewhere. When norms alone are free, what comes next is tried at once.
//! 3. Further attempts, by one method after the other, begin at the best point so far, with the careful strategy.
//!
//! A maximum with free shapes may not be the only one. Where a parameter ended at a limit, or is hardly known, further attempts are made also when
//! the first one was good enough, all from the start. The best end point of all attempts is the end of the fit.

use optimizers::{Calls, Drmngb, Lbfgs, Minimum, Minuit, Newton, Optimizer, Options, Status};
use roi_model::{Parameter, Roi};
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

/// A parameter is hardly known when its error is more than this share of its range.
const HARDLY_KNOWN: f64 = 0.1;

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

/// Attempts until one is good enough and, where it may be one maximum of several, another one has not found a higher one.
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
    let may_be_one_of_many = trial.is_doubtful();
    while trial.all.len() < options.retries && !trial.is_cancelled() {
        let is_done = is_good(&trial.ends[trial.best()]);
        if is_done && !may_be_one_of_many {
            break;
        }
        let (method, start) = trial.next(is_done);
        trial.run(method, start)?;
    }
    Ok(trial.conclude())
}

/// Which free parameters of a model are normalisations.
fn norms(roi: &Roi) -> Vec<bool> {
    let is_norm = |id: roi_model::ParameterId| roi[id.source].spectrum().norm_index() == Some(id.parameter);
    roi.free_parameters().into_iter().map(is_norm).collect()
}

impl Trial<'_> {
    /// Whether the first end may be one maximum of several: with free shapes, a parameter at a limit or hardly known.
    fn is_doubtful(&self) -> bool {
        let Some(end) = self.ends.first().filter(|_| self.is_norm.contains(&false)) else { return false };
        let is_known = |(id, error): (roi_model::ParameterId, &f64)| {
            let (low, high) = self.roi.parameter(id).map_or((0.0, 0.0), Parameter::bounds);
            // NaN is not known either.
            *error <= HARDLY_KNOWN * (high - low)
        };
        !end.at_limit.is_empty() || !self.roi.free_parameters().into_iter().zip(&end.errors).all(is_known)
    }

    /// Method and start of the next attempt; `looks_again` when the best end is good enough, but may be one of several.
    fn next(&self, looks_again: bool) -> (&'static dyn Optimizer, AttemptStart) {
        let number = self.all.len();
        if number == 1 && self.is_norm.contains(&true) && self.is_norm.contains(&false) {
            return (&Newton, AttemptStart::NormsFirst);
        }
        let last = self.all.last().map(|attempt| attempt.method.as_str());
        let others: Vec<&dyn Optimizer> = METHODS.into_iter().filter(|method| last != Some(method.name())).collect();
        let start = if looks_again { AttemptStart::StartValues } else { AttemptStart::BestSoFar };
        (others[number.saturating_sub(2) % others.len()], start)
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

    fn conclude(mut self) -> Attempts {
        // Whoever stops a fit is told where it was stopped.
        let best = if self.is_cancelled() { self.ends.len() - 1 } else { self.best() };
        let mut calls = Calls::default();
        self.ends.iter().for_each(|end| calls += end.calls);
        for (number, attempt) in self.all.iter_mut().enumerate() {
            attempt.is_best = number == best;
        }
        Attempts { best: self.ends.swap_remove(best), all: self.all, calls }
    }
}
