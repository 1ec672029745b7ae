//! The climb to the maximum near by, for who walks along a parameter and knows where to start.

use optimizers::{Newton, Options, Silent, Status};
use roi_model::ParameterId;

use crate::error::{Error, Result};
use crate::maximize::objective::{minimize, problem};
use crate::session::Session;

/// How near to the maximum a climb ends, as an estimated distance in `logL` (half of it).
const TOLERANCE: f64 = 1e-9;

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
    let loglike = session.loglike().map_err(Error::at_start)?;
    let free = session.roi.free_parameters();
    let row = held.and_then(|held| free.iter().position(|id| *id == held));
    if free.len() == usize::from(row.is_some()) {
        return Ok(Summit { loglike, is_converged: true });
    }
    let problem = problem(&session.roi, row)?;
    let options = Options::default().with_tol(TOLERANCE).with_second_look(false);
    let minimum = minimize(session.posterior()?, &problem, &Newton, &options, &mut Silent)?;
    if -minimum.fval >= loglike {
        session.roi.set_free_values(&minimum.values)?;
    }
    let is_converged = matches!(minimum.status, Status::Converged | Status::Degenerate);
    Ok(Summit { loglike: loglike.max(-minimum.fval), is_converged })
}
