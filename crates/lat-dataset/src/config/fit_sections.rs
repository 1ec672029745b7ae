//! Sections `optimizer` and `roiopt`: the options of `fit` and `optimize`, with the documented names and defaults.

use optimizers::Options;
use serde::Serialize;

use super::definition::{Definition, Range};

/// Options of `fit`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct OptimizerConfig {
    /// [`OptimizerConfig::OPTIMIZER`].
    pub optimizer: String,
    /// [`OptimizerConfig::TOL`].
    pub tol: f64,
    /// [`OptimizerConfig::MAX_ITER`].
    pub max_iter: usize,
    /// [`OptimizerConfig::INIT_LAMBDA`].
    pub init_lambda: f64,
    /// [`OptimizerConfig::RETRIES`].
    pub retries: usize,
    /// [`OptimizerConfig::MIN_FIT_QUALITY`].
    pub min_fit_quality: u8,
    /// [`OptimizerConfig::VERBOSITY`].
    pub verbosity: usize,
}

impl OptimizerConfig {
    /// The optimizer.
    pub const OPTIMIZER: Definition<&'static str> =
        Definition::new("optimizer", "MINUIT", "MINUIT, NEWMINUIT, NEWTON, LM, LBFGS, DRMNGB, DRMNFB or SIMPLEX.");
    /// The tolerance of the minimiser ([`Options::tol`]), absolute: the estimated distance to the minimum must fall below twice of it.
    pub const TOL: Definition<f64> =
        Definition::new("tol", Options::DEFAULT_TOL, "Tolerance on the estimated distance to the minimum.")
            .within(Range::ABOVE_0);
    /// Most iterations.
    pub const MAX_ITER: Definition<usize> = Definition::new(
        "max_iter",
        Options::DEFAULT_MAX_ITERATIONS,
        "Most iterations (fermipy: 100, used by its NEWTON alone).",
    )
    .within(Range::FROM_1);
    /// First damping.
    pub const INIT_LAMBDA: Definition<f64> =
        Definition::new("init_lambda", Options::DEFAULT_INITIAL_DAMPING, "First damping of NEWTON.")
            .within(Range::FINITE_FROM_0);
    /// Attempts.
    pub const RETRIES: Definition<usize> =
        Definition::new("retries", 3, "Most attempts, the first included: 1 is no repetition.").within(Range::FROM_1);
    /// The quality below which a fit is undone.
    pub const MIN_FIT_QUALITY: Definition<u8> =
        Definition::new("min_fit_quality", 3, "A fit below it is undone (fermipy's code: 2, its documentation: 3).")
            .within(Range::QUALITY);
    /// What the log tells of a fit while it runs.
    pub const VERBOSITY: Definition<usize> = Definition::new(
        "verbosity",
        0,
        "What is logged of a fit while it runs: 0 nothing, 1 a line an iteration, an attempt, a fit of `optimize`; 2 also the free parameters; 3 also the matrices.",
    );
}

impl Default for OptimizerConfig {
    fn default() -> Self {
        Self {
            optimizer: Self::OPTIMIZER.value(),
            tol: Self::TOL.value(),
            max_iter: Self::MAX_ITER.value(),
            init_lambda: Self::INIT_LAMBDA.value(),
            retries: Self::RETRIES.value(),
            min_fit_quality: Self::MIN_FIT_QUALITY.value(),
            verbosity: Self::VERBOSITY.value(),
        }
    }
}

/// Options of `optimize`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RoioptConfig {
    /// [`RoioptConfig::NPRED_FRAC`].
    pub npred_frac: f64,
    /// [`RoioptConfig::NPRED_THRESHOLD`].
    pub npred_threshold: f64,
    /// [`RoioptConfig::SHAPE_TS_THRESHOLD`].
    pub shape_ts_threshold: f64,
    /// [`RoioptConfig::MAX_FREE_SOURCES`].
    pub max_free_sources: usize,
    /// [`RoioptConfig::SKIP`].
    pub skip: Vec<String>,
    /// The optimizer of the steps: section `optimizer` with the overrides of `roiopt.optimizer`.
    pub optimizer: OptimizerConfig,
}

impl RoioptConfig {
    /// The first step ends once its sources hold more than this fraction of the predicted counts.
    pub const NPRED_FRAC: Definition<f64> =
        Definition::new("npred_frac", 0.95, "Share of the predicted counts that the first step covers.")
            .within(Range::FRACTION);
    /// Sources below it end the first step and are skipped in the second.
    pub const NPRED_THRESHOLD: Definition<f64> =
        Definition::new("npred_threshold", 1.0, "Sources with fewer predicted counts are left out.")
            .within(Range::FROM_0);
    /// The third step fits the shapes of sources above it.
    pub const SHAPE_TS_THRESHOLD: Definition<f64> =
        Definition::new("shape_ts_threshold", 25.0, "Sources with a higher TS get their shape fitted.")
            .within(Range::NUMBER);
    /// How many sources the first step fits jointly.
    pub const MAX_FREE_SOURCES: Definition<usize> =
        Definition::new("max_free_sources", 5, "Most sources of the first step.").within(Range::FROM_1);
    /// Sources, by name or alias.
    pub const SKIP: Definition<&'static [&'static str]> =
        Definition::new("skip", &[], "Sources that are never fitted.");
}

impl Default for RoioptConfig {
    fn default() -> Self {
        Self {
            npred_frac: Self::NPRED_FRAC.value(),
            npred_threshold: Self::NPRED_THRESHOLD.value(),
            shape_ts_threshold: Self::SHAPE_TS_THRESHOLD.value(),
            max_free_sources: Self::MAX_FREE_SOURCES.value(),
            skip: Self::SKIP.value(),
            optimizer: OptimizerConfig::default(),
        }
    }
}
