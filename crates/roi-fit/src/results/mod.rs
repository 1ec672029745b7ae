//! The result dictionaries of `fit`, `optimize` and `loglike`, with the documented keys.
//!
//! `values`, `errors` and `covariance` are in units of the parameters' `value` (their scale not applied; the documentation's
//! "unscaled"); `true_values`, `true_errors` and `true_covariance` have the scale applied. Rows are in the region's order of free
//! parameters: sources by name, parameters in the order of their spectrum.

use std::collections::BTreeMap;

use ndarray::{Array1, Array2};
use optimizers::{Calls, Minimum};
use roi_model::Roi;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::known::memory::{MemoryUse, peak_memory};
use crate::known::options::{FitOptions, OptimizeOptions};
use crate::known::source_properties::{SourceProperties, json_number};

/// Seconds spent, and memory.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Timing {
    /// Reading the files (source maps apart).
    pub load: f64,
    /// Reading (or making) the source maps.
    pub srcmaps: f64,
    /// The fit, or all fits of an optimisation with their updates.
    pub fit: f64,
    /// TS, npred and fluxes after the fit.
    pub update: f64,
    /// Memory, in bytes.
    pub memory: MemoryUse,
}

impl Timing {
    /// The same, with the peak memory as it is now.
    pub(crate) fn now(&self) -> Self {
        Self { memory: MemoryUse { peak: peak_memory(), ..self.memory.clone() }, ..self.clone() }
    }
}

/// What [`crate::Analysis::fit`] returns.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FitResult {
    /// Whether the quality reached `min_fit_quality`; if not, every parameter is as it was before the fit.
    pub fit_success: bool,
    /// 3 full accurate covariance, 2 full but forced positive-definite, 1 diagonal approximation, 0 not calculated.
    pub fit_quality: u8,
    /// 0 when all is well; see [`optimizers::Status::code`].
    pub fit_status: i32,
    /// The status in words.
    pub message: String,
    /// Estimated vertical distance to the minimum.
    pub edm: f64,
    /// Attempts made.
    pub niter: usize,
    /// `logL` at the end of the last attempt.
    pub loglike: f64,
    /// Improvement of `logL`.
    pub dloglike: f64,
    /// Values of the free parameters, in units of `value`. Those, the errors, matrices and `loglike` of a fit that failed are of its last
    /// attempt; the model has [`start_values`](Self::start_values) again.
    pub values: Array1<f64>,
    /// Their values before the fit, which a failed fit restores.
    pub start_values: Array1<f64>,
    /// Their 1 sigma errors.
    pub errors: Array1<f64>,
    /// Scales of the free parameters: true value = value times scale.
    pub scales: Array1<f64>,
    /// Covariance in units of `value`; `None` when it was not calculated.
    pub covariance: Option<Array2<f64>>,
    /// Correlation matrix.
    pub correlation: Option<Array2<f64>>,
    /// MINOS errors in units of `value`, how far down (negative) and up, when they were asked for; `None` on a side that was not found.
    pub minos: Option<Vec<[Option<f64>; 2]>>,
    /// Source of each row.
    pub src_names: Vec<String>,
    /// Parameter of each row.
    pub par_names: Vec<String>,
    /// Whether the row is its source's normalisation.
    pub is_norm: Vec<bool>,
    /// Position of each row among all spectral parameters of the region.
    pub indices: Vec<usize>,
    /// Rows whose parameter ended at a bound.
    pub at_limit: Vec<usize>,
    /// What else the optimizer has to say.
    pub warnings: Vec<String>,
    /// Properties of the sources with free parameters, when they were updated.
    pub sources: BTreeMap<String, SourceProperties>,
    /// Likelihood evaluations of all attempts, each one pass over the data, those of MINOS included.
    pub calls: Calls,
    /// Seconds spent.
    pub timing: Timing,
    /// The options of the fit.
    pub config: FitOptions,
}

