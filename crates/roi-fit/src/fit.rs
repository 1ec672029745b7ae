//! The fit of all free parameters: attempts until the quality is good enough, full restore when it never is, properties updated after.

use std::ops::ControlFlow;

use ndarray::Array2;
use optimizers::{FitQuality, Iteration, Minimum, Options, Strategy};
use serde::Serialize;

use crate::analysis::Analysis;
use crate::error::{Error, Result};
use crate::objective::minimize;
use crate::progress::{Event, Progress};
use crate::results::FitResult;

/// Options of [`Analysis::fit`], with the documented names.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FitOptions {
    /// Update TS, npred and fluxes of the sources with free parameters after a successful fit. Default true.
    pub update: bool,
    /// Name of the optimizer, in any case: see [`optimizers::optimizer`]. Default `MINUIT`.
    pub optimizer: String,
    /// Tolerance: the estimated distance to the minimum (EDM) must fall below `2 tol`. Default 1e-3.
    pub tol: f64,
    /// Limit of iterations of one attempt. Default 1000.
    pub max_iter: usize,
    /// Initial damping of NEWTON. Default 1e-4.
    pub init_lambda: f64,
    /// How many attempts are made at most. Each starts where the last one ended, with a more careful strategy. Default 3.
    pub retries: usize,
    /// The quality that an attempt must reach to be accepted; below it, every parameter is restored. Default 3.
    pub min_fit_quality: u8,
    /// Refit all other free parameters for each source's TS (slower, exact) instead of rescaling. Default false.
    pub reoptimize: bool,
}

impl Default for FitOptions {
    fn default() -> Self {
        Self {
            update: true,
            optimizer: "MINUIT".into(),
            tol: 1e-3,
            max_iter: 1000,
            init_lambda: 1e-4,
            retries: 3,
            min_fit_quality: 3,
            reoptimize: false,
        }
    }
}

impl FitOptions {
    fn check(&self) -> Result<()> {
        if !(self.tol.is_finite() && self.tol > 0.0) {
            return Err(Error::Option { option: "tol", found: self.tol.to_string(), expected: "a positive number" });
        }
        if self.min_fit_quality > 3 {
            let found = self.min_fit_quality.to_string();
            return Err(Error::Option { option: "min_fit_quality", found, expected: "0, 1, 2 or 3" });
        }
        if self.retries == 0 {
            return Err(Error::Option { option: "retries", found: "0".into(), expected: "at least 1 attempt" });
        }
        Ok(())
    }

    /// How the optimizer is to be run at an attempt (from 0).
    fn for_attempt(&self, attempt: usize) -> Result<Options> {
        let strategy = Strategy::try_from(u8::try_from(1 + attempt.min(1)).unwrap_or(2))?;
        Ok(Options::default()
            .with_tolerance(self.tol)
            .with_max_iterations(self.max_iter)
            .with_initial_damping(self.init_lambda)
            .with_strategy(strategy))
    }
}

/// Covariance of the last successful fit, in units of `value`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Covariance {
    /// Source and parameter name of each row.
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) matrix: Array2<f64>,
}

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
        let attempts = (0..options.retries).try_fold(None, |last: Option<Minimum>, attempt| {
            if last.as_ref().is_some_and(|minimum| Self::is_accepted(minimum, options, loglike0)) {
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
            result.calls.values += minimum.calls.values;
            result.calls.gradients += minimum.calls.gradients;
            result.calls.hessians += minimum.calls.hessians;
            Ok::<_, Error>(Some(minimum))
        });
        let outcome = attempts.and_then(|minimum| {
            let Some(minimum) = minimum else { return Ok(false) };
            result.take(&minimum);
            let accepted = Self::is_accepted(&minimum, options, loglike0);
            if accepted {
                self.accept(&minimum)?;
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
            result.message = format!(
                "{}; fit quality {} is below min_fit_quality {} after {} attempt(s), every parameter was restored",
                result.message, result.fit_quality, options.min_fit_quality, result.niter
            );
            tracing::error!(optimizer = optimizer.name(), status = result.fit_status, "{}", result.message);
        } else if options.update {
            let start = std::time::Instant::now();
            result.sources = self.update_free_sources(options.reoptimize)?;
            result.timing.update = start.elapsed().as_secs_f64();
        }
        result.timing.load = self.timing.load;
        result.timing.srcmaps = self.timing.srcmaps;
        Ok(result)
    }

    /// Quality good enough, and the likelihood not below where it began (beyond rounding).
    fn is_accepted(minimum: &Minimum, options: &FitOptions, loglike0: f64) -> bool {
        let not_worse = -minimum.fval >= loglike0 - 1e-12 * loglike0.abs();
        u8::from(minimum.quality) >= options.min_fit_quality && not_worse
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

/// The documented number of a quality.
pub(crate) fn quality_number(quality: FitQuality) -> u8 {
    quality.into()
}
