//! The test statistic of a source, `TS = 2 (logL1 - logL0)`, in its two definitions.
//!
//! `logL1` is the likelihood as it stands; `logL0` is that of the null hypothesis, the model without the source.
//! - *Rescaled* (the default of `fit`, the LAT tools' approximation): nothing is refitted. The larger of two values is `logL0`: the
//!   model without the source, and the same with the free normalisations near it scaled up to make good for the counts it leaves.
//! - *Reoptimized*: every remaining free parameter, shapes included, is fitted again without the source.
//!
//! Priors of parameters are part of both likelihoods. Those of the tested source's own parameters are the same in both and cancel.

use std::collections::BTreeMap;
use std::ops::Range;

use likelihood_core::NormPoint;
use optimizers::{Minuit, Newton, Optimizer, Options, Silent, Status};
use roi_model::{ParameterId, Roi, SourceId};

use crate::error::Result;
use crate::known::source_properties::{TestStatistic, TsDefinition};
use crate::maximize::objective::{minimize, problem};
use crate::session::Session;

/// Sources farther than this from the tested one are not rescaled, in degrees (the LAT tools' value).
const RESCALING_RADIUS: f64 = 20.0;

/// How the free normalisations near a muted source make good for the counts it leaves.
struct Rescaling {
    factor: f64,
    /// Those that the factor leaves within their bounds.
    norms: Vec<ParameterId>,
}

/// TS of a source, by its index in the region, at the present parameter values.
pub(crate) fn test_statistic(session: &mut Session, source: SourceId, reoptimize: bool) -> Result<TestStatistic> {
    let loglike = session.loglike()?;
    let null = if reoptimize { reoptimized_null(session, source) } else { rescaled_null(session, source) };
    let definition = if reoptimize { TsDefinition::Reoptimized } else { TsDefinition::Rescaled };
    let loglike_null = null?;
    Ok(TestStatistic { ts: 2.0 * (loglike - loglike_null), loglike_null, definition })
}

/// The rescaled TS of those of the sources that one pass can serve, by source: free ones that are proportional to their norm, where rescaling
/// takes all other free sources or none.
pub(crate) fn rescaled_together(
    session: &mut Session,
    sources: &[SourceId],
) -> Result<BTreeMap<SourceId, TestStatistic>> {
    if !sources.iter().any(|&index| session.roi[index].is_free()) {
        return Ok(BTreeMap::new());
    }
    let npred = session.npred_of_sources(&session.roi)?;
    let total = session.data.total_counts();
    let at = session.roi.free_values();
    let (roi, mut posterior) = session.model_and_posterior()?;
    let ln_prior = posterior.ln_prior()?;
    let lines = posterior.norm_lines(&at)?;
    let (mut points, mut nulls): (Vec<NormPoint>, Vec<(SourceId, Range<usize>)>) = (Vec::new(), Vec::new());
    for (line, &source) in lines.sources().iter().enumerate() {
        let spectrum = roi[source].spectrum();
        let norm = spectrum.norm_index().map(|norm| spectrum.parameters()[norm].value());
        let Some(norm) = norm.filter(|_| sources.contains(&source)) else { continue };
        let rescaling = rescaling(roi, source, &npred, total);
        let Some(factor) = common_factor(roi, rescaling.as_ref(), (source, lines.sources())) else { continue };
        let first = points.len();
        // The model as it stands too: its logL in the same order of sums, so that what the source does not change cancels.
        points.extend([norm, 0.0].map(|norm| NormPoint { line, norm, others: 1.0 }));
        if factor > 1.0 {
            points.push(NormPoint { line, norm: 0.0, others: factor });
        }
        nulls.push((source, first..points.len()));
    }
    let values = lines.values(&points)?;
    let statistic = |(source, nulls): (SourceId, Range<usize>)| {
        let (loglike, nulls) = values[nulls].split_first()?;
        let null = nulls.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let (ts, loglike_null) = (2.0 * (loglike - null), null + ln_prior);
        Some((source, TestStatistic { ts, loglike_null, definition: TsDefinition::Rescaled }))
    };
    Ok(nulls.into_iter().filter_map(statistic).collect())
}