impl FitResult {
    /// The result of a fit that has done nothing yet: with no free parameter it is final.
    pub(crate) fn new(roi: &Roi, options: &FitOptions, loglike: f64) -> Self {
        let mut result = Self {
            fit_success: true,
            fit_quality: 3,
            fit_status: 0,
            message: "no parameter is free, nothing was fitted".into(),
            edm: 0.0,
            niter: 0,
            loglike,
            dloglike: 0.0,
            values: Array1::zeros(0),
            start_values: Array1::zeros(0),
            errors: Array1::zeros(0),
            scales: Array1::zeros(0),
            covariance: None,
            correlation: None,
            minos: None,
            src_names: Vec::new(),
            par_names: Vec::new(),
            is_norm: Vec::new(),
            indices: Vec::new(),
            at_limit: Vec::new(),
            warnings: Vec::new(),
            sources: BTreeMap::new(),
            calls: Calls::default(),
            timing: Timing::default(),
            config: options.clone(),
        };
        let (mut scales, mut values, mut errors) = (Vec::new(), Vec::new(), Vec::new());
        let mut index = 0;
        for source in roi.sources() {
            for (position, parameter) in source.spectrum().parameters().iter().enumerate() {
                if parameter.is_free() {
                    result.src_names.push(source.name().to_owned());
                    result.par_names.push(parameter.name().to_owned());
                    result.is_norm.push(source.spectrum().norm_index() == Some(position));
                    result.indices.push(index);
                    scales.push(parameter.scale());
                    values.push(parameter.value());
                    errors.push(parameter.error());
                }
                index += 1;
            }
        }
        (result.scales, result.values, result.errors) = (scales.into(), values.into(), errors.into());
        result.start_values.clone_from(&result.values);
        result
    }

    /// Takes over what a minimiser found.
    pub(crate) fn take(&mut self, minimum: &Minimum) {
        self.fit_quality = minimum.quality.into();
        self.fit_status = minimum.status.code();
        self.message = minimum.status.to_string();
        self.edm = minimum.edm;
        self.loglike = -minimum.fval;
        self.values = Array1::from(minimum.values.clone());
        self.errors = Array1::from(minimum.errors.clone());
        self.covariance.clone_from(&minimum.covariance);
        self.correlation.clone_from(&minimum.correlation);
        self.at_limit.clone_from(&minimum.at_limit);
        self.warnings.clone_from(&minimum.warnings);
    }

    /// Values with the scale applied.
    pub fn true_values(&self) -> Array1<f64> {
        &self.values * &self.scales
    }

    /// Errors with the (absolute) scale applied.
    pub fn true_errors(&self) -> Array1<f64> {
        &self.errors * &self.scales.mapv(f64::abs)
    }

    /// Covariance with the scales applied.
    pub fn true_covariance(&self) -> Option<Array2<f64>> {
        let scale = |(i, j): (usize, usize), value: &f64| value * self.scales[i] * self.scales[j];
        self.covariance.as_ref().map(|c| Array2::from_shape_fn(c.dim(), |at| scale(at, &c[at])))
    }

    /// The dictionary, with the documented keys; what is unknown is `null`.
    pub fn to_json(&self) -> Value {
        json!({
            "fit_success": self.fit_success,
            "fit_quality": self.fit_quality,
            "fit_status": self.fit_status,
            "message": self.message,
            "edm": json_number(Some(self.edm)),
            "niter": self.niter,
            "logLike": json_number(Some(self.loglike)),
            "dlogLike": json_number(Some(self.dloglike)),
            "loglike": json_number(Some(self.loglike)),
            "dloglike": json_number(Some(self.dloglike)),
            // What stands below of a failed fit is of its last attempt; the model was restored to the start.
            "restored": !self.fit_success,
            "start_values": vector(&self.start_values),
            "values": vector(&self.values),
            "errors": vector(&self.errors),
            "covariance": matrix(self.covariance.as_ref()),
            "correlation": matrix(self.correlation.as_ref()),
            "true_values": vector(&self.true_values()),
            "true_errors": vector(&self.true_errors()),
            "true_covariance": matrix(self.true_covariance().as_ref()),
            "minos": self.minos.as_ref().map(|rows| json!({
                "lower": rows.iter().map(|[lower, _]| json_number(*lower)).collect::<Value>(),
                "upper": rows.iter().map(|[_, upper]| json_number(*upper)).collect::<Value>(),
            })),
            "src_names": self.src_names,
            "par_names": self.par_names,
            "is_norm": self.is_norm,
            "indices": self.indices,
            "at_limit": self.at_limit,
            "warnings": self.warnings,
            "config": self.config,
            "sources": self.sources,
            "calls": self.calls,
            "timing": self.timing,
        })
    }
}

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
            "sources": self.sources,
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

/// What [`crate::Analysis::loglike_report`] returns.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LoglikeResult {
    /// `logL` of the model as it stands.
    pub loglike: f64,
    /// Predicted counts of all sources.
    pub npred: f64,
    /// Observed counts.
    pub counts: f64,
    /// Per component its name, counts per energy bin, and predicted counts of each source per energy bin.
    pub components: Vec<ComponentCounts>,
    /// `d logL / d value` of each free parameter, by `SOURCE:PAR`.
    pub gradient: Vec<(String, f64)>,
    /// Seconds spent.
    pub timing: Timing,
}

