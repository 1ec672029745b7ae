//! Room for the norm of the source in a bin.
//!
//! The bounds of a norm are chosen for the whole time. In a bin of little exposure all fluxes within them may predict less than a count: a fit finds that nothing
//! is constrained, and a limit lies beyond them. There the upper bound is raised.

use roi_fit::{Session, fall_of_limit};
use roi_model::{ParameterId, Roi, Spectrum};

use crate::curve::crossing::find_crossing;
use crate::curve::peak::find_peak;
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
    /// The limit of the norm, all else held: where fits begin. From the norm of the whole time the likelihood may be too flat to tell a way.
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

/// The spectrum of the whole time, the upper bound of its norm raised where a limit, all else held, lies near or beyond it. The session has the model of the
/// whole time.
pub(crate) fn with_room(session: &Session, plan: &Plan) -> Result<Roomy> {
    let mut spectrum = plan.spectrum.clone();
    let (min, max) = spectrum.parameters()[plan.norm].bounds();
    // Bounds that are one hold the norm on purpose.
    if !max.is_finite() || min >= max || has_room(session, plan, max)? {
        return Ok(Roomy { spectrum, raised: None });
    }
    let Some(limit) = limit(session, plan)?.filter(|limit| *limit > SHARE * max) else {
        return Ok(Roomy { spectrum, raised: None });
    };
    let norm = &mut spectrum.parameters_mut()[plan.norm];
    norm.set_bounds(norm.min(), RAISED * limit)?;
    let note = format!(
        "the upper bound of {} was raised from {max} to {:.3e}: below it these data constrain nothing",
        norm.name(),
        RAISED * limit
    );
    Ok(Roomy { spectrum, raised: Some(Raised { start: limit, note }) })
}

/// Whether the counts alone say that a limit lies far below the upper bound.
fn has_room(session: &Session, plan: &Plan, max: f64) -> Result<bool> {
    let most = session.data().npred(&session.roi()[plan.source])? / plan.norm_const() * max;
    Ok(most * SHARE > 2.0 * (session.data().total_counts() + FEW))
}

/// The limit of the norm with everything else held, wherever it lies.
fn limit(session: &Session, plan: &Plan) -> Result<Option<f64>> {
    let mut session = session.clone();
    for source in session.roi_mut().sources_mut() {
        source.spectrum_mut().parameters_mut().iter_mut().for_each(|parameter| parameter.set_free(false));
    }
    let mut curve = SessionCurve::new(session, ParameterId { source: plan.source, parameter: plan.norm })?;
    let (peak, is_found) = find_peak(&mut curve, plan.norm_const().max(0.0), (0.0, f64::INFINITY))?;
    if !is_found {
        return Ok(None);
    }
    find_crossing(&mut curve, &peak, fall_of_limit(plan.options.ul_confidence), f64::INFINITY, &mut Vec::new())
}
