//! A second look at a minimum that may not be the only one.
//!
//! A minimum of a likelihood with norms and shapes free may have a lower one beside it: two sources that overlap can share their counts in another
//! way, a cutoff at its bound may be better off far from it. Such a minimum is sound, with a positive definite Hessian, and yet it shows: a parameter
//! is held at a bound, or is known to a good part of its range only while another one is not known to differ from a bound. Then the search is begun
//! elsewhere, and given up as soon as it can be seen not to come below:
//!
//! - from the start of the problem, by another method;
//! - with all parameters that are held or hardly known somewhere else in their ranges, in a few evenly spread places;
//! - with a parameter that is near a bound, or on it, on the bound or well away from it, the others following as the covariance says.

use super::elsewhere::spread;
use super::verdict::{self, Verdict};
use crate::evaluate::evaluator::{Evaluator, Halt, Hessian, Point};
use crate::linalg::quadratic_model::positive_definite;
use crate::problem::minimum::Status;
use crate::problem::objective::Derivatives;
use crate::search::damped_step::{Damping, damped_step};
use crate::search::secant_update;
use ndarray::Array2;

/// A parameter is hardly known when its error is more than this share of its range.
const HARDLY_KNOWN: f64 = 0.045;
/// It is near a bound within so many errors.
const NEAR_BOUND: f64 = 1.5;
/// In how many places the parameters that are held or hardly known are put.
const PLACES: usize = 8;
/// How far from its bound a parameter near it is put, in errors.
const AWAY: [f64; 2] = [4.0, 16.0];
/// Calls that a second look may take, as a multiple of those before it.
const CALLS: usize = 12;
/// Steps of a descent.
const STEPS: usize = 25;
/// A descent is given up after so many steps where even so many times the foreseen decrease does not lead below the minimum.
const PATIENCE: usize = 4;
const HOPE: f64 = 5.0;
/// It has come back to the minimum when all parameters are within so many errors of it, where all are known well and where some are not.
const BACK: [f64; 2] = [0.5, 0.05];
/// Steps after which a descent measures the Hessian anew, where differences of gradients or of values make it.
const RENEWED_FROM_GRADIENTS: usize = 4;
const RENEWED_FROM_VALUES: usize = 12;

/// What is known of the minimum.
struct Known<'k> {
    point: &'k Point,
    hessian: &'k Hessian,
    verdict: &'k Verdict,
    /// The value below which another point is lower.
    bar: f64,
    /// The distance in errors within which a point is the minimum.
    back: f64,
}

/// A lower point elsewhere, if the minimum is in doubt and there is one.
pub(crate) fn look(
    evaluator: &mut Evaluator<'_>,
    point: &Point,
    hessian: &Hessian,
    verdict: &Verdict,
) -> Result<Option<Point>, Halt> {
    let bar = point.f - evaluator.edm_goal.max(evaluator.slack(point.f));
    let mut known = Known { point, hessian, verdict, bar, back: BACK[1] };
    if verdict.status != Status::Converged || !known.is_in_doubt(evaluator) {
        return Ok(None);
    }
    known.back = BACK[usize::from(known.has_hardly_known(evaluator))];
    let limit = evaluator.limit_calls(CALLS);
    let found = from_elsewhere(evaluator, &known);
    evaluator.restore_limit(limit);
    match found {
        // The minimum stands, however far the look came; but what was seen to be lower is lower.
        Err(Halt::Stop(Status::CallLimit | Status::TimeLimit)) | Ok(None) => {}
        other => return other,
    }
    match evaluator.best().filter(|(_, lowest)| *lowest < bar).cloned() {
        Some((x, _)) => Ok(Some(evaluator.point(&x)?).filter(Point::is_finite)),
        None => Ok(None),
    }
}

/// Descents from other places, until one comes below the minimum.
fn from_elsewhere(evaluator: &mut Evaluator<'_>, known: &Known<'_>) -> Result<Option<Point>, Halt> {
    // What is held alone is moved off its bound; the rest is for what is hardly known, too.
    let mut starts = Vec::new();
    if known.has_hardly_known(evaluator) {
        starts.push(evaluator.start());
        starts.extend(known.spread_places(evaluator));
        starts.extend(known.beside_bounds(evaluator, |i| known.is_near_bound(evaluator, i)));
    } else {
        starts.extend(known.beside_bounds(evaluator, |i| known.verdict.at_limit[i]));
    }
    for x in starts {
        let start = evaluator.point(&x)?;
        if start.is_finite()
            && let Some(lower) = descend(evaluator, start, known)?
        {
            return Ok(Some(lower));
        }
    }
    Ok(None)
}

