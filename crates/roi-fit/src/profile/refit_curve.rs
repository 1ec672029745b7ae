//! A profile in coordinates of its own, all others fitted again by Newton's method at every point: where the searches side by side do not arrive.

use ndarray::Array1;
use optimizers::{Newton, Options, Parameter, Problem, Status};

use crate::error::{Error, Result};
use crate::known::limits::{CL_LIMIT, fall_of_limit};
use crate::known::refitted_limit::LimitStatus;
use crate::maximize::objective::{Chart as _, minimize_in_chart};
use crate::maximize::posterior::Posterior;
use crate::profile::crossings::distance_to_fall;
use crate::profile::flux_coordinate::Coordinates;
use crate::profile::quadratic::Bounds;
use crate::profile::walk::{Curve, Peak};

/// Tolerance of the fits of the others.
const TOLERANCE: f64 = 1e-5;
/// `logL` above the maximum by more is another maximum.
const HIGHER: f64 = 1e-3;

/// The profile along one coordinate.
struct RefitCurve<'a, 'b> {
    posterior: &'a mut Posterior<'b>,
    coordinates: &'a Coordinates,
    bounds: &'a Bounds,
    /// Natural lengths of the coordinates.
    steps: Vec<f64>,
    /// The maximum, and where the last fit of the others ended.
    start: Vec<f64>,
    last: Vec<f64>,
    top: f64,
    /// Whether the last fit of the others came to a maximum.
    is_at_maximum: bool,
}

/// Why a curve has no value.
enum Stop {
    /// It is higher than the maximum that it should fall from.
    Higher,
    Failed(Error),
}

impl Curve for RefitCurve<'_, '_> {
    type Error = Stop;

    fn loglike(&mut self, x: f64) -> std::result::Result<f64, Stop> {
        let loglike = self.refitted(x).map_err(Stop::Failed)?;
        if loglike > self.top + HIGHER { Err(Stop::Higher) } else { Ok(loglike) }
    }

    fn restart(&mut self) -> std::result::Result<(), Stop> {
        self.last.clone_from(&self.start);
        Ok(())
    }
}

impl RefitCurve<'_, '_> {
    /// `logL` with the coordinate at `x` and the others at their maximum near by; minus infinity where it has no start.
    fn refitted(&mut self, x: f64) -> Result<f64> {
        self.is_at_maximum = false;
        let mut best = f64::NEG_INFINITY;
        // From where the last fit ended and, if that is no way, from the maximum.
        for from in [self.last.clone(), self.start.clone()] {
            let problem = self.problem(&from, x)?;
            if problem.free().is_empty() {
                self.is_at_maximum = true;
                let Some(values) = self.coordinates.values(&problem_values(&problem)) else { return Ok(best) };
                return match self.posterior.value(&values) {
                    Ok(loglike) => Ok(loglike),
                    Err(error) if error.is_internal() => Err(error),
                    Err(_) => Ok(best),
                };
            }
            let options = Options::default().with_tol(TOLERANCE).with_second_look(false);
            match minimize_in_chart(self.posterior, self.coordinates, &problem, (&Newton, &options)) {
                Ok(minimum) if -minimum.fval > best => {
                    best = -minimum.fval;
                    // What the held value leaves unconstrained does not change the height.
                    let is_found =
                        matches!(minimum.status, Status::Converged | Status::Degenerate | Status::NotQuadratic);
                    self.is_at_maximum = is_found;
                    self.last = minimum.values;
                }
                Err(error) if error.is_internal() => return Err(error),
                _ => {}
            }
            if self.is_at_maximum {
                break;
            }
        }
        Ok(best)
    }

    fn problem(&self, from: &[f64], x: f64) -> Result<Problem> {
        let parameter = |(row, &value): (usize, &f64)| {
            let ((low, high), is_x) = (self.bounds[row], row == self.coordinates.row);
            let held = is_x || low == high;
            let parameter = Parameter::new(format!("coordinate {row}"), if is_x { x } else { value });
            let parameter = parameter.with_step(self.steps[row]).with_fixed(held);
            if held { parameter } else { parameter.with_bounds(low, high) }
        };
        Ok(Problem::new(from.iter().enumerate().map(parameter).collect())?)
    }
}

fn problem_values(problem: &Problem) -> Vec<f64> {
    problem.parameters().iter().map(Parameter::value).collect()
}

/// The 95 % upper limit along a coordinate, by a fit of the others at every value that the search for the fall asks for. `maximum`: the values of the
/// free parameters there, and `logL`; `curvature`: minus its second derivatives along each.
pub(crate) fn limit_by_refits(
    posterior: &mut Posterior<'_>,
    (coordinates, bounds): (&Coordinates, &Bounds),
    (maximum, top): (&[f64], f64),
    curvature: &Array1<f64>,
) -> Result<std::result::Result<f64, LimitStatus>> {
    let Some(start) = coordinates.point(maximum) else { return Ok(Err(LimitStatus::OthersNotAtMaximum)) };
    let step = |(bend, (low, high)): (&f64, &(f64, f64))| {
        let step = bend.sqrt().recip().min(high - low);
        if step.is_finite() && step > 0.0 { step } else { 1.0 }
    };
    let steps: Vec<f64> = curvature.iter().zip(bounds).map(step).collect();
    let x0 = start[coordinates.row];
    let peak = Peak { x: x0, loglike: top, step: 2.0 * steps[coordinates.row] };
    let last = start.clone();
    let mut curve = RefitCurve { posterior, coordinates, bounds, steps, start, last, top, is_at_maximum: true };
    let range = (x0.min(0.0), f64::MAX);
    let found = distance_to_fall(&mut curve, (peak, range), &[], (true, fall_of_limit(CL_LIMIT)));
    let limit = match found {
        Ok(Some(distance)) => x0 + distance,
        Ok(None) => return Ok(Err(LimitStatus::NoFall)),
        Err(Stop::Higher) => return Ok(Err(LimitStatus::HigherMaximum)),
        Err(Stop::Failed(error)) => return Err(error),
    };
    curve.refitted(limit)?;
    Ok(if curve.is_at_maximum { Ok(limit) } else { Err(LimitStatus::OthersNotAtMaximum) })
}
