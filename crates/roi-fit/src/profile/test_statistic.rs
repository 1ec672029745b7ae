//! The test statistic of a source, `TS = 2 (logL1 - logL0)`, in its two definitions.
//!
//! `logL1` is the likelihood as it stands; `logL0` is that of the null hypothesis, the model without the source.
//! - *Rescaled* (the default of `fit`, the LAT tools' approximation): nothing is refitted. The larger of two values is `logL0`: the
//!   model without the source, and the same with the free normalisations near it scaled up to make good for the counts it leaves.
//! - *Reoptimized*: every remaining free parameter, shapes included, is fitted again without the source.
//!
//! Priors of parameters are part of both likelihoods. Those of the tested source's own parameters are the same in both and cancel.

use std::collections::BTreeMap;

use likelihood_core::NormPoint;
use optimizers::{Options, Silent, Status};
use roi_model::{ParameterId, Roi};

use crate::analysis::Analysis;
use crate::error::{Error, Result};
use crate::known::source_properties::TestStatistic;
use crate::maximize::objective::minimize;
use crate::maximize::posterior;

/// Sources farther than this from the tested one are not rescaled, in degrees (the LAT tools' value).
const RESCALING_RADIUS: f64 = 20.0;

/// How the free normalisations near a muted source make good for the counts it leaves.
struct Rescaling {
    factor: f64,
    /// Those that the factor leaves within their bounds.
    norms: Vec<ParameterId>,
}

impl Analysis {
    /// TS of a source at the present parameter values. The model is left as it was, bit for bit.
    ///
    /// # Errors
    /// When there is no such source, or the likelihood with the source cannot be evaluated.
    pub fn ts(&mut self, name: &str, reoptimize: bool) -> Result<TestStatistic> {
        let source = self.roi.index_of(name)?;
        let name = self.roi.sources()[source].name().to_owned();
        let loglike = self.loglike()?;
        let state = self.roi.state();
        self.likelihood.mute(&[&name]);
        let null = self.null(source, reoptimize);
        self.likelihood.mute(&[]);
        self.roi.restore(&state)?;
        let (loglike_null, definition) = null?;
        Ok(TestStatistic { ts: 2.0 * (loglike - loglike_null), loglike_null, definition })
    }

    /// Computes the TS (rescaled) of every source that has none yet.
    ///
    /// # Errors
    /// As [`Analysis::ts`].
    pub fn compute_missing_ts(&mut self) -> Result<()> {
        let is_missing = |analysis: &Self, index: usize| {
            analysis.properties.get(analysis.roi.sources()[index].name()).is_none_or(|p| p.ts.is_none())
        };
        let missing: Vec<usize> = (0..self.roi.sources().len()).filter(|&index| is_missing(self, index)).collect();
        let mut together = self.rescaled_ts(&missing)?;
        for index in missing {
            let name = self.roi.sources()[index].name().to_owned();
            let ts = match together.remove(&index) {
                Some(ts) => ts,
                None => self.ts(&name, false)?,
            };
            self.properties.entry(name).or_default().set_ts(&ts);
        }
        Ok(())
    }

    /// The rescaled TS of those of the sources that one pass can serve, by source: free ones that are proportional to their norm, where rescaling
    /// takes all other free sources or none.
    pub(crate) fn rescaled_ts(&mut self, sources: &[usize]) -> Result<BTreeMap<usize, TestStatistic>> {
        if !sources.iter().any(|&index| self.roi.sources()[index].is_free()) {
            return Ok(BTreeMap::new());
        }
        let ln_prior = posterior::ln_prior(&self.roi)?;
        let npred = self.all_npred()?;
        let total = self.likelihood.total_counts();
        let lines = self.likelihood.norm_lines(&self.roi)?;
        let (mut points, mut nulls) = (Vec::new(), Vec::new());
        for (line, &source) in lines.sources().iter().enumerate() {
            let spectrum = self.roi.sources()[source].spectrum();
            let norm = spectrum.norm_index().map(|norm| spectrum.parameters()[norm].value());
            let Some(norm) = norm.filter(|_| sources.contains(&source)) else { continue };
            let rescaling = rescaling(&self.roi, source, &npred, total);
            let factor = match &rescaling {
                Some(Rescaling { norms, .. }) if norms.is_empty() => 1.0,
                Some(Rescaling { factor, norms }) => {
                    let others = lines.sources().iter().filter(|other| **other != source);
                    let is_all = others.copied().eq(norms.iter().map(|id| id.source));
                    let has_prior = |id: &ParameterId| self.roi.parameter(*id).is_ok_and(|p| p.prior().is_some());
                    if !is_all || norms.iter().any(has_prior) {
                        continue;
                    }
                    *factor
                }
                None => 1.0,
            };
            let first = points.len();
            // The model as it stands too: its logL in the same order of sums, so that what the source does not change cancels.
            points.extend([norm, 0.0].map(|norm| NormPoint { line, norm, others: 1.0 }));
            if factor > 1.0 {
                points.push(NormPoint { line, norm: 0.0, others: factor });
            }
            nulls.push((source, first..points.len()));
        }
        let values = lines.values(&points)?;
        let statistic = |(source, nulls): (usize, std::ops::Range<usize>)| {
            let (loglike, nulls) = values[nulls].split_first()?;
            let null = nulls.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let (ts, loglike_null) = (2.0 * (loglike - null), null + ln_prior);
            Some((source, TestStatistic { ts, loglike_null, definition: "rescaled" }))
        };
        Ok(nulls.into_iter().filter_map(statistic).collect())
    }

