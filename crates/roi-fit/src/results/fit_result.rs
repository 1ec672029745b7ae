//! The result of `fit`.

use std::collections::BTreeMap;

use ndarray::{Array1, Array2};
use optimizers::Calls;
use roi_model::Roi;
use serde_json::{Value, json};

use crate::fit::attempts::Attempt;
use crate::fit::fit_free::{End, Fitted};
use crate::known::json::{matrix, vector};
use crate::known::options::FitOptions;
use crate::known::source_properties::{SourceProperties, dictionaries, json_number};
use crate::known::timing::Timing;

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
    /// What was tried, in order.
    pub attempts: Vec<Attempt>,
    /// `logL` at the best end of all attempts.
    pub loglike: f64,
    /// Improvement of `logL`.
    pub dloglike: f64,
    /// Values of the free parameters, in units of `value`. Those, the errors, matrices and `loglike` of a fit that failed are of its best
    /// attempt; the model has [`start_values`](Self::start_values) again.
    pub values: Array1<f64>,
    /// Their values before the fit, which a failed fit restores.
    pub start_values: Array1<f64>,
    /// Their 1 sigma errors; NaN for a parameter that cannot move because its bounds are equal (a warning names it).
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
    /// Lowest and highest energy of the bins that were fitted, in MeV.
    pub energy_range: (f64, f64),
    /// Seconds spent.
    pub timing: Timing,
    /// The options of the fit.
    pub config: FitOptions,
}

impl FitResult {
    /// The result of a fit, with what followed it.
    pub(crate) fn new(fitted: Fitted, options: &FitOptions, updated: Updated, timing: Timing) -> Self {
        let Fitted { loglike0, energy_range, start, end } = fitted;
        let rows = Rows::new(&start);
        let mut outcome = end.map_or_else(|| Outcome::nothing_free(loglike0), Outcome::new);
        // Nothing was measured of what cannot move.
        outcome.errors.iter_mut().zip(&rows.can_move).filter(|(_, moves)| !**moves).for_each(|(e, _)| *e = f64::NAN);
        Self {
            fit_success: outcome.success,
            fit_quality: outcome.quality,
            fit_status: outcome.status,
            message: outcome.message,
            edm: outcome.edm,
            niter: outcome.attempts.len(),
            attempts: outcome.attempts,
            loglike: outcome.loglike,
            dloglike: outcome.loglike - loglike0,
            values: outcome.values.into(),
            start_values: start.free_values().into(),
            errors: outcome.errors.into(),
            scales: rows.scales.into(),
            covariance: outcome.covariance,
            correlation: outcome.correlation,
            minos: outcome.minos,
            src_names: rows.src_names,
            par_names: rows.par_names,
            is_norm: rows.is_norm,
            indices: rows.indices,
            at_limit: outcome.at_limit,
            warnings: outcome.warnings.into_iter().chain(updated.warnings).collect(),
            sources: updated.sources,
            calls: outcome.calls,
            energy_range,
            timing,
            config: options.clone(),
        }
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
            "attempts": self.attempts,
            "logLike": json_number(Some(self.loglike)),
            "dlogLike": json_number(Some(self.dloglike)),
            "loglike": json_number(Some(self.loglike)),
            "dloglike": json_number(Some(self.dloglike)),
            // What stands below of a failed fit is of its best attempt; the model was restored to the start.
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
            "sources": dictionaries(&self.sources),
            "calls": self.calls,
            "energy_range": self.energy_range,
            "timing": self.timing,
        })
    }
}

/// What a fit was followed by.
#[derive(Default)]
pub(crate) struct Updated {
    pub(crate) sources: BTreeMap<String, SourceProperties>,
    pub(crate) warnings: Vec<String>,
}

/// How a fit ended, in the words of its result.
struct Outcome {
    success: bool,
    quality: u8,
    status: i32,
    message: String,
    edm: f64,
    attempts: Vec<Attempt>,
    loglike: f64,
    values: Vec<f64>,
    errors: Vec<f64>,
    covariance: Option<Array2<f64>>,
    correlation: Option<Array2<f64>>,
    minos: Option<Vec<[Option<f64>; 2]>>,
    at_limit: Vec<usize>,
    warnings: Vec<String>,
    calls: Calls,
}

impl Outcome {
    fn new(end: End) -> Self {
        let End { minimum, attempts, calls, refusal, minos, warnings } = end;
        let status = minimum.status;
        Self {
            success: refusal.is_none(),
            quality: minimum.quality.into(),
            status: status.code(),
            message: refusal.map_or_else(|| status.to_string(), |refusal| format!("{status}; {refusal}")),
            edm: minimum.edm,
            attempts,
            loglike: -minimum.fval,
            values: minimum.values,
            errors: minimum.errors,
            covariance: minimum.covariance,
            correlation: minimum.correlation,
            minos,
            at_limit: minimum.at_limit,
            warnings,
            calls,
        }
    }

    /// Without a free parameter the model is at its maximum.
    fn nothing_free(loglike: f64) -> Self {
        Self {
            success: true,
            quality: 3,
            status: 0,
            message: "no parameter is free, nothing was fitted".into(),
            edm: 0.0,
            attempts: Vec::new(),
            loglike,
            values: Vec::new(),
            errors: Vec::new(),
            covariance: None,
            correlation: None,
            minos: None,
            at_limit: Vec::new(),
            warnings: Vec::new(),
            calls: Calls::default(),
        }
    }
}

/// The free parameters of a model, column by column.
#[derive(Default)]
struct Rows {
    src_names: Vec<String>,
    par_names: Vec<String>,
    is_norm: Vec<bool>,
    indices: Vec<usize>,
    scales: Vec<f64>,
    can_move: Vec<bool>,
}

impl Rows {
    fn new(roi: &Roi) -> Self {
        let mut rows = Self::default();
        for (index, (id, parameter)) in roi.parameters().enumerate().filter(|(_, (_, p))| p.is_free()) {
            let source = &roi[id.source];
            rows.src_names.push(source.name().to_owned());
            rows.par_names.push(parameter.name().to_owned());
            rows.is_norm.push(source.spectrum().norm_index() == Some(id.parameter));
            rows.indices.push(index);
            rows.scales.push(parameter.scale());
            rows.can_move.push(parameter.can_move());
        }
        rows
    }
}
