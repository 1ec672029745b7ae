//! Whether the likelihood is a paraboloid over the error ellipse, and the contour where it is not.

use std::f64::consts::TAU;

use rayon::prelude::*;
use roi_fit::climb;

use crate::error::Result;
use crate::localize::ellipse::{CL95, ErrorEllipse, factor};
use crate::trial::place::TrialPlace;
use crate::trial::trial_session::TrialSession;

/// Points on the ellipse at which the fall is looked at.
const PROBES: usize = 8;
/// How much the fall there may differ from that of the paraboloid, relatively.
const PARABOLIC: f64 = 0.2;
/// Points of a contour.
const POINTS: usize = 24;
/// Steps to a point of the contour, and how exactly its fall is met.
const STEPS: usize = 12;
const MET: f64 = 1e-3;

/// The 95 % contour of a position.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Contour {
    /// The largest relative difference of the fall of `logL` on the ellipse of 95 % to that of the paraboloid.
    pub(crate) deviation: f64,
    /// Right ascension and declination of points where the profile of `logL` has fallen to its 95 % level; empty where the ellipse is good enough.
    pub(crate) points: Vec<[f64; 2]>,
}

/// Looks at the ellipse of 95 %, and follows the contour where `logL` does not fall there as it should.
pub(crate) fn contour(trial: &TrialSession<'_>, ellipse: &ErrorEllipse, loglike: f64) -> Result<Contour> {
    let level = 0.5 * factor(CL95).powi(2);
    let phases = |n: usize| (0..n).map(move |i| TAU * i as f64 / n as f64).collect::<Vec<f64>>();
    let fall = |scale: f64, phase: f64| -> Result<f64> {
        let [east, north] = ellipse.point(scale, phase);
        Ok(loglike - loglike_at(trial, trial.place().moved(east, north)?)?)
    };
    let falls: Vec<f64> = phases(PROBES).par_iter().map(|&phase| fall(factor(CL95), phase)).collect::<Result<_>>()?;
    let deviation = falls.iter().map(|fall| (fall / level - 1.0).abs()).fold(0.0, f64::max);
    if deviation <= PARABOLIC {
        return Ok(Contour { deviation, points: Vec::new() });
    }
    let point = |&phase: &f64| -> Result<Option<[f64; 2]>> {
        let mut scale = factor(CL95);
        for _ in 0..STEPS {
            let found = fall(scale, phase)?;
            if !found.is_finite() || found <= 0.0 {
                return Ok(None);
            }
            if (found / level - 1.0).abs() < MET {
                let [east, north] = ellipse.point(scale, phase);
                let place = trial.place().direction.moved(east, north)?;
                return Ok(Some([place.ra(), place.dec()]));
            }
            // The root of the fall is nearly linear in the distance.
            scale *= (level / found).sqrt().clamp(0.5, 2.0);
        }
        Ok(None)
    };
    let points: Vec<Option<[f64; 2]>> = phases(POINTS).par_iter().map(point).collect::<Result<_>>()?;
    Ok(Contour { deviation, points: points.into_iter().flatten().collect() })
}

/// `logL` with the source elsewhere, everything that is free fitted again; `trial` is one of [`TrialSession::apart`].
pub(crate) fn loglike_at(trial: &TrialSession<'_>, place: TrialPlace) -> Result<f64> {
    let mut other = trial.clone();
    other.look_at(place)?;
    Ok(climb(other.session_mut(), None)?.loglike)
}
