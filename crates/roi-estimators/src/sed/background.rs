//! What stands behind the source in the bins: held, or free with a prior from a fit without the source.

use roi_fit::{Quiet, Session, fit};
use roi_model::{Parameter, ParameterId, Prior, Source, SourceId};

use crate::error::Result;
use crate::sed::global_fit::MIN_FIT_QUALITY;
use crate::sed::sed_options::SedOptions;

/// How little of the source is left in the fit without it.
const REMOVED: f64 = 1e-10;

/// Fixes everything but the norms of the background that are to be fitted in each bin. With `cov_scale` these get a Gaussian prior around their
/// value in a fit of the whole range without the source; a norm that has a prior of the user keeps that. What went wrong is returned.
pub(crate) fn set_background(session: &mut Session, source: SourceId, options: &SedOptions) -> Result<Vec<String>> {
    let free = free_norms(session, source, options);
    for model in session.roi_mut().sources_mut() {
        model.spectrum_mut().parameters_mut().iter_mut().for_each(|parameter| parameter.set_free(false));
    }
    for &id in &free {
        session.roi_mut().parameter_mut(id)?.set_free(true);
    }
    match options.cov_scale {
        Some(scale) if !free.is_empty() => add_priors(session, source, (&free, scale), options),
        _ => Ok(Vec::new()),
    }
}

/// The norms that are fitted with the source: those that are free in the model with `free_background`, those near it with `free_radius`.
fn free_norms(session: &Session, source: SourceId, options: &SedOptions) -> Vec<ParameterId> {
    let roi = session.roi();
    let center = roi[source].direction();
    let of = |(id, model): (SourceId, &Source)| {
        let norm = model.spectrum().norm_index().filter(|_| id != source)?;
        let parameter = &model.spectrum().parameters()[norm];
        let is_near = options.free_radius.zip(center).zip(model.direction()).is_some_and(|((radius, center), at)| {
            !model.spatial().is_diffuse_background() && center.separation(&at) <= radius
        });
        let is_wanted = (options.free_background && parameter.is_free()) || is_near;
        is_wanted.then_some(ParameterId { source: id, parameter: norm })
    };
    roi.ids().zip(roi.sources()).filter_map(of).collect()
}

fn add_priors(
    session: &mut Session,
    source: SourceId,
    (free, scale): (&[ParameterId], f64),
    options: &SedOptions,
) -> Result<Vec<String>> {
    let mut null = session.clone();
    let spectrum = null.roi_mut()[source].spectrum_mut();
    let norm = spectrum.norm_index().and_then(|norm| spectrum.parameters_mut().get_mut(norm));
    if let Some(norm) = norm {
        norm.set_bounds(0.0, 0.0)?;
        norm.set_value(norm.value() * REMOVED)?;
    }
    let fit_options = options.optimizer.clone().with_update(false).with_min_fit_quality(MIN_FIT_QUALITY);
    let fitted = fit(&mut null, &fit_options, &mut Quiet)?;
    if !fitted.fit_success {
        return Ok(vec![format!("the fit without the source: {}; the background has no priors", fitted.message)]);
    }
    for &id in free {
        let found = null.roi().parameter(id)?;
        let (value, sigma) = (found.value(), found.error() * scale);
        let parameter: &mut Parameter = session.roi_mut().parameter_mut(id)?;
        parameter.set_value(value)?;
        if sigma > 0.0 && parameter.prior().is_none() {
            parameter.set_prior(Some(Prior::gaussian(value, sigma)?));
        }
    }
    Ok(Vec::new())
}