    /// Predicted counts of every source.
    fn all_npred(&self) -> Result<Vec<f64>> {
        (0..self.roi.sources().len()).map(|index| Ok(self.likelihood.npred(&self.roi, index)?)).collect()
    }

    /// `logL0` with the source muted; the parameters are left changed.
    fn null(&mut self, source: usize, reoptimize: bool) -> Result<(f64, &'static str)> {
        if !reoptimize {
            return Ok((self.rescaled_null(source)?, "rescaled"));
        }
        for parameter in self.roi.sources_mut()[source].spectrum_mut().parameters_mut() {
            parameter.set_free(false);
        }
        let as_it_stands = self.value_or_impossible()?;
        if self.roi.free_parameters().is_empty() {
            return Ok((as_it_stands, "reoptimized"));
        }
        // The start without the source may be impossible (no counts predicted somewhere); rescaling is a better one.
        self.rescale_free_norms(source)?;
        let mut best = as_it_stands;
        let mut last = Status::Converged;
        for optimizer in ["NEWTON", "MINUIT"] {
            let optimizer = optimizers::optimizer(optimizer)?;
            let options = Options::default().with_tolerance(1e-7);
            let minimum = minimize(&mut self.roi, &mut self.likelihood, optimizer.as_ref(), &options, &mut Silent)?;
            best = best.max(-minimum.fval);
            last = minimum.status;
            // What the null leaves unconstrained does not change its height.
            if matches!(last, Status::Converged | Status::Degenerate) {
                return Ok((best, "reoptimized"));
            }
            self.roi.set_free_values(&minimum.values)?;
        }
        let tested = self.roi.sources()[source].name();
        tracing::warn!(
            source = tested,
            "the fit without the source did not converge ({last}): its TS is an upper limit"
        );
        Ok((best, "reoptimized"))
    }

    fn rescaled_null(&mut self, source: usize) -> Result<f64> {
        let as_it_stands = self.value_or_impossible()?;
        self.rescale_free_norms(source)?;
        Ok(as_it_stands.max(self.value_or_impossible()?))
    }

    /// Scales up the free normalisations that could make good for the counts of the muted source.
    fn rescale_free_norms(&mut self, muted: usize) -> Result<()> {
        let npred = self.all_npred()?;
        let Some(rescaling) = rescaling(&self.roi, muted, &npred, self.likelihood.total_counts()) else {
            return Ok(());
        };
        for id in rescaling.norms {
            let parameter = self.roi.parameter_mut(id)?;
            parameter.set_value(parameter.value() * rescaling.factor)?;
        }
        Ok(())
    }

    /// `logL`, or minus infinity when the model makes the data impossible.
    pub(crate) fn value_or_impossible(&mut self) -> Result<f64> {
        match self.loglike() {
            Err(Error::Likelihood(error)) if error.depends_on_parameters() => Ok(f64::NEG_INFINITY),
            Err(Error::ExcludedByPrior { .. }) => Ok(f64::NEG_INFINITY),
            other => other,
        }
    }
}

/// The free normalisations of the sources that could make good for the counts of the muted one: the diffuse ones and those near it; all
/// of them if it is diffuse itself. The factor never lowers a normalisation, nor takes it beyond its bound.
fn rescaling(roi: &Roi, muted: usize, npred: &[f64], total_counts: f64) -> Option<Rescaling> {
    let tested = roi.sources().get(muted)?;
    let mut predicted = 0.0;
    let mut free = 0.0;
    let mut near = Vec::new();
    for (index, (source, &npred)) in roi.sources().iter().zip(npred).enumerate() {
        if index == muted {
            continue;
        }
        predicted += npred;
        let spectrum = source.spectrum();
        let Some(norm) = spectrum.norm_index().filter(|&norm| spectrum.parameters()[norm].is_free()) else {
            continue;
        };
        free += npred;
        let is_near = match (tested.direction(), source.direction()) {
            (Some(a), Some(b)) => a.separation(&b) < RESCALING_RADIUS,
            _ => true,
        };
        if is_near {
            near.push(ParameterId { source: index, parameter: norm });
        }
    }
    let factor = 1.0 + (total_counts - predicted) / free;
    if !(factor.is_finite() && factor > 1.0) {
        return None;
    }
    near.retain(|id| {
        roi.parameter(*id).is_ok_and(|parameter| {
            let (value, (lower, upper)) = (parameter.value() * factor, parameter.bounds());
            value > lower && value < upper
        })
    });
    Some(Rescaling { factor, norms: near })
}
