//! The climb to the maximum near by, for who walks along a parameter and knows where to start.

use ndarray::Array2;
use optimizers::{Newton, Options, Silent, Status, minimize_in_box};
use roi_model::ParameterId;

use crate::error::{Error, Result};
use crate::maximize::objective::{minimize, problem};
use crate::session::Session;

/// How near to the maximum a climb ends, as an estimated distance in `logL` (half of it).
const TOLERANCE: f64 = 1e-9;
/// Full steps that are tried first.
const STEPS: usize = 8;
/// How much `logL` may fall with one of them, relatively: rounding.
const ROUNDING: f64 = 1e-14;

/// Where a climb ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Summit {
    /// `logL` there, priors included.
    pub loglike: f64,
    /// Whether it is the maximum: no free direction leads up, whether or not all of them are constrained.
    pub is_converged: bool,
}

/// Moves the free parameters of a session to the maximum of `logL` near by, but for one that may be held (it stays free, and where it is). Newton's
/// method with exact second derivatives; no errors are computed, those of the model stay. A climb never ends below its start.
///
/// # Errors
/// When the likelihood of the start cannot be evaluated; a defect of the data.
pub fn climb(session: &mut Session, held: Option<ParameterId>) -> Result<Summit> {
    let free = session.roi.free_parameters();
    let row = held.and_then(|held| free.iter().position(|id| *id == held));
    if free.len() == usize::from(row.is_some()) {
        let loglike = session.loglike().map_err(Error::at_start)?;
        return Ok(Summit { loglike, is_converged: true });
    }
    if let Some(summit) = straight(session, row)? {
        return Ok(summit);
    }
    let loglike = session.loglike().map_err(Error::at_start)?;
    let problem = problem(&session.roi, row)?;
    let options = Options::default().with_tol(TOLERANCE).with_second_look(false);
    let minimum = minimize(session.posterior()?, &problem, &Newton, &options, &mut Silent)?;
    if -minimum.fval >= loglike {
        session.roi.set_free_values(&minimum.values)?;
    }
    let is_converged = matches!(minimum.status, Status::Converged | Status::Degenerate);
    Ok(Summit { loglike: loglike.max(-minimum.fval), is_converged })
}

/// The way of who stands near the maximum already, as those do who go from place to place: full Newton steps within the bounds, each of one
/// pass, until a step promises nothing more. `None` where a step does not lead up, or the quadratic model has no maximum: nothing has changed then.
fn straight(session: &mut Session, held: Option<usize>) -> Result<Option<Summit>> {
    let mut values = session.roi.free_values();
    let n = values.len();
    let mut bounds = Vec::with_capacity(n);
    for (row, id) in session.roi.free_parameters().into_iter().enumerate() {
        let (low, high) = session.roi.parameter(id)?.bounds();
        let is_held = low == high || held == Some(row);
        bounds.push(if is_held { (values[row], values[row]) } else { (low, high) });
    }
    let (mut gradient, mut hessian) = (vec![0.0; n], Array2::zeros((n, n)));
    let mut posterior = session.posterior().map_err(Error::at_start)?;
    let mut before = f64::NEG_INFINITY;
    for step in 0..STEPS {
        let loglike = match posterior.hessian(&values, &mut gradient, &mut hessian) {
            Ok(loglike) => loglike,
            Err(error) if step == 0 => return Err(Error::at_start(error)),
            Err(error) if error.is_stop() => return Err(error),
            Err(_) => return Ok(None),
        };
        if loglike < before - ROUNDING * loglike.abs() {
            return Ok(None);
        }
        before = loglike;
        let down: Vec<f64> = gradient.iter().map(|slope| -slope).collect();
        let [lower, upper]: [Vec<f64>; 2] = [
            bounds.iter().zip(&values).map(|(bound, value)| (bound.0 - value).min(0.0)).collect(),
            bounds.iter().zip(&values).map(|(bound, value)| (bound.1 - value).max(0.0)).collect(),
        ];
        let Some(next) = minimize_in_box(&hessian.mapv(|h| -h), &down, &lower, &upper) else { return Ok(None) };
        if 2.0 * next.decrease < TOLERANCE {
            drop(posterior);
            session.roi.set_free_values(&values)?;
            return Ok(Some(Summit { loglike, is_converged: true }));
        }
        for ((value, step), (low, high)) in values.iter_mut().zip(&next.p).zip(&bounds) {
            *value = (*value + step).clamp(*low, *high);
        }
    }
    Ok(None)
}
