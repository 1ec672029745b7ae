//! A crossing by Newton's method, for objectives with exact second derivatives.
//!
//! One parameter is to move until the objective, minimised over the others, has risen to a goal. Instead of a minimisation for every trial,
//! both conditions are solved at once: the derivatives with respect to the others vanish, and the value is the goal (Venzon & Moolgavkar
//! 1988, Applied Statistics 37, 87). Each step costs one Hessian, and the last digits come quadratically.

use std::ops::ControlFlow;

use ndarray::Array2;

use crate::error::{Error, EvalError, Result};
use crate::linalg::one_dimension::distance_to_rise;
use crate::linalg::{self, dot};
use crate::problem::minimum::Calls;
use crate::problem::objective::Objective;
use crate::problem::observer::{Iteration, Observer};
use crate::problem::parameters::Problem;

/// Steps before the method is given up: it converges in three or four, or not at all.
const STEPS: usize = 8;

/// What is sought.
pub(crate) struct Goal {
    /// The parameter that moves, by its position among the free ones.
    pub(crate) moving: usize,
    /// Where the objective has its minimum.
    pub(crate) best: f64,
    /// The lowest value, and how much of the objective is to be added to it.
    pub(crate) lowest: f64,
    pub(crate) rise: f64,
    /// By how much the rise may be off.
    pub(crate) accuracy: f64,
    /// How far, in units of the objective, the others may be from their minimum.
    pub(crate) edm: f64,
}

/// How the method ended.
pub(crate) enum Outcome {
    /// All parameters' values at the crossing, and the objective there.
    Found(Vec<f64>, f64),
    /// The method does not lead there: at a bound, where a trial is undefined or lies below the minimum, or where the objective is not convex in
    /// the others.
    NotThisWay,
    /// The observer stopped it.
    Stopped,
}

/// Where it is sought, and who counts and watches.
pub(crate) struct Place<'a> {
    pub(crate) objective: &'a mut dyn Objective,
    pub(crate) problem: &'a Problem,
    pub(crate) calls: &'a mut Calls,
    pub(crate) observer: &'a mut dyn Observer,
}

/// The crossing near `start`.
pub(crate) fn solve(place: Place<'_>, goal: &Goal, start: Vec<f64>) -> Result<Outcome> {
    let Place { objective, problem, calls, observer } = place;
    let free = problem.free();
    let Some(&moving) = free.get(goal.moving) else { return Ok(Outcome::NotThisWay) };
    let others: Vec<usize> = free.iter().copied().filter(|&i| i != moving).collect();
    let mut x = start;
    let outward = (x[moving] - goal.best).signum();
    let (mut gradient, mut hessian) = (vec![0.0; x.len()], Array2::zeros((x.len(), x.len())));
    for iteration in 1..=STEPS {
        let is_inside = |&i: &usize| {
            let parameter = &problem.parameters()[i];
            x[i].is_finite() && x[i] >= parameter.lower() && x[i] <= parameter.upper()
        };
        if !free.iter().all(is_inside) || (x[moving] - goal.best) * outward <= 0.0 {
            return Ok(Outcome::NotThisWay);
        }
        if observer.is_cancelled() {
            return Ok(Outcome::Stopped);
        }
        calls.hessians += 1;
        let fval = match objective.hessian(&x, &mut gradient, &mut hessian) {
            Ok(fval) => fval,
            Err(EvalError::NotFinite) => return Ok(Outcome::NotThisWay),
            Err(EvalError::Fatal(error)) => return Err(Error::Objective(error)),
        };
        let Some(profile) = Profile::at(fval, &gradient, &hessian, moving, &others) else {
            return Ok(Outcome::NotThisWay);
        };
        let edm = fval - profile.fval;
        let report = Iteration { algorithm: "MINOS", iteration, fval, edm, step: 1.0, damping: 0.0, calls: *calls };
        if observer.iteration(&report) == ControlFlow::Break(()) {
            return Ok(Outcome::Stopped);
        }
        // A curve that falls outwards has passed its crossing, or belongs to another minimum.
        if profile.fval < goal.lowest || profile.slope * outward <= 0.0 {
            return Ok(Outcome::NotThisWay);
        }
        let missing = goal.lowest + goal.rise - profile.fval;
        if missing.abs() < goal.accuracy && edm < goal.edm {
            return Ok(Outcome::Found(x, fval));
        }
        let Some(step) = profile.step(missing) else { return Ok(Outcome::NotThisWay) };
        x[moving] += step;
        for (&i, (to_minimum, follows)) in others.iter().zip(profile.to_minimum.iter().zip(&profile.follows)) {
            x[i] -= to_minimum + follows * step;
        }
    }
    Ok(Outcome::NotThisWay)
}

/// The objective minimised over the others, as a parabola in the moving parameter.
struct Profile {
    fval: f64,
    slope: f64,
    curvature: f64,
    /// The others' way to their minimum, and how they follow the moving parameter; both to be subtracted.
    to_minimum: Vec<f64>,
    follows: Vec<f64>,
}

impl Profile {
    fn at(fval: f64, gradient: &[f64], hessian: &Array2<f64>, moving: usize, others: &[usize]) -> Option<Self> {
        let n = others.len();
        let block = Array2::from_shape_fn((n, n), |(a, b)| hessian[[others[a], others[b]]]);
        let slopes: Vec<f64> = others.iter().map(|&i| gradient[i]).collect();
        let mixed: Vec<f64> = others.iter().map(|&i| hessian[[i, moving]]).collect();
        let (to_minimum, follows) = if others.is_empty() {
            (Vec::new(), Vec::new())
        } else {
            (linalg::solve(&block, &slopes)?, linalg::solve(&block, &mixed)?)
        };
        let profile = Self {
            fval: fval - 0.5 * dot(&slopes, &to_minimum),
            slope: gradient[moving] - dot(&mixed, &to_minimum),
            curvature: hessian[[moving, moving]] - dot(&mixed, &follows),
            to_minimum,
            follows,
        };
        (profile.fval.is_finite() && profile.slope.is_finite() && profile.curvature.is_finite()).then_some(profile)
    }

    /// The shortest step after which the parabola is higher by `rise`.
    fn step(&self, rise: f64) -> Option<f64> {
        Some(distance_to_rise(self.slope, self.curvature, rise)).filter(|step| step.is_finite())
    }
}
