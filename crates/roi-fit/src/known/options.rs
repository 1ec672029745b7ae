//! The options of `fit` and `optimize`, with the documented names and defaults.

use optimizers::{Options, Strategy};
use serde::Serialize;

use crate::error::{Error, Result};

/// Options of [`crate::Analysis::fit`], with the documented names.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "independent switches with the documented names")]
pub struct FitOptions {
    /// Update TS, npred and fluxes of the sources with free parameters after a successful fit. Default true.
    pub update: bool,
    /// Name of the optimizer, in any case: see [`optimizers::optimizer`]. Default `MINUIT`.
    pub optimizer: String,
    /// Tolerance: the estimated distance to the minimum (EDM) must fall below `2 tol`. Default 1e-3.
    pub tol: f64,
    /// Limit of iterations of each search of an attempt. Default 1000.
    pub max_iter: usize,
    /// Limit of likelihood evaluations (values, gradients and Hessians together) of one attempt; by default the optimizer's own,
    /// 200 + 100 n + 5 n^2 for n free parameters.
    pub max_calls: Option<usize>,
    /// Initial damping of NEWTON. Default 1e-4.
    pub init_lambda: f64,
    /// How many attempts are made at most. Each starts where the last one ended, with a more careful strategy. Default 3.
    pub retries: usize,
    /// The quality that an attempt must reach to be accepted; below it, every parameter is restored. Default 3.
    pub min_fit_quality: u8,
    /// Compute MINOS errors, asymmetric, of every free parameter after a successful fit. Default false.
    pub minos: bool,
    /// Refit all other free parameters for each source's TS (slower, exact) instead of rescaling. Default false.
    pub reoptimize: bool,
    /// With `update`, also compute the profile of each norm and the upper limits from it: about 25 passes over one source's map for
    /// each. Default true.
    pub scan: bool,
}

impl Default for FitOptions {
    fn default() -> Self {
        Self {
            update: true,
            optimizer: "MINUIT".into(),
            tol: 1e-3,
            max_iter: 1000,
            max_calls: None,
            init_lambda: 1e-4,
            retries: 3,
            min_fit_quality: 3,
            minos: false,
            reoptimize: false,
            scan: true,
        }
    }
}

impl FitOptions {
    pub(crate) fn check(&self) -> Result<()> {
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
    pub(crate) fn for_attempt(&self, attempt: usize) -> Result<Options> {
        let strategy = Strategy::try_from(u8::try_from(1 + attempt.min(1)).unwrap_or(2))?;
        let options = Options::default()
            .with_tolerance(self.tol)
            .with_max_iterations(self.max_iter)
            .with_initial_damping(self.init_lambda)
            .with_strategy(strategy);
        Ok(match self.max_calls {
            Some(limit) => options.with_max_calls(limit),
            None => options,
        })
    }
}

/// Options of [`crate::Analysis::optimize`], with the documented names.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct OptimizeOptions {
    /// Step 1 ends once the freed components hold more than this fraction of the predicted counts. Default 0.95.
    pub npred_frac: f64,
    /// Sources below this npred end step 1 and are skipped in step 2. Default 1.
    pub npred_threshold: f64,
    /// Step 3 fits sources with a TS of at least this. Default 25.
    pub shape_ts_threshold: f64,
    /// At most this many sources are fitted jointly in step 1. Default 5.
    pub max_free_sources: usize,
    /// Sources that are never fitted, by name or alias.
    pub skip: Vec<String>,
    /// After the three steps, fit all that they fitted jointly, until nothing is added to that set. Default false.
    pub until_converged: bool,
    /// At most this many joint fits. Default 10.
    pub max_rounds: usize,
    /// How each fit is made.
    pub fit: FitOptions,
}

impl Default for OptimizeOptions {
    fn default() -> Self {
        Self {
            npred_frac: 0.95,
            npred_threshold: 1.0,
            shape_ts_threshold: 25.0,
            max_free_sources: 5,
            skip: Vec::new(),
            until_converged: false,
            max_rounds: 10,
            fit: FitOptions::default(),
        }
    }
}

impl OptimizeOptions {
    pub(crate) fn check(&self) -> Result<()> {
        if !(self.npred_frac >= 0.0 && self.npred_frac <= 1.0) {
            let found = self.npred_frac.to_string();
            return Err(Error::Option { option: "npred_frac", found, expected: "a fraction between 0 and 1" });
        }
        if self.npred_threshold.is_nan() || self.shape_ts_threshold.is_nan() {
            return Err(Error::Option {
                option: "npred_threshold or shape_ts_threshold",
                found: "NaN".into(),
                expected: "a number",
            });
        }
        if self.max_free_sources == 0 {
            return Err(Error::Option { option: "max_free_sources", found: "0".into(), expected: "at least 1" });
        }
        Ok(())
    }
}
