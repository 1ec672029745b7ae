//! Room for the norm of the source in a bin.
//!
//! The bounds of a norm are chosen for the whole time. In a bin of little exposure all fluxes within them may predict less than a count: a fit finds that nothing
//! is constrained, and a limit lies beyond them. There the upper bound is raised; and for a flare that it cuts.

use roi_fit::{Analysis, Session, fall_of_limit};
use roi_model::{ParameterId, Roi, Spectrum};

use crate::curve::crossing::find_crossing;
use crate::curve::peak::find_peak;
use crate::curve::point::Curve;
use crate::curve::session_curve::SessionCurve;
use crate::error::Result;
use crate::light_curve::bin::plan::Plan;

/// The part of the upper bound that a limit may come to.
const SHARE: f64 = 0.5;
/// How many times the limit a raised bound is.
const RAISED: f64 = 100.0;
/// With `n` counts no limit of a source exceeds `2 (n + FEW)` predicted ones, whatever else there is: without anything else it is `n + z^2/2 + z sqrt(n)`, about.
const FEW: f64 = 10.0;

/// The spectrum of the source of the whole time as a bin is fitted with it.
pub(crate) struct Roomy {
    pub(crate) spectrum: Spectrum,
    /// What was changed.
    pub(crate) raised: Option<Raised>,
}

/// An upper bound that was raised.
pub(crate) struct Raised {
    /// Where fits begin: the maximum of a source that is seen, else the limit of the norm, all else held. From the norm of the whole time the likelihood may
    /// be too flat to tell a way.
    pub(crate) start: f64,
    /// The same in words.
    pub(crate) note: String,
}

impl Roomy {
    /// Sets the norm of the source to where fits begin.
    pub(crate) fn begin(&self, roi: &mut Roi, plan: &Plan) -> Result<()> {
        if let Some(raised) = &self.raised {
            roi[plan.source].spectrum_mut().parameters_mut()[plan.norm].set_value(raised.start)?;
        }
        Ok(())
    }
}

/// The spectrum of the whole time, the upper bound of its norm raised where these data allow what lies near or beyond it, all else held. A norm that is not
/// to be fitted keeps its bounds. The analysis has the model of the whole time.
pub(crate) fn with_room(analysis: &Analysis, plan: &Plan) -> Result<Roomy> {
    let mut spectrum = plan.spectrum.clone();
    let norm = &spectrum.parameters()[plan.norm];
    let (min, max) = norm.bounds();
    let is_locked = analysis.locked_parameters().any(|locked| locked == (plan.name.as_str(), norm.name()));
    let is_held =
        !plan.options.free_params.is_empty() && !plan.options.free_params.iter().any(|free| free == norm.name());
    // Bounds that are one hold the norm on purpose.
    if is_locked || is_held || !max.is_finite() || min >= max || has_room(analysis.session(), plan, max)? {
        return Ok(Roomy { spectrum, raised: None });
    }
    let reach = reach(analysis.session(), plan)?;
    let Some(reach) = reach.filter(|reach| reach.limit > if reach.is_detected { max } else { SHARE * max }) else {
        return Ok(Roomy { spectrum, raised: None });
    };
    let norm = &mut spectrum.parameters_mut()[plan.norm];
    norm.set_bounds(norm.min(), RAISED * reach.limit)?;
    let note = format!(
        "the upper bound of {} was raised from {max} to {:.3e}: with all else held its limit is {:.3e}",
        norm.name(),
        RAISED * reach.limit,
        reach.limit
    );
    let start = if reach.is_detected { reach.peak } else { reach.limit };
    Ok(Roomy { spectrum, raised: Some(Raised { start, note }) })
}

/// Whether the counts alone say that a limit lies far below the upper bound.
fn has_room(session: &Session, plan: &Plan, max: f64) -> Result<bool> {
    let most = session.data().npred(&session.roi()[plan.source])? / plan.norm_const() * max;
    Ok(most * SHARE > 2.0 * (session.data().total_counts() + FEW))
}

/// What the norm can be with everything else held, bounds or not.
struct Reach {
    /// Where the likelihood is highest.
    peak: f64,
    /// The limit.
    limit: f64,
    /// Whether the source is seen: its limit is that of its flux, then, and none that the data leave open.
    is_detected: bool,
}

/// How far the norm reaches; `None` where the likelihood has no maximum or does not fall.
fn reach(session: &Session, plan: &Plan) -> Result<Option<Reach>> {
    let mut session = session.clone();
    for source in session.roi_mut().sources_mut() {
        source.spectrum_mut().parameters_mut().iter_mut().for_each(|parameter| parameter.set_free(false));
    }
    let mut curve = SessionCurve::new(session, ParameterId { source: plan.source, parameter: plan.norm })?;
    let (peak, is_found) = find_peak(&mut curve, plan.norm_const().max(0.0), (0.0, f64::INFINITY))?;
    if !is_found {
        return Ok(None);
    }
    let fall = fall_of_limit(plan.options.ul_confidence);
    let limit = find_crossing(&mut curve, &peak, fall, f64::INFINITY, &mut Vec::new())?;
    let ts = 2.0 * (peak.loglike - curve.at(0.0)?.loglike);
    let is_detected = ts >= plan.options.ul_ts_threshold;
    Ok(limit.map(|limit| Reach { peak: peak.x, limit, is_detected }))
}
