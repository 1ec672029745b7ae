//! Whether the likelihood is a paraboloid over the error ellipse, and the contour where it is not.

use std::f64::consts::TAU;

use rayon::prelude::*;
use roi_fit::{Session, climb};

use crate::curve::session_curve::is_impossible;
use crate::error::{Error, Result};
use crate::localize::ellipse::{CL95, ErrorEllipse, factor};
use crate::trial::place::TrialPlace;
use crate::trial::trial_session::TrialSession;

/// Points on the ellipse at which the fall is looked at.
const PROBES: usize = 8;
/// How much the fall there may differ from that of the paraboloid, relatively.
const PARABOLIC: f64 = 0.2;
/// Points of a contour.
const POINTS: usize = 24;
/// Steps to a point of the contour, and how exactly its fall is met, relatively.
const STEPS: usize = 12;
const MET: f64 = 1e-3;

/// What `logL` looks like around a position.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Contour {
    /// The largest relative difference of the fall of `logL` on the ellipse of 95 % to that of the paraboloid; infinite where there is no fall to compare.
    pub(crate) deviation: f64,
    /// Whether the contour was followed, as the ellipse is no good picture.
    pub(crate) is_wanted: bool,
    /// Right ascension and declination of points where the profile of `logL` has fallen to its 95 % level.
    pub(crate) points: Vec<[f64; 2]>,
    /// How many of the points were not found.
    pub(crate) n_lost: usize,
    /// By how much `logL` is higher somewhere on the ellipse.
    pub(crate) higher: f64,
}

/// Looks at the ellipse of 95 %, and follows the contour where `logL` does not fall there as it should.
pub(crate) fn contour(trial: &TrialSession<'_>, ellipse: &ErrorEllipse, loglike: f64) -> Result<Contour> {
    let level = 0.5 * factor(CL95).powi(2);
    let phases = |n: usize| (0..n).map(move |i| TAU * i as f64 / n as f64).collect::<Vec<f64>>();
    let fall = |scale: f64, phase: f64| -> Result<Option<f64>> {
        let [east, north] = ellipse.point(scale, phase);
        Ok(loglike_at(trial, trial.place().moved(east, north)?)?.map(|there| loglike - there))
    };
    // All of them first: the error is that of the first phase, for any number of threads.
    let falls: Vec<Result<_>> = phases(PROBES).par_iter().map(|&phase| fall(factor(CL95), phase)).collect();
    let falls: Vec<Option<f64>> = falls.into_iter().collect::<Result<_>>()?;
    let deviation = |fall: &Option<f64>| fall.map_or(f64::INFINITY, |fall| (fall / level - 1.0).abs());
    let deviation = falls.iter().map(deviation).fold(0.0, f64::max);
    let higher = falls.iter().flatten().fold(0.0, |most: f64, fall| most.max(-fall));
    if deviation <= PARABOLIC {
        return Ok(Contour { deviation, is_wanted: false, points: Vec::new(), n_lost: 0, higher });
    }
    let point = |&phase: &f64| -> Result<Option<[f64; 2]>> {
        let mut scale = factor(CL95);
        for _ in 0..STEPS {
            let Some(found) = fall(scale, phase)? else { return Ok(None) };
            if found <= 0.0 {
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
    let points: Vec<Result<_>> = phases(POINTS).par_iter().map(point).collect();
    let points: Vec<Option<[f64; 2]>> = points.into_iter().collect::<Result<_>>()?;
    let n_lost = points.iter().filter(|point| point.is_none()).count();
    Ok(Contour { deviation, is_wanted: true, points: points.into_iter().flatten().collect(), n_lost, higher })
}

/// `logL` with the source elsewhere, everything that is free fitted again: minus infinity where the data are impossible, `None` where the rest was not
/// fitted to its maximum, or no map can be made. `trial` is one of [`TrialSession::apart`].
pub(crate) fn loglike_at(trial: &TrialSession<'_>, place: TrialPlace) -> Result<Option<f64>> {
    let mut other = trial.clone();
    match other.look_at(place) {
        Ok(()) => maximum(other.session_mut()),
        // Off the exposure, say: what is looked at is no more than a picture.
        Err(Error::Dataset(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The maximum of `logL` over what is free: as [`loglike_at`].
pub(crate) fn maximum(session: &mut Session) -> Result<Option<f64>> {
    match climb(session, None) {
        Ok(summit) => Ok(Some(summit.loglike).filter(|_| summit.is_converged)),
        Err(error) if is_impossible(&error) => Ok(Some(f64::NEG_INFINITY)),
        Err(error) => Err(error.into()),
    }
}
