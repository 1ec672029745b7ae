//! LM: sums of squares by the Levenberg-Marquardt algorithm of MINPACK, from the `levenberg-marquardt` crate.
//!
//! That algorithm knows no bounds, so it works in MINUIT's free coordinates. Where the residuals are not defined it is
//! shown large ones, so that it shortens its step. (J. J. Moré, The Levenberg-Marquardt algorithm: implementation and
//! theory, Lecture Notes in Mathematics 630 (1978) 105.)

use super::{migrad, newton};
use crate::evaluate::coordinates::{self, Coordinate};
use crate::evaluate::evaluator::{Evaluator, Halt, Point, Progress};
use crate::judge::driver::Search;
use crate::problem::minimum::Status;
use crate::problem::options::Options;
use levenberg_marquardt::{LeastSquaresProblem, LevenbergMarquardt, TerminationReason};
use nalgebra::storage::Owned;
use nalgebra::{DMatrix, DVector, Dyn};
use std::cell::RefCell;

/// How much larger than at the start residuals are where they are not defined.
const UNDEFINED: f64 = 1e3;

/// Minimises from a point with a finite value. An objective that shows no residuals, or too few, is given to NEWTON,
/// which damps its steps likewise.
pub(crate) fn search(evaluator: &mut Evaluator<'_>, start: Point, options: &Options) -> Result<Search, Halt> {
    let n = evaluator.n();
    if evaluator.residual_count().is_none_or(|m| m < n) {
        return newton::search(evaluator, start, options);
    }
    let start = migrad::release(evaluator, start)?;
    let Some(first) = evaluator.residuals(&start.x, 0.0)? else {
        return Ok(Search { point: start, hessian: None, stopped: Some(Status::NoProgress) });
    };
    let norm = first.iter().map(|r| r * r).sum::<f64>();
    let coordinates = evaluator.coordinates();
    let t = DVector::from_vec(coordinates::internal(&coordinates, &start.x));
    let target = Target {
        state: RefCell::new(State { evaluator, halt: None }),
        undefined: DVector::from_element(first.len(), UNDEFINED * (1.0 + (norm / first.len() as f64).sqrt())),
        offset: start.f - 0.5 * norm,
        coordinates,
        t,
    };
    // The crate multiplies it by the number of parameters.
    let patience = options.max_iterations.clamp(1, 1_000_000);
    let (target, report) = LevenbergMarquardt::new().with_patience(patience).minimize(target);
    let Target { state, coordinates, t, .. } = target;
    let State { evaluator, halt } = state.into_inner();
    if let Some(halt) = halt {
        return Err(halt);
    }
    let x = coordinates::external(&coordinates, t.as_slice());
    let end = evaluator.point(&x)?;
    let point = if end.is_finite() && end.f <= start.f { end } else { start };
    let stopped = (report.termination == TerminationReason::LostPatience).then_some(Status::IterationLimit);
    evaluator.report("LM", Progress { fval: point.f, edm: evaluator.edm, step: 1.0, damping: 0.0 })?;
    Ok(Search { point, hessian: None, stopped })
}

struct State<'e, 'a> {
    evaluator: &'e mut Evaluator<'a>,
    halt: Option<Halt>,
}

impl State<'_, '_> {
    /// The outcome, `None` for a halt, which is kept.
    fn keep<T>(&mut self, outcome: Result<T, Halt>) -> Option<T> {
        match outcome {
            Ok(value) => Some(value),
            Err(halt) => {
                self.halt = Some(halt);
                None
            }
        }
    }
}

/// The problem as the crate wants it; it evaluates through a shared reference.
struct Target<'e, 'a> {
    state: RefCell<State<'e, 'a>>,
    coordinates: Vec<Coordinate>,
    t: DVector<f64>,
    undefined: DVector<f64>,
    offset: f64,
}

impl Target<'_, '_> {
    fn external(&self) -> Vec<f64> {
        coordinates::external(&self.coordinates, self.t.as_slice())
    }
}

impl LeastSquaresProblem<f64, Dyn, Dyn> for Target<'_, '_> {
    type ResidualStorage = Owned<f64, Dyn>;
    type JacobianStorage = Owned<f64, Dyn, Dyn>;
    type ParameterStorage = Owned<f64, Dyn>;

    fn set_params(&mut self, t: &DVector<f64>) {
        self.t.copy_from(t);
    }

    fn params(&self) -> DVector<f64> {
        self.t.clone()
    }

    fn residuals(&self) -> Option<DVector<f64>> {
        let mut state = self.state.borrow_mut();
        let outcome = state.evaluator.residuals(&self.external(), self.offset);
        let residuals = state.keep(outcome)?;
        Some(residuals.map_or_else(|| self.undefined.clone(), DVector::from_vec))
    }

    fn jacobian(&self) -> Option<DMatrix<f64>> {
        let mut state = self.state.borrow_mut();
        let outcome = state.evaluator.jacobian(&self.external());
        let jacobian = state.keep(outcome)??;
        let slope: Vec<f64> = self.coordinates.iter().zip(self.t.iter()).map(|(c, t)| c.derivative(*t)).collect();
        Some(DMatrix::from_fn(jacobian.nrows(), jacobian.ncols(), |k, i| jacobian[[k, i]] * slope[i]))
    }
}
