//! `logL` of a session along one free parameter, the other free ones fitted again at every point.

use ndarray::Array2;
use roi_fit::{Session, climb};
use roi_model::ParameterId;

use crate::curve::point::{Curve, Point};
use crate::error::Result;

/// The curve of a session of its own.
pub(crate) struct SessionCurve {
    session: Session,
    id: ParameterId,
    /// The place of the parameter among the free ones.
    row: usize,
    refits: bool,
}

impl SessionCurve {
    /// Along a parameter, which is freed and may go anywhere; with others free, they are fitted again at every point.
    pub(crate) fn new(mut session: Session, id: ParameterId) -> Result<Self> {
        let parameter = session.roi_mut().parameter_mut(id)?;
        parameter.set_free(true);
        parameter.set_bounds(0.0, 0.0)?;
        let free = session.roi().free_parameters();
        let row = free.iter().take_while(|free| **free != id).count();
        Ok(Self { refits: free.len() > 1, session, id, row })
    }

    fn evaluate(&mut self, x: f64) -> roi_fit::Result<Point> {
        self.session.roi_mut().parameter_mut(self.id)?.set_value(x)?;
        let is_converged = !self.refits || climb(&mut self.session, Some(self.id))?.is_converged;
        let found = self.session.derivatives()?;
        // Along the curve the others follow: its slope is the partial one (they stand at their maximum), its curvature the Schur complement.
        let own = -found.hessian[[self.row, self.row]];
        let curvature = if self.refits { profile_curvature(&found.hessian, self.row).unwrap_or(own) } else { own };
        Ok(Point { x, loglike: found.loglike, slope: found.gradient[self.row], curvature, is_converged })
    }
}

/// The curvature of a parameter's profile: one over its diagonal element of the inverse of minus the Hessian.
fn profile_curvature(hessian: &Array2<f64>, row: usize) -> Option<f64> {
    let variance = optimizers::inverse(&hessian.mapv(|h| -h))?[[row, row]];
    (variance > 0.0 && variance.is_finite()).then(|| 1.0 / variance)
}

impl Curve for SessionCurve {
    fn at(&mut self, x: f64) -> Result<Point> {
        match self.evaluate(x) {
            Ok(point) => Ok(point),
            Err(error) if is_impossible(&error) => Ok(Point::impossible(x)),
            Err(error) => Err(error.into()),
        }
    }
}

/// Whether a point was refused for the values of its parameters.
pub(crate) fn is_impossible(error: &roi_fit::Error) -> bool {
    match error {
        roi_fit::Error::Likelihood(error) | roi_fit::Error::Start(error) => error.depends_on_parameters(),
        roi_fit::Error::ExcludedByPrior { .. } => true,
        _ => false,
    }
}