/// The factor of a rescaling that is one on all other lines: 1 for none. `None` when it is one on some of them only, or changes a prior.
fn common_factor(roi: &Roi, rescaling: Option<&Rescaling>, (source, lines): (SourceId, &[SourceId])) -> Option<f64> {
    let Some(Rescaling { factor, norms }) = rescaling.filter(|rescaling| !rescaling.norms.is_empty()) else {
        return Some(1.0);
    };
    let others = lines.iter().filter(|other| **other != source);
    let is_all = others.copied().eq(norms.iter().map(|id| id.source));
    let has_prior = |id: &ParameterId| roi.parameter(*id).is_ok_and(|p| p.prior().is_some());
    (is_all && !norms.iter().any(has_prior)).then_some(*factor)
}

/// `logL0` without a source, nothing refitted.
fn rescaled_null(session: &mut Session, source: SourceId) -> Result<f64> {
    let mut roi = session.roi.clone();
    let muted = roi[source].name().to_owned();
    let as_it_stands = session.loglike_or_impossible(&roi, &[&muted])?;
    rescale_free_norms(session, &mut roi, source)?;
    Ok(as_it_stands.max(session.loglike_or_impossible(&roi, &[&muted])?))
}

/// `logL0` without a source, every other free parameter fitted again.
fn reoptimized_null(session: &mut Session, source: SourceId) -> Result<f64> {
    let mut roi = session.roi.clone();
    let muted = roi[source].name().to_owned();
    for parameter in roi[source].spectrum_mut().parameters_mut() {
        parameter.set_free(false);
    }
    let as_it_stands = session.loglike_or_impossible(&roi, &[&muted])?;
    if roi.free_parameters().is_empty() {
        return Ok(as_it_stands);
    }
    // The start without the source may be impossible (no counts predicted somewhere); rescaling is a better one.
    rescale_free_norms(session, &mut roi, source)?;
    let mut best = as_it_stands;
    let mut last = Status::Converged;
    let methods: [&dyn Optimizer; 2] = [&Newton, &Minuit];
    for optimizer in methods {
        let options = Options::default().with_tol(1e-7).with_second_look(false);
        let (problem, posterior) = (problem(&roi, None)?, session.posterior_of(&roi, &[&muted])?);
        let minimum = minimize(posterior, &problem, optimizer, &options, &mut Silent)?;
        best = best.max(-minimum.fval);
        last = minimum.status;
        // What the null leaves unconstrained does not change its height.
        if matches!(last, Status::Converged | Status::Degenerate) {
            return Ok(best);
        }
        roi.set_free_values(&minimum.values)?;
    }
    tracing::warn!(source = muted, "the fit without the source did not converge ({last}): its TS is an upper limit");
    Ok(best)
}

/// Scales up the free normalisations that could make good for the counts of the muted source.
fn rescale_free_norms(session: &Session, roi: &mut Roi, muted: SourceId) -> Result<()> {
    let npred = session.npred_of_sources(roi)?;
    let Some(rescaling) = rescaling(roi, muted, &npred, session.data.total_counts()) else {
        return Ok(());
    };
    for id in rescaling.norms {
        let parameter = roi.parameter_mut(id)?;
        parameter.set_value(parameter.value() * rescaling.factor)?;
    }
    Ok(())
}

/// The free normalisations of the sources that could make good for the counts of the muted one: the diffuse ones and those near it; all
/// of them if it is diffuse itself. The factor never lowers a normalisation, nor takes it beyond its bound.
fn rescaling(roi: &Roi, muted: SourceId, npred: &[f64], total_counts: f64) -> Option<Rescaling> {
    let tested = &roi[muted];
    let mut predicted = 0.0;
    let mut free = 0.0;
    let mut near = Vec::new();
    for ((id, source), &npred) in roi.ids().zip(roi.sources()).zip(npred) {
        if id == muted {
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
            near.push(ParameterId { source: id, parameter: norm });
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
