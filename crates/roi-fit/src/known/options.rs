//! The options of `fit` and `optimize`, with the documented names and defaults. Each is defined once: those that a configuration has too, with
//! its sections in `lat-dataset`; the others here.

use lat_dataset::{Definition, OptimizerConfig, Range, RoioptConfig};
use optimizers::{Options, Strategy};
use serde::Serialize;

use crate::error::Result;

/// Options of [`crate::Analysis::fit`], with the documented names.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "independent switches with the documented names")]
pub struct FitOptions {
    /// Update TS, npred and fluxes after a successful fit: [`FitOptions::UPDATE`].
    pub update: bool,
    /// Name of the optimizer, in any case, see [`optimizers::optimizer`]: [`FitOptions::OPTIMIZER`].
    pub optimizer: String,
    /// The estimated distance to the minimum (EDM) must fall below `2 tol`: [`FitOptions::TOL`].
    pub tol: f64,
    /// Limit of iterations of each search of an attempt: [`FitOptions::MAX_ITER`].
    pub max_iter: usize,
    /// Limit of likelihood evaluations (values, gradients and Hessians together) of one attempt; by default the optimizer's own,
    /// 200 + 100 n + 5 n^2 for n free parameters: [`FitOptions::MAX_CALLS`].
    pub max_calls: Option<usize>,
    /// Initial damping of NEWTON: [`FitOptions::INIT_LAMBDA`].
    pub init_lambda: f64,
    /// How many attempts are made at most: [`FitOptions::RETRIES`]. None repeats what failed: each starts elsewhere
    /// or takes another method, see [`Attempt`](crate::Attempt).
    pub retries: usize,
    /// The quality that an attempt must reach to be accepted: [`FitOptions::MIN_FIT_QUALITY`]. Below it, every parameter is restored.
    pub min_fit_quality: u8,
    /// What the log tells of the fit while it runs, none of which changes a number: [`FitOptions::VERBOSITY`]. Lines have level INFO and target
    /// `roi_fit::fit`. Level 1 evaluates the start of each attempt once more.
    pub verbosity: usize,
    /// Compute MINOS errors: [`FitOptions::MINOS`].
    pub minos: bool,
    /// Refit for each source's TS: [`FitOptions::REOPTIMIZE`].
    pub reoptimize: bool,
    /// With `update`, also compute the profile of each norm and the upper limits from it, about 25 passes over one source's map for each:
    /// [`FitOptions::SCAN`].
    pub scan: bool,
    /// Whether the first end that is good enough counts, in doubt or not: of a fit that others follow.
    #[serde(skip)]
    pub(crate) takes_first_good: bool,
}

impl FitOptions {
    /// Whether sources are updated.
    pub const UPDATE: Definition<bool> = Definition::new(
        "update",
        true,
        "Update TS, npred and fluxes of the sources with free parameters after a successful fit.",
    );
    /// The optimizer.
    pub const OPTIMIZER: Definition<&'static str> = OptimizerConfig::OPTIMIZER;
    /// The tolerance.
    pub const TOL: Definition<f64> = OptimizerConfig::TOL;
    /// Most iterations.
    pub const MAX_ITER: Definition<usize> = OptimizerConfig::MAX_ITER;
    /// Most evaluations.
    pub const MAX_CALLS: Definition<Option<usize>> =
        Definition::new("max_calls", None, "Limit of likelihood evaluations of one attempt.").within(Range::FROM_1);
    /// First damping.
    pub const INIT_LAMBDA: Definition<f64> = OptimizerConfig::INIT_LAMBDA;
    /// Attempts.
    pub const RETRIES: Definition<usize> = OptimizerConfig::RETRIES;
    /// The quality below which a fit is undone.
    pub const MIN_FIT_QUALITY: Definition<u8> = OptimizerConfig::MIN_FIT_QUALITY;
    /// What is logged.
    pub const VERBOSITY: Definition<usize> = OptimizerConfig::VERBOSITY;
    /// Asymmetric errors.
    pub const MINOS: Definition<bool> = Definition::new(
        "minos",
        false,
        "Compute asymmetric (MINOS) errors of the free parameters after a successful fit.",
    );
    /// How the TS is computed.
    pub const REOPTIMIZE: Definition<bool> = Definition::new(
        "reoptimize",
        false,
        "Refit all other free parameters for each source's TS (slower, exact) instead of rescaling.",
    );
    /// Whether norms are profiled.
    pub const SCAN: Definition<bool> =
        Definition::new("scan", true, "Compute the profile of each norm, and the upper limits from it.");
}

