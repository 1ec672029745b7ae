//! The automatic optimisation of a region in three documented steps.
//!
//! 1. The normalisations of the N largest components (by npred) that hold a fraction `npred_frac` of the predicted counts, jointly.
//! 2. The normalisation of every other source alone, in order of npred, down to `npred_threshold`; those of step 1 too when their joint fit was not
//!    good enough (two sources that the data cannot tell apart, say).
//! 3. Normalisation and shape of every source above `shape_ts_threshold`, alone, in order of TS.
//!
//! All parameters are fixed at the start, whatever was free; the free and fixed flags come back at the end.
//!
//! One pass ends near, not at, the joint maximum: each fit holds what the others found. With `until_converged` a joint fit of everything that
//! the steps fitted follows, of what its TS and npred add to that, and so on until nothing is added. A joint fit of
//! quality 3 is at a constrained maximum of its parameters, so no step could gain more than the tolerance any more.

use roi_model::{ParameterName, Pars, SourceId};

use crate::analysis::Analysis;
use crate::error::{Error, Result};
use crate::fit::iteration_log::TARGET;
use crate::known::options::OptimizeOptions;
use crate::known::progress::Event;
use crate::profile::known_maximum::KnownMaximum;
use crate::results::fit_result::FitResult;
use crate::results::optimize_result::{Convergence, OptimizeResult, OptimizeStep};

/// What was done so far.
#[derive(Default)]
struct Record {
    /// `logL` so far.
    loglike: f64,
    cancelled: bool,
    steps: Vec<OptimizeStep>,
    calls: optimizers::Calls,
    /// How the joint fits ended, if there were any.
    convergence: Option<Convergence>,
}

/// What a fit of the sequence frees: sources and which of their parameters.
type Freed = Vec<(SourceId, Pars)>;

/// The steps of the sequence; see the head of this file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    LargestNorms,
    OtherNorms,
    Shapes,
    /// All that the others fitted, jointly.
    Joint,
}

impl Step {
    /// Its documented number.
    fn number(self) -> u8 {
        match self {
            Self::LargestNorms => 1,
            Self::OtherNorms => 2,
            Self::Shapes => 3,
            Self::Joint => 4,
        }
    }

    /// Whether it fits shapes too.
    fn has_shapes(self) -> bool {
        matches!(self, Self::Shapes | Self::Joint)
    }
}

/// One fit of the sequence.
#[derive(Clone, Copy)]
struct SubFit<'a> {
    step: Step,
    freed: &'a [(SourceId, Pars)],
    /// How many of its step's fits are done, of how many.
    progress: (usize, usize),
}

impl Analysis {
    /// Optimises the region in the three documented steps. The likelihood never falls: a fit that fails, or ends lower than it began,
    /// leaves its parameters as they were.
    ///
    /// # Errors
    /// Wrong options, an unknown source in `skip`, a start whose likelihood cannot be evaluated. The parameters are restored.
    pub fn optimize(&mut self, options: &OptimizeOptions) -> Result<OptimizeResult> {
        options.check()?;
        let start = std::time::Instant::now();
        let skip =
            options.skip.iter().map(|name| self.session.roi.id_of(name)).collect::<std::result::Result<Vec<_>, _>>()?;
        let loglike0 = self.loglike().map_err(Error::at_start)?;
        let flags = self.free_flags();
        let before = (self.session.roi.state(), self.known.clone());
        // Later steps go by the npred and TS that the fits before them found.
        let mut options = options.clone();
        options.fit.update = true;
        self.fix_sources(&self.session.roi.ids().map(|id| (id, Pars::All)).collect::<Freed>());
        let mut record = Record { loglike: loglike0, ..Record::default() };
        let done = self.three_steps(&options, &skip, &mut record).and_then(|()| {
            if options.until_converged && !record.cancelled {
                self.converge(&options, &skip, &mut record)?;
            }
            Ok(())
        });
        if let Err(error) = done {
            self.known = before.1;
            self.session.roi.restore(&before.0)?;
            return Err(error);
        }
        self.set_free_flags(&flags)?;
        let loglike1 = self.loglike()?;
        let mut timing = self.opened.timing.now();
        timing.fit = start.elapsed().as_secs_f64();
        Ok(OptimizeResult {
            loglike0,
            loglike1,
            dloglike: loglike1 - loglike0,
            cancelled: record.cancelled,
            steps: record.steps,
            convergence: record.convergence,
            energy_range: self.energy_range(),
            sources: self.all_properties()?,
            timing,
            calls: record.calls,
            config: options,
        })
    }