impl Known<'_> {
    fn error(&self, i: usize) -> f64 {
        self.verdict.covariance.as_ref().map_or(f64::INFINITY, |covariance| covariance[[i, i]].max(0.0).sqrt())
    }

    fn is_hardly_known(&self, evaluator: &Evaluator<'_>, i: usize) -> bool {
        self.error(i) > HARDLY_KNOWN * (evaluator.upper()[i] - evaluator.lower()[i])
    }

    /// The distance to the nearer bound, and the sign of the way from it.
    fn room(&self, evaluator: &Evaluator<'_>, i: usize) -> (f64, f64) {
        let (below, above) = (self.point.x[i] - evaluator.lower()[i], evaluator.upper()[i] - self.point.x[i]);
        if below <= above { (below, 1.0) } else { (above, -1.0) }
    }

    fn is_near_bound(&self, evaluator: &Evaluator<'_>, i: usize) -> bool {
        self.room(evaluator, i).0 < NEAR_BOUND * self.error(i)
    }

    fn has_hardly_known(&self, evaluator: &Evaluator<'_>) -> bool {
        (0..self.point.x.len()).any(|i| self.is_hardly_known(evaluator, i))
    }

    fn is_in_doubt(&self, evaluator: &Evaluator<'_>) -> bool {
        let is_near = || (0..self.point.x.len()).any(|i| self.is_near_bound(evaluator, i));
        self.verdict.at_limit.contains(&true) || self.has_hardly_known(evaluator) && is_near()
    }

    /// The minimum, with what is held or hardly known in other places of its range.
    fn spread_places(&self, evaluator: &Evaluator<'_>) -> Vec<Vec<f64>> {
        let range = |i: usize| evaluator.upper()[i] - evaluator.lower()[i];
        let is_open =
            |i: &usize| range(*i).is_finite() && (self.verdict.at_limit[*i] || self.is_hardly_known(evaluator, *i));
        let open: Vec<usize> = (0..self.point.x.len()).filter(is_open).collect();
        let place = |k: usize| {
            let mut x = self.point.x.clone();
            for (j, &i) in open.iter().enumerate() {
                x[i] = evaluator.lower()[i] + spread(k, j, open.len()) * range(i);
            }
            x
        };
        let places = if open.is_empty() { 0 } else { PLACES };
        (0..places).map(place).collect()
    }

    /// The minimum, with one of some parameters moved away from its nearer bound, and onto it.
    fn beside_bounds(&self, evaluator: &Evaluator<'_>, is_one: impl Fn(usize) -> bool) -> Vec<Vec<f64>> {
        let mut all = Vec::new();
        for i in (0..self.point.x.len()).filter(|&i| is_one(i)) {
            let (room, inwards) = self.room(evaluator, i);
            let away = AWAY.map(|errors| errors * self.error(i) * inwards);
            let onto = (room > 0.0).then_some(-room * inwards);
            all.extend(away.into_iter().chain(onto).map(|d| self.moved(evaluator, i, d)));
        }
        all
    }

    /// The minimum with a parameter moved by `d`, the others following as the covariance says, within the bounds.
    fn moved(&self, evaluator: &Evaluator<'_>, i: usize, d: f64) -> Vec<f64> {
        let follows = |j: usize| {
            let share =
                self.verdict.covariance.as_ref().map_or(0.0, |covariance| covariance[[i, j]] / covariance[[i, i]]);
            if i == j || !share.is_finite() { f64::from(u8::from(i == j)) } else { share }
        };
        let x = self.point.x.iter().enumerate();
        x.map(|(j, x)| (x + follows(j) * d).clamp(evaluator.lower()[j], evaluator.upper()[j])).collect()
    }

    /// The first model of a descent: the Hessian at the minimum, made positive definite.
    fn model(&self, evaluator: &Evaluator<'_>) -> Option<Array2<f64>> {
        let up = evaluator.error_definition();
        let fallback: Vec<f64> = evaluator.steps.iter().map(|step| (2.0 * up).sqrt() / step).collect();
        positive_definite(&self.hessian.matrix, &fallback, self.hessian.accuracy).map(|definite| definite.matrix)
    }

    fn is_near(&self, x: &[f64]) -> bool {
        (0..x.len()).all(|i| (x[i] - self.point.x[i]).abs() <= self.back * self.error(i))
    }
}

/// A point below the minimum on the way down from a start; `None` once there is little hope for one.
fn descend(evaluator: &mut Evaluator<'_>, start: Point, known: &Known<'_>) -> Result<Option<Point>, Halt> {
    let renewed = match evaluator.derivatives() {
        Derivatives::Hessian => 1,
        Derivatives::Gradient => RENEWED_FROM_GRADIENTS,
        Derivatives::None => RENEWED_FROM_VALUES,
    };
    let (mut here, mut damping) = (start, Damping::default());
    let Some(mut model) = known.model(evaluator) else { return Ok(None) };
    for step in 0..STEPS {
        if here.f < known.bar {
            return Ok(Some(here));
        }
        if step % renewed == 0
            && let Some(measured) = evaluator.hessian(&here)?
            && let Some(definite) = verdict::definite_model(evaluator, &here, &measured)
        {
            model = definite.matrix;
        }
        let Some(whole) = verdict::step_in_bounds(evaluator, &here, &model) else { return Ok(None) };
        let edm = whole.decrease;
        let is_hopeless = step >= PATIENCE && here.f - HOPE * edm > known.bar;
        if is_hopeless || known.is_near(&here.x) || edm <= evaluator.aim() {
            return Ok(None);
        }
        let Some(taken) = damped_step(evaluator, &here, &model, edm, &mut damping)? else { return Ok(None) };
        secant_update::update(&mut model, &here, &taken.point);
        here = taken.point;
    }
    Ok(None)
}
