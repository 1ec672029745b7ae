//! The data as they were observed: the best value of a norm, and the test of any other.

use roi_fit::{Session, Summit, climb, fall_of_limit};
use roi_model::{ParameterId, Roi};

use crate::curve::crossing::find_crossing;
use crate::curve::peak::find_peak;
use crate::curve::session_curve::{SessionCurve, is_impossible};
use crate::error::{Error, Result};

/// Where a norm without an upper bound may go, in units of its value.
const FARTHEST: f64 = 1e6;

/// The observed data with the best model.
pub(crate) struct Observed {
    /// At the maximum.
    session: Session,
    pub(crate) id: ParameterId,
    loglike: f64,
    /// The norm there.
    pub(crate) best: f64,
}

/// The model at a value of the norm, everything else that is free at its maximum.
pub(crate) struct AtValue {
    pub(crate) roi: Roi,
    /// `2 (logL of the best model - logL of this one)`; 0 where the best norm lies above.
    pub(crate) statistic: f64,
}

impl Observed {
    /// Of a session, whose norm `id` is free. It may go from 0 on, wherever its bounds are: as in a profile.
    pub(crate) fn new(session: &Session, id: ParameterId) -> Result<Self> {
        let mut session = session.clone();
        session.loglike()?;
        let parameter = session.roi_mut().parameter_mut(id)?;
        let value = parameter.value();
        parameter.set_bounds(value.min(0.0), FARTHEST * value.abs().max(1.0))?;
        let Some(loglike) = best_fit(&mut session, id)? else {
            return Err(Error::NoMaximum { source_name: session.roi()[id.source].name().to_owned() });
        };
        let best = session.roi().parameter(id)?.value();
        Ok(Self { session, id, loglike, best })
    }

    /// Where the profile, everything else that is free refitted, has fallen to the limit at this confidence; `None` where it does not fall so far.
    pub(crate) fn asymptotic_limit(&self, confidence: f64) -> Result<Option<f64>> {
        let mut curve = SessionCurve::new(self.session.clone(), self.id)?;
        let lowest = self.best.min(0.0);
        let (peak, _) = find_peak(&mut curve, self.best, (lowest, f64::MAX))?;
        find_crossing(&mut curve, &peak, fall_of_limit(confidence), f64::INFINITY, &mut Vec::new())
    }

    /// The model at a value. It depends on the value alone.
    pub(crate) fn at(&mut self, value: f64) -> Result<AtValue> {
        let best = self.session.roi().clone();
        self.session.roi_mut().parameter_mut(self.id)?.set_value(value)?;
        let found = climb(&mut self.session, Some(self.id));
        let roi = std::mem::replace(self.session.roi_mut(), best);
        let Summit { loglike, is_converged } = found?;
        if !is_converged {
            return Err(Error::NoMaximum { source_name: roi[self.id.source].name().to_owned() });
        }
        let fall = self.loglike - loglike;
        let statistic = if self.best > value { 0.0 } else { 2.0 * fall.max(0.0) };
        Ok(AtValue { roi, statistic })
    }
}

/// `logL` at the maximum, where the session stands then; `None` where it was not found.
pub(crate) fn best_fit(session: &mut Session, id: ParameterId) -> roi_fit::Result<Option<f64>> {
    let found = climb(session, None)?;
    if found.is_converged {
        return Ok(Some(found.loglike));
    }
    // Without counts `logL` is a straight line, on which no step of Newton's leads to the bound: it is the maximum where `logL` falls from there.
    let (lowest, _) = session.roi().parameter(id)?.bounds();
    session.roi_mut().parameter_mut(id)?.set_value(lowest)?;
    let at_bound = match climb(session, Some(id)) {
        Err(error) if is_impossible(&error) => return Ok(None),
        other => other?,
    };
    let row = session.roi().free_parameters().iter().position(|free| *free == id);
    let slope = row.and_then(|row| session.derivatives().ok()?.gradient.get(row).copied());
    let is_maximum =
        at_bound.is_converged && slope.is_some_and(|slope| slope <= 0.0) && at_bound.loglike >= found.loglike;
    Ok(is_maximum.then_some(at_bound.loglike))
}