impl Default for FitOptions {
    fn default() -> Self {
        Self {
            update: Self::UPDATE.value(),
            optimizer: Self::OPTIMIZER.value(),
            tol: Self::TOL.value(),
            max_iter: Self::MAX_ITER.value(),
            max_calls: Self::MAX_CALLS.value(),
            init_lambda: Self::INIT_LAMBDA.value(),
            retries: Self::RETRIES.value(),
            min_fit_quality: Self::MIN_FIT_QUALITY.value(),
            verbosity: Self::VERBOSITY.value(),
            minos: Self::MINOS.value(),
            reoptimize: Self::REOPTIMIZE.value(),
            scan: Self::SCAN.value(),
            takes_first_good: false,
        }
    }
}

impl FitOptions {
    /// Sets [`update`](Self::update).
    #[must_use]
    pub fn with_update(mut self, update: bool) -> Self {
        self.update = update;
        self
    }

    /// Sets [`optimizer`](Self::optimizer).
    #[must_use]
    pub fn with_optimizer(mut self, optimizer: String) -> Self {
        self.optimizer = optimizer;
        self
    }

    /// Sets [`tol`](Self::tol).
    #[must_use]
    pub fn with_tol(mut self, tol: f64) -> Self {
        self.tol = tol;
        self
    }

    /// Sets [`max_iter`](Self::max_iter).
    #[must_use]
    pub fn with_max_iter(mut self, max_iter: usize) -> Self {
        self.max_iter = max_iter;
        self
    }

    /// Sets [`max_calls`](Self::max_calls).
    #[must_use]
    pub fn with_max_calls(mut self, max_calls: Option<usize>) -> Self {
        self.max_calls = max_calls;
        self
    }

    /// Sets [`init_lambda`](Self::init_lambda).
    #[must_use]
    pub fn with_init_lambda(mut self, init_lambda: f64) -> Self {
        self.init_lambda = init_lambda;
        self
    }

    /// Sets [`retries`](Self::retries).
    #[must_use]
    pub fn with_retries(mut self, retries: usize) -> Self {
        self.retries = retries;
        self
    }

    /// Sets [`min_fit_quality`](Self::min_fit_quality).
    #[must_use]
    pub fn with_min_fit_quality(mut self, min_fit_quality: u8) -> Self {
        self.min_fit_quality = min_fit_quality;
        self
    }

    /// Sets [`verbosity`](Self::verbosity).
    #[must_use]
    pub fn with_verbosity(mut self, verbosity: usize) -> Self {
        self.verbosity = verbosity;
        self
    }

    /// Sets [`minos`](Self::minos).
    #[must_use]
    pub fn with_minos(mut self, minos: bool) -> Self {
        self.minos = minos;
        self
    }

    /// Sets [`reoptimize`](Self::reoptimize).
    #[must_use]
    pub fn with_reoptimize(mut self, reoptimize: bool) -> Self {
        self.reoptimize = reoptimize;
        self
    }

    /// Sets [`scan`](Self::scan).
    #[must_use]
    pub fn with_scan(mut self, scan: bool) -> Self {
        self.scan = scan;
        self
    }
}

impl OptimizeOptions {
    /// Sets [`npred_frac`](Self::npred_frac).
    #[must_use]
    pub fn with_npred_frac(mut self, npred_frac: f64) -> Self {
        self.npred_frac = npred_frac;
        self
    }

    /// Sets [`npred_threshold`](Self::npred_threshold).
    #[must_use]
    pub fn with_npred_threshold(mut self, npred_threshold: f64) -> Self {
        self.npred_threshold = npred_threshold;
        self
    }

    /// Sets [`shape_ts_threshold`](Self::shape_ts_threshold).
    #[must_use]
    pub fn with_shape_ts_threshold(mut self, shape_ts_threshold: f64) -> Self {
        self.shape_ts_threshold = shape_ts_threshold;
        self
    }

    /// Sets [`max_free_sources`](Self::max_free_sources).
    #[must_use]
    pub fn with_max_free_sources(mut self, max_free_sources: usize) -> Self {
        self.max_free_sources = max_free_sources;
        self
    }

    /// Sets [`skip`](Self::skip).
    #[must_use]
    pub fn with_skip(mut self, skip: Vec<String>) -> Self {
        self.skip = skip;
        self
    }

    /// Sets [`until_converged`](Self::until_converged).
    #[must_use]
    pub fn with_until_converged(mut self, until_converged: bool) -> Self {
        self.until_converged = until_converged;
        self
    }

    /// Sets [`max_rounds`](Self::max_rounds).
    #[must_use]
    pub fn with_max_rounds(mut self, max_rounds: usize) -> Self {
        self.max_rounds = max_rounds;
        self
    }

