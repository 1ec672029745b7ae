//! The upper limits of a bin's flux, at any confidence.

use roi_fit::{Analysis, SourceProperties, fall_of_limit};
use roi_model::{ParameterId, Pars};

use crate::curve::crossing::find_crossing;
use crate::curve::peak::find_peak;
use crate::curve::session_curve::SessionCurve;
use crate::error::Result;
use crate::light_curve::bin::plan::Plan;
use crate::light_curve::bin::posterior_limit::posterior_limit;
use crate::light_curve::bin::time_bin::FluxLimit;

/// The two limits of a bin.
pub(crate) struct Limits {
    /// Where the profile of the source's norm, all other norms that are free fitted again and its own shape held, has fallen from its maximum (at 0 or
    /// above) to the one-sided limit. `None` where it does not fall.
    pub(crate) of_profile: Option<FluxLimit>,
    /// Where the integral of the same profile holds the confidence ([`posterior_limit`]); `None` also where it was not asked for.
    pub(crate) of_integral: Option<FluxLimit>,
}

/// The limits; that of the integral where it `is_wanted`.
pub(crate) fn flux_limits(
    analysis: &Analysis,
    plan: &Plan,
    (known, is_wanted): (&SourceProperties, bool),
) -> Result<Limits> {
    let mut session = analysis.session().clone();
    let id = ParameterId { source: plan.source, parameter: plan.norm };
    let parameters = session.roi_mut()[plan.source].spectrum_mut().parameters_mut();
    for index in Pars::Shape.indices(&plan.spectrum) {
        if let Some(parameter) = parameters.get_mut(index) {
            parameter.set_free(false);
        }
    }
    let start = session.roi().parameter(id)?.value();
    let mut curve = SessionCurve::new(session, id)?;
    let (peak, is_found) = find_peak(&mut curve, start.max(0.0), (0.0, f64::INFINITY))?;
    let fall = fall_of_limit(plan.options.ul_confidence);
    let crossing =
        if is_found { find_crossing(&mut curve, &peak, fall, f64::INFINITY, &mut Vec::new())? } else { None };
    let integral =
        if is_found && is_wanted { posterior_limit(&mut curve, &peak, plan.options.ul_confidence)? } else { None };
    let flux_of = |norm: f64, key: &str| flux_per_norm(plan, known, key).map(|flux| flux * norm);
    let limit = |norm: f64| FluxLimit { norm, flux: flux_of(norm, "flux"), eflux: flux_of(norm, "eflux") };
    Ok(Limits { of_profile: crossing.map(limit), of_integral: integral.map(limit) })
}

/// A flux of a source at a norm of 1, the scale not applied: every flux is proportional to the norm. `None` where it is not known.
pub(crate) fn flux_per_norm(plan: &Plan, known: &SourceProperties, key: &str) -> Option<f64> {
    let norm = known.parameters.get(plan.norm)?.value;
    let of_value = known.number(key).map(|flux| flux / norm);
    let limit = known.norm_limits.and_then(|limits| limits.ul);
    let of_limit = || Some(known.number(&format!("{key}_ul95"))? / limit?);
    of_value.filter(|flux| flux.is_finite()).or_else(of_limit).filter(|flux| flux.is_finite())
}