/// Observed and predicted counts of one component.
#[derive(Clone, Debug, PartialEq)]
pub struct ComponentCounts {
    /// The component's name.
    pub name: String,
    /// Energy edges in MeV.
    pub energies: Vec<f64>,
    /// Observed counts per energy bin.
    pub counts: Vec<f64>,
    /// Predicted counts of each source per energy bin.
    pub npred: BTreeMap<String, Vec<f64>>,
    /// The same times the likelihood weights, where there are any.
    pub weighted: Option<WeightedCounts>,
}

/// Observed and predicted counts of one component times its likelihood weights.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightedCounts {
    /// Observed counts per energy bin.
    pub counts: Vec<f64>,
    /// Predicted counts of each source per energy bin.
    pub npred: BTreeMap<String, Vec<f64>>,
}

impl ComponentCounts {
    /// Weighted predicted counts of each source per energy bin; the plain ones without weights.
    pub fn npred_wt(&self) -> &BTreeMap<String, Vec<f64>> {
        self.weighted.as_ref().map_or(&self.npred, |weighted| &weighted.npred)
    }

    /// Weighted observed counts per energy bin; the plain ones without weights.
    pub fn counts_wt(&self) -> &[f64] {
        self.weighted.as_ref().map_or(&self.counts, |weighted| &weighted.counts)
    }
}

impl LoglikeResult {
    /// The dictionary of the `loglike` command.
    pub fn to_json(&self) -> Value {
        let weighted = self.components.iter().any(|c| c.weighted.is_some());
        let names = self.components.first().map(|c| c.npred.keys()).into_iter().flatten();
        let sources: Map<String, Value> = names
            .map(|name| {
                let by_component: Vec<&Vec<f64>> = self.components.iter().filter_map(|c| c.npred.get(name)).collect();
                let npred: f64 = by_component.iter().flat_map(|bins| bins.iter()).sum();
                // One list when there is one component; a list for each otherwise, as their bins may differ.
                let by_bin = if let [only] = by_component[..] { json!(only) } else { json!(by_component) };
                let mut entry = json!({ "npred": npred, "npred_by_bin": by_bin });
                if weighted {
                    let by_component = self.components.iter().filter_map(|c| c.npred_wt().get(name));
                    entry["npred_wt"] = by_component.flatten().sum::<f64>().into();
                }
                (name.clone(), entry)
            })
            .collect();
        let components: Vec<Value> = self
            .components
            .iter()
            .map(|c| {
                let mut entry = json!({
                    "name": c.name,
                    "energies": c.energies,
                    "counts": c.counts,
                    "npred": c.npred.values().flatten().sum::<f64>(),
                    "sources": c.npred,
                });
                if let Some(weighted) = &c.weighted {
                    entry["counts_wt"] = json!(weighted.counts);
                    entry["npred_wt"] = weighted.npred.values().flatten().sum::<f64>().into();
                    entry["sources_wt"] = json!(weighted.npred);
                }
                entry
            })
            .collect();
        let gradient: Map<String, Value> =
            self.gradient.iter().map(|(name, value)| (name.clone(), json_number(Some(*value)))).collect();
        let mut result = json!({
            "logLike": json_number(Some(self.loglike)),
            "loglike": json_number(Some(self.loglike)),
            "npred": self.npred,
            "counts": self.counts,
            "sources": sources,
            "components": components,
            "gradient": gradient,
            "calls": Calls { gradients: 1, ..Calls::default() },
            "timing": self.timing,
        });
        if weighted {
            let npred_wt = self.components.iter().flat_map(|c| c.npred_wt().values().flatten());
            result["npred_wt"] = npred_wt.sum::<f64>().into();
            result["counts_wt"] = self.components.iter().flat_map(ComponentCounts::counts_wt).sum::<f64>().into();
        }
        result
    }
}

fn vector(values: &Array1<f64>) -> Value {
    values.iter().map(|&v| json_number(Some(v))).collect()
}

fn matrix(values: Option<&Array2<f64>>) -> Value {
    values.map_or(Value::Null, |m| {
        m.outer_iter().map(|row| row.iter().map(|&v| json_number(Some(v))).collect::<Value>()).collect()
    })
}