    /// Sets [`fit`](Self::fit).
    #[must_use]
    pub fn with_fit(mut self, fit: FitOptions) -> Self {
        self.fit = fit;
        self
    }
}

impl FitOptions {
    pub(crate) fn check(&self) -> Result<()> {
        Self::TOL.check(&self.tol)?;
        Self::INIT_LAMBDA.check(&self.init_lambda)?;
        Self::MIN_FIT_QUALITY.check(&self.min_fit_quality)?;
        Self::RETRIES.check(&self.retries)?;
        Self::MAX_ITER.check(&self.max_iter)?;
        Self::MAX_CALLS.check(&self.max_calls)?;
        Ok(())
    }

    /// How the optimizer is to be run at an attempt (from 0).
    pub(crate) fn for_attempt(&self, attempt: usize) -> Options {
        let strategy = if attempt == 0 { Strategy::Normal } else { Strategy::Careful };
        let options = Options::default()
            .with_tol(self.tol)
            .with_max_iterations(self.max_iter)
            .with_initial_damping(self.init_lambda)
            .with_strategy(strategy)
            .with_second_look(false);
        match self.max_calls {
            Some(limit) => options.with_max_calls(limit),
            None => options,
        }
    }
}

/// Options of [`crate::Analysis::optimize`], with the documented names.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct OptimizeOptions {
    /// Step 1 ends once the freed components hold more than this fraction of the predicted counts: [`OptimizeOptions::NPRED_FRAC`].
    pub npred_frac: f64,
    /// Sources below this npred end step 1 and are skipped in step 2: [`OptimizeOptions::NPRED_THRESHOLD`].
    pub npred_threshold: f64,
    /// Step 3 fits sources with a TS of at least this: [`OptimizeOptions::SHAPE_TS_THRESHOLD`].
    pub shape_ts_threshold: f64,
    /// At most this many sources are fitted jointly in step 1: [`OptimizeOptions::MAX_FREE_SOURCES`].
    pub max_free_sources: usize,
    /// Sources that are never fitted, by name or alias: [`OptimizeOptions::SKIP`].
    pub skip: Vec<String>,
    /// Whether joint fits follow the steps: [`OptimizeOptions::UNTIL_CONVERGED`].
    pub until_converged: bool,
    /// At most this many joint fits: [`OptimizeOptions::MAX_ROUNDS`].
    pub max_rounds: usize,
    /// How each fit is made.
    pub fit: FitOptions,
}

impl OptimizeOptions {
    /// The share of step 1.
    pub const NPRED_FRAC: Definition<f64> = RoioptConfig::NPRED_FRAC;
    /// The least npred.
    pub const NPRED_THRESHOLD: Definition<f64> = RoioptConfig::NPRED_THRESHOLD;
    /// The least TS of step 3.
    pub const SHAPE_TS_THRESHOLD: Definition<f64> = RoioptConfig::SHAPE_TS_THRESHOLD;
    /// Most sources of step 1.
    pub const MAX_FREE_SOURCES: Definition<usize> = RoioptConfig::MAX_FREE_SOURCES;
    /// Sources that are left out.
    pub const SKIP: Definition<&'static [&'static str]> = RoioptConfig::SKIP;
    /// Joint fits after the steps.
    pub const UNTIL_CONVERGED: Definition<bool> = Definition::new(
        "until_converged",
        false,
        "After the three steps fit everything that they fitted jointly, until nothing is added, and prove that the maximum is reached.",
    );
    /// Most joint fits.
    pub const MAX_ROUNDS: Definition<usize> = Definition::new("max_rounds", 10, "Most joint fits.");
}

impl Default for OptimizeOptions {
    fn default() -> Self {
        Self {
            npred_frac: Self::NPRED_FRAC.value(),
            npred_threshold: Self::NPRED_THRESHOLD.value(),
            shape_ts_threshold: Self::SHAPE_TS_THRESHOLD.value(),
            max_free_sources: Self::MAX_FREE_SOURCES.value(),
            skip: Self::SKIP.value(),
            until_converged: Self::UNTIL_CONVERGED.value(),
            max_rounds: Self::MAX_ROUNDS.value(),
            fit: FitOptions::default(),
        }
    }
}

impl OptimizeOptions {
    pub(crate) fn check(&self) -> Result<()> {
        Self::NPRED_FRAC.check(&self.npred_frac)?;
        Self::NPRED_THRESHOLD.check(&self.npred_threshold)?;
        Self::SHAPE_TS_THRESHOLD.check(&self.shape_ts_threshold)?;
        Self::MAX_FREE_SOURCES.check(&self.max_free_sources)?;
        Ok(())
    }
}
