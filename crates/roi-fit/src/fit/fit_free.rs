//! The fit of all free parameters: attempts until the quality is good enough, full restore when it never is, properties updated after.

use std::ops::ControlFlow;

use optimizers::{Iteration, Minimum, Status};

use crate::analysis::Analysis;
use crate::error::{Error, Result};
use crate::known::covariance::Covariance;
use crate::known::options::FitOptions;
use crate::known::progress::{Event, Progress};
use crate::maximize::objective::{minimize, minos};
use crate::results::FitResult;

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

impl Analysis {
    /// Fits all free parameters.
    ///
    /// Attempts are repeated, up to `retries` of them, until one reaches `min_fit_quality`. If none does, every parameter is as it was
    /// before, bit for bit, and the result says so (`fit_success` false, status and message). On success values and errors are set
    /// and, with `update`, TS, npred and fluxes of every source with free parameters are computed.
    ///
    /// # Errors
    /// Wrong options, an unknown optimizer, a start whose likelihood cannot be evaluated, a defect of the data. The parameters are
    /// restored in every case.
    pub fn fit(&mut self, options: &FitOptions) -> Result<FitResult> {
        options.check()?;
        let optimizer = optimizers::optimizer(&options.optimizer)?;
        let start = std::time::Instant::now();
        let loglike0 = self.loglike().map_err(Error::at_start)?;
        let state = self.roi.state();

        let mut result = FitResult::new(&self.roi, options, loglike0);
        if result.values.is_empty() {
            tracing::warn!("no parameter is free: nothing was fitted");
            return Ok(result);
        }
        let attempts = (0..options.retries).try_fold(None, |last: Option<Minimum>, attempt| {
            let is_done = |minimum: &Minimum| {
                minimum.status == Status::Cancelled || Self::is_accepted(minimum, options, loglike0)
            };
            if last.as_ref().is_some_and(is_done) {
                return Ok(last);
            }
            if let Some(minimum) = &last {
                self.roi.set_free_values(&minimum.values)?;
            }
            result.niter = attempt + 1;
            let optimizer_options = options.for_attempt(attempt)?;
            let mut relay = Relay(self.progress.as_mut());
            let minimum =
                minimize(&mut self.roi, &mut self.likelihood, optimizer.as_ref(), &optimizer_options, &mut relay)?;
            result.calls += minimum.calls;
            Ok::<_, Error>(Some(minimum))
        });
        let outcome = attempts.and_then(|minimum| {
            let Some(minimum) = minimum else { return Ok(false) };
            result.take(&minimum);
            let accepted = Self::is_accepted(&minimum, options, loglike0);
            if accepted {
                self.accept(&minimum)?;
                if options.minos {
                    let mut relay = Relay(self.progress.as_mut());
                    let found = minos(&mut self.roi, &mut self.likelihood, &minimum, &mut relay);
                    self.roi.set_free_values(&minimum.values)?;
                    match found {
                        Ok((errors, calls)) => {
                            result.minos = Some(errors);
                            result.calls += calls;
                        }
                        Err(error) => result.warnings.push(format!("no MINOS errors: {error}")),
                    }
                }
            }
            Ok(accepted)
        });
        if !matches!(outcome, Ok(true)) {
            self.roi.restore(&state)?;
        }
        result.fit_success = outcome?;
        result.timing.fit = start.elapsed().as_secs_f64();
        result.dloglike = result.loglike - loglike0;
        if !result.fit_success {
            let reason = if result.fit_quality < options.min_fit_quality {
                format!("fit quality {} is below min_fit_quality {}", result.fit_quality, options.min_fit_quality)
            } else if result.dloglike < 0.0 {
                format!("logL ended {} below its start", -result.dloglike)
            } else {
                "the fit was stopped".into()
            };
            result.message =
                format!("{}; {reason} after {} attempt(s), every parameter was restored", result.message, result.niter);
            tracing::error!(optimizer = optimizer.name(), status = result.fit_status, "{}", result.message);
        } else if options.update {
            let start = std::time::Instant::now();
            // The fit stands, whatever becomes of the properties.
            match self.update_free_sources(options.reoptimize, options.scan) {
                Ok(sources) => result.sources = sources,
                Err(error) => result.warnings.push(format!("TS and fluxes were not updated: {error}")),
            }
            let free = self.roi.sources().iter().filter(|source| source.is_free()).count();
            if result.sources.len() < free && result.warnings.is_empty() {
                result.warnings.push("the update of TS and fluxes was stopped before its end".into());
            }
            result.timing.update = start.elapsed().as_secs_f64();
        }
        result.timing.load = self.timing.load;
        result.timing.srcmaps = self.timing.srcmaps;
        result.timing.memory = self.timing.now().memory;
        Ok(result)
    }

    /// Not cancelled, quality good enough, and the likelihood not below where it began (beyond rounding).
    fn is_accepted(minimum: &Minimum, options: &FitOptions, loglike0: f64) -> bool {
        minimum.status != Status::Cancelled
            && u8::from(minimum.quality) >= options.min_fit_quality
            && -minimum.fval >= loglike0 - 1e-12 * loglike0.abs()
    }

    /// Sets values and errors, and keeps the covariance.
    fn accept(&mut self, minimum: &Minimum) -> Result<()> {
        self.roi.set_free_values(&minimum.values)?;
        let free = self.roi.free_parameters();
        for (id, &error) in free.iter().zip(&minimum.errors) {
            // What has no finite error (a flat direction) is written as having none.
            let error = if error.is_finite() { error } else { 0.0 };
            self.roi.sources_mut()[id.source].spectrum_mut().parameters_mut()[id.parameter].set_error(error)?;
        }
        self.covariance = minimum.covariance.as_ref().map(|matrix| Covariance {
            parameters: free
                .iter()
                .map(|id| {
                    let source = &self.roi.sources()[id.source];
                    (source.name().to_owned(), source.spectrum().parameters()[id.parameter].name().to_owned())
                })
                .collect(),
            matrix: matrix.clone(),
        });
        Ok(())
    }
}
