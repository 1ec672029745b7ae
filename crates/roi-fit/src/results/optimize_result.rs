//! The result of `optimize`.

use std::collections::BTreeMap;

use optimizers::Calls;
use serde::Serialize;
use serde_json::{Value, json};

use crate::known::options::OptimizeOptions;
use crate::known::source_properties::{SourceProperties, dictionaries, json_number};
use crate::known::timing::Timing;
use crate::known::written_number::scientific;
use crate::results::fit_result::FitResult;

/// One fit of an optimisation.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct OptimizeStep {
    /// Step 1, 2 or 3 of the documented sequence.
    pub step: u8,
    /// The sources that were freed.
    pub sources: Vec<String>,
    /// Predicted counts of the sources before the fit, by which steps 1 and 2 are ordered.
    pub npred: f64,
    /// TS of the source before the fit, by which step 3 is ordered; `None` in the other steps.
    pub ts: Option<f64>,
    /// `logL` after the fit.
    #[serde(rename = "logLike")]
    pub loglike: f64,
    /// What the fit gained.
    #[serde(rename = "dlogLike")]
    pub dloglike: f64,
    /// Quality of the fit.
    pub fit_quality: u8,
    /// Its status.
    pub fit_status: i32,
    /// Whether its parameters were taken over.
    pub fit_success: bool,
    /// The status in words.
    pub message: String,
}

/// What [`crate::Analysis::optimize`] returns.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct OptimizeResult {
    /// `logL` before.
    pub loglike0: f64,
    /// `logL` after.
    pub loglike1: f64,
    /// Improvement.
    pub dloglike: f64,
    /// Whether the watcher stopped it before its end.
    pub cancelled: bool,
    /// Every fit, in order.
    pub steps: Vec<OptimizeStep>,
    /// How the joint fits of `until_converged` ended.
    pub convergence: Option<Convergence>,
    /// Lowest and highest energy of the bins that were fitted, in MeV.
    pub energy_range: (f64, f64),
    /// Properties of all sources.
    pub sources: BTreeMap<String, SourceProperties>,
    /// Seconds spent.
    pub timing: Timing,
    /// Likelihood evaluations of all fits.
    pub calls: Calls,
    /// The options.
    pub config: OptimizeOptions,
}

impl OptimizeResult {
    /// How many fits failed; their parameters were restored.
    pub fn n_failed(&self) -> usize {
        self.steps.iter().filter(|step| !step.fit_success).count()
    }

    /// Why it failed, if it did: a joint maximum that was asked for was not reached, or every fit failed.
    pub fn failure(&self) -> Option<String> {
        if let Some(convergence) = self.convergence.as_ref().filter(|convergence| !convergence.converged) {
            return Some(format!(
                "no joint maximum after {} round(s): quality {}, edm {}; what the steps gained is kept",
                convergence.rounds,
                convergence.fit_quality,
                scientific(convergence.edm, 2)
            ));
        }
        // Some fits may fail and the rest still be of use; when all did, nothing was optimized.
        let last = self.steps.last().filter(|_| self.n_failed() == self.steps.len());
        last.map(|step| step.message.clone())
    }

    /// The dictionary, with the documented keys.
    pub fn to_json(&self) -> Value {
        json!({
            "logLike0": json_number(Some(self.loglike0)),
            "logLike1": json_number(Some(self.loglike1)),
            "dlogLike": json_number(Some(self.dloglike)),
            "loglike0": json_number(Some(self.loglike0)),
            "loglike1": json_number(Some(self.loglike1)),
            "dloglike": json_number(Some(self.dloglike)),
            "cancelled": self.cancelled,
            "n_failed": self.n_failed(),
            "steps": self.steps,
            "convergence": self.convergence,
            "energy_range": self.energy_range,
            "sources": dictionaries(&self.sources),
            "timing": self.timing,
            "calls": self.calls,
            "config": {
                "npred_frac": self.config.npred_frac,
                "npred_threshold": self.config.npred_threshold,
                "shape_ts_threshold": self.config.shape_ts_threshold,
                "max_free_sources": self.config.max_free_sources,
                "skip": self.config.skip,
                "until_converged": self.config.until_converged,
                "max_rounds": self.config.max_rounds,
                "optimizer": self.config.fit,
            },
        })
    }
}

/// The proof that an optimisation ended at the joint maximum: the Karush-Kuhn-Tucker conditions of all parameters that it fitted.
///
/// It has converged when the last joint fit was good enough and its TS and npred added nothing to the set of fitted parameters. Then the
/// likelihood can rise by no more than about `edm`, the pull on every parameter within its bounds is next to nothing, and that on
/// parameters at a bound points outwards.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Convergence {
    /// Whether it converged.
    pub converged: bool,
    /// How many joint fits were made.
    pub rounds: usize,
    /// Number of parameters of the last one.
    pub n_free: usize,
    /// Its quality.
    pub fit_quality: u8,
    /// The rise of `logL` that is estimated to be left.
    pub edm: f64,
    /// Largest `|d logL / d value| * error` of the parameters within their bounds.
    pub largest_pull: f64,
    /// Parameters at a bound, by `SOURCE:PAR`, and `d logL / d value` there.
    pub at_limit: Vec<(String, f64)>,
}

impl Convergence {
    pub(crate) fn new(result: &FitResult, rounds: usize, converged: bool) -> Self {
        Self {
            converged,
            rounds,
            n_free: result.values.len(),
            fit_quality: result.fit_quality,
            edm: result.edm,
            largest_pull: 0.0,
            at_limit: Vec::new(),
        }
    }
}