    fn three_steps(&mut self, options: &OptimizeOptions, skip: &[SourceId], record: &mut Record) -> Result<()> {
        self.update_npred()?;
        let joint = self.largest_components(options, skip);
        let norms: Freed = joint.iter().map(|&id| (id, Pars::Norm)).collect();
        let mut is_done = false;
        if !joint.is_empty() {
            let sub_fit = SubFit { step: Step::LargestNorms, freed: &norms, progress: (0, 1) };
            let Some(result) = self.sub_fit(sub_fit, options, record)? else { return Ok(()) };
            is_done = result.fit_success;
        }
        // What the joint fit could not tell apart is fitted one by one.
        let alone: Vec<SourceId> =
            self.by_npred().into_iter().filter(|id| !skip.contains(id) && (!is_done || !joint.contains(id))).collect();
        for (done, &source) in alone.iter().enumerate() {
            if self.npred_of(source) < options.npred_threshold {
                continue;
            }
            let freed = [(source, Pars::Norm)];
            let sub_fit = SubFit { step: Step::OtherNorms, freed: &freed, progress: (done, alone.len()) };
            if self.sub_fit(sub_fit, options, record)?.is_none() {
                return Ok(());
            }
        }

        let significant: Vec<SourceId> = self
            .by_ts()
            .into_iter()
            .filter(|&id| !skip.contains(&id) && self.ts_of(id) >= options.shape_ts_threshold)
            .collect();
        for (done, &source) in significant.iter().enumerate() {
            let freed = [(source, Pars::All)];
            let sub_fit = SubFit { step: Step::Shapes, freed: &freed, progress: (done, significant.len()) };
            if self.sub_fit(sub_fit, options, record)?.is_none() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// The sources of step 1. A skipped source's counts still count towards the fraction.
    fn largest_components(&self, options: &OptimizeOptions, skip: &[SourceId]) -> Vec<SourceId> {
        let total: f64 = self.session.roi.ids().map(|id| self.npred_of(id)).sum();
        let (mut sum, mut joint) = (0.0, Vec::new());
        for id in self.by_npred() {
            let npred = self.npred_of(id);
            sum += npred;
            if skip.contains(&id) {
                continue;
            }
            joint.push(id);
            if sum > options.npred_frac * total
                || npred < options.npred_threshold
                || joint.len() >= options.max_free_sources
            {
                break;
            }
        }
        joint
    }

    /// Joint fits of all that the steps fit, until one adds nothing to the set.
    fn converge(&mut self, options: &OptimizeOptions, skip: &[SourceId], record: &mut Record) -> Result<()> {
        let mut freed = self.taking_part(options, skip, &[]);
        let mut rounds = 0;
        while !freed.is_empty() && rounds < options.max_rounds {
            let sub_fit = SubFit { step: Step::Joint, freed: &freed, progress: (rounds, options.max_rounds) };
            let Some(result) = self.sub_fit(sub_fit, options, record)? else {
                return Ok(());
            };
            rounds += 1;
            let next = self.taking_part(options, skip, &freed);
            let is_stable = next == freed;
            record.convergence = Some(Convergence::new(&result, rounds, is_stable && result.fit_success));
            if is_stable || rounds == options.max_rounds {
                self.prove(&freed, &result, options, record)?;
                break;
            }
            freed = next;
        }
        Ok(())
    }

    /// What the steps would fit as npred and TS stand now, and all that `before` holds: norms, and shapes too of significant sources.
    fn taking_part(&self, options: &OptimizeOptions, skip: &[SourceId], before: &[(SourceId, Pars)]) -> Freed {
        let had = |id: SourceId| before.iter().find(|(other, _)| *other == id).map(|(_, pars)| pars);
        self.session
            .roi
            .ids()
            .filter(|id| !skip.contains(id))
            .filter(|&id| had(id).is_some() || self.npred_of(id) >= options.npred_threshold)
            .map(|id| {
                let shape = self.ts_of(id) >= options.shape_ts_threshold || had(id) == Some(&Pars::All);
                (id, if shape { Pars::All } else { Pars::Norm })
            })
            .collect()
    }

    /// The gradient at the joint maximum: how strongly each parameter is pulled, and the pulls of those at a bound. Profiles and limits
    /// belong to this point, too.
    fn prove(
        &mut self,
        freed: &[(SourceId, Pars)],
        result: &FitResult,
        options: &OptimizeOptions,
        record: &mut Record,
    ) -> Result<()> {
        for (id, pars) in freed {
            let name = self.session.roi[*id].name().to_owned();
            self.free_source(&name, true, pars)?;
        }
        let mut gradient = vec![0.0; result.values.len()];
        let values = self.session.roi.free_values();
        let evaluated = self.session.posterior().and_then(|mut p| p.gradient(&values, &mut gradient)).and_then(|_| {
            if options.fit.scan { self.scan_for_good(Step::Joint, freed, options, result) } else { Ok(true) }
        });
        self.fix_sources(freed);
        record.cancelled |= !evaluated?;
        let Some(convergence) = record.convergence.as_mut().filter(|_| result.fit_success) else { return Ok(()) };
        for (row, (&gradient, &error)) in gradient.iter().zip(&result.errors).enumerate() {
            if result.at_limit.contains(&row) {
                let name = ParameterName { source: &result.src_names[row], parameter: &result.par_names[row] };
                convergence.at_limit.push((name.to_string(), gradient));
            } else if error.is_finite() {
                convergence.largest_pull = convergence.largest_pull.max((gradient * error).abs());
            }
        }
        Ok(())
    }

    /// Frees, fits, fixes again and records one fit; `None` when the watcher stops it.
    fn sub_fit(
        &mut self,
        SubFit { step, freed, progress: (done, total) }: SubFit<'_>,
        options: &OptimizeOptions,
        record: &mut Record,
    ) -> Result<Option<FitResult>> {
        let name = |id: SourceId| self.session.roi[id].name().to_owned();
        let names: Vec<String> = freed.iter().map(|(id, _)| name(*id)).collect();
        let event =
            Event::SubFit { step: step.number(), sources: names.clone(), done, total, log_likelihood: record.loglike };
        if self.progress.event(&event).is_break() {
            record.cancelled = true;
            return Ok(None);
        }
        let npred = freed.iter().map(|(id, _)| self.npred_of(*id)).sum();
        let ts = freed.first().map(|(id, _)| self.ts_of(*id)).filter(|_| step == Step::Shapes);
        for (name, (_, pars)) in names.iter().zip(freed) {
            self.free_source(name, true, pars)?;
        }
        let mut sub_options = options.fit.clone();
        sub_options.scan = false;
        // A step holds what others will find; only a joint fit has to be sure of its maximum.
        sub_options.takes_first_good = step != Step::Joint;
        // Its line is the first level; what the fit itself tells comes with the next.
        sub_options.verbosity = options.fit.verbosity.saturating_sub(1);
        let before = record.loglike;
        let result = self.fit(&sub_options).and_then(|result| {
            // A source whose last fit failed has its parameters of before, and a profile of those.
            let scans = options.fit.scan && !options.until_converged && (result.fit_success || step == Step::Shapes);
            let is_complete = if scans { self.scan_for_good(step, freed, options, &result)? } else { true };
            Ok((result, is_complete))
        });
        self.fix_sources(freed);
        let (result, is_complete) = result?;
        record.cancelled |= !is_complete;
        record.calls += result.calls;
        if result.fit_success {
            record.loglike = result.loglike;
        }
        let done = OptimizeStep {
            step: step.number(),
            sources: names,
            npred,
            ts,
            loglike: record.loglike,
            dloglike: if result.fit_success { result.dloglike } else { 0.0 },
            fit_quality: result.fit_quality,
            fit_status: result.fit_status,
            fit_success: result.fit_success,
            message: result.message.clone(),
        };
        if options.fit.verbosity > 0 {
            tell(&done, before);
        }
        record.steps.push(done);
        Ok(Some(result))
    }

    /// Profiles and limits of sources that no later step will fit again, while the likelihood still has all others summed.
    /// `false` when the watcher stopped it before its end.
    fn scan_for_good(
        &mut self,
        step: Step,
        freed: &[(SourceId, Pars)],
        options: &OptimizeOptions,
        result: &FitResult,
    ) -> Result<bool> {
        let for_good = |id: &SourceId| step.has_shapes() || self.ts_of(*id) < options.shape_ts_threshold;
        let sources: Vec<SourceId> = freed.iter().map(|(id, _)| *id).filter(for_good).collect();
        self.update_scans(&sources, options.fit.reoptimize, KnownMaximum::of_result(result).as_ref())
    }

    /// Fixes the parameters of some sources; their errors stay as the fit left them.
    fn fix_sources(&mut self, sources: &[(SourceId, Pars)]) {
        for (id, _) in sources {
            for parameter in self.session.roi[*id].spectrum_mut().parameters_mut() {
                parameter.set_free(false);
            }
        }
    }

    fn by_npred(&self) -> Vec<SourceId> {
        let mut order: Vec<SourceId> = self.session.roi.ids().collect();
        order.sort_by(|&a, &b| self.npred_of(b).total_cmp(&self.npred_of(a)));
        order
    }

    fn by_ts(&self) -> Vec<SourceId> {
        let mut order: Vec<SourceId> = self.session.roi.ids().collect();
        order.sort_by(|&a, &b| self.ts_of(b).total_cmp(&self.ts_of(a)));
        order
    }

    /// Predicted counts, weighted where there are likelihood weights, by which all steps go.
    fn npred_of(&self, source: SourceId) -> f64 {
        self.known.of(self.session.roi[source].name()).map_or(0.0, |p| p.npred_wt)
    }

    /// TS of the last fit that freed the source; below every threshold when there was none.
    fn ts_of(&self, source: SourceId) -> f64 {
        let ts = self.known.of(self.session.roi[source].name()).and_then(|p| p.ts);
        ts.filter(|ts| !ts.is_nan()).unwrap_or(f64::NEG_INFINITY)
    }
}

/// The line of the log after a fit.
fn tell(done: &OptimizeStep, before: f64) {
    let ts = done.ts.map_or_else(|| "---".into(), |ts| format!("{ts:.2}"));
    let (step, sources, npred, after) = (done.step, done.sources.join(", "), done.npred, done.loglike);
    let end = if done.fit_success { "accepted" } else { done.message.as_str() };
    tracing::info!(
        target: TARGET,
        "optimize step {step}  {sources}  npred {npred:.1}  TS {ts}  logL {before:.6} -> {after:.6}  {end}"
    );
}
