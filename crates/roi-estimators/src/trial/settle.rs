//! The fit of place and width together with all free parameters: Newton's method with exact derivatives, kept within bounds.

use ndarray::Array2;
use rayon::prelude::*;
use roi_fit::{Event, Progress, Session, Summit, climb};

use crate::curve::session_curve::is_impossible;
use crate::error::{Error, Result};
use crate::trial::place::{TrialPlace, TrialShape};
use crate::trial::slopes::{Coordinate, PlaceDerivatives};
use crate::trial::trial_session::TrialSession;

/// Steps that a fit may take.
const STEPS: usize = 60;
/// How often a step is halved that does not lead up.
const HALVINGS: usize = 12;
/// The gain in `logL` that a step must promise; below it the maximum is found. A position is 0.005 of its error from it then.
const GAIN: f64 = 1e-5;
/// By how much `logL` may be below the highest so far after a step that promises less than [`NEAR`]: maps are sums over grids of points, which are refined
/// pixel by pixel, so that `logL` has small steps where its derivatives are smooth. Near the maximum these count.
const ROUNDING: f64 = 0.1;
const NEAR: f64 = 1.0;
/// A maximum that steps do not come nearer to any more is found when they promise less than this.
const FOUND: f64 = 2e-3;
/// Steps that may pass without coming nearer.
const PATIENCE: usize = 3;
/// The longest step, degrees.
const LONGEST: f64 = 0.3;
/// The step over which second derivatives are taken, in errors.
const PROBE: f64 = 0.5;

/// Where a fit ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settled {
    pub(crate) loglike: f64,
    /// Whether it is a maximum of place and parameters.
    pub(crate) is_converged: bool,
    /// Whether it lies where the source may go: no step from there leads beyond.
    pub(crate) is_inside: bool,
}

/// A step of Newton's method.
struct Step {
    free: Vec<f64>,
    place: Vec<f64>,
    /// What it promises.
    gain: f64,
}

impl Step {
    /// Makes it so long at most.
    fn shorten(&mut self, length: f64, longest: f64) {
        if length > longest {
            let share = longest / length;
            self.place.iter_mut().chain(&mut self.free).for_each(|x| *x *= share);
        }
    }
}

/// What can be moved: one source, or several at once. Its coordinates come after the free parameters of its session.
pub(crate) trait Moving: Sized {
    fn session(&self) -> &Session;
    fn session_mut(&mut self) -> &mut Session;
    /// The derivatives where it stands.
    fn slopes(&mut self) -> Result<PlaceDerivatives>;
    /// The same with all second derivatives.
    fn curved(&mut self) -> Result<PlaceDerivatives>;
    /// How far a step along the coordinates moves what moves farthest, degrees.
    fn length(&self, by: &[f64]) -> f64;
    /// Whether everything stays after a step where it may go.
    fn is_within(&self, by: &[f64]) -> Result<bool>;
    /// The same a step further, in its session too; `None` where there is no such place. Room for derivatives goes along.
    fn moved(&self, by: &[f64]) -> Result<Option<Self>>;
    /// Takes over the room for derivatives of one that is no longer needed.
    fn take_room(&mut self, from: &mut Self);
}

/// One source along some of its coordinates.
struct Alone<'a, 'c> {
    trial: TrialSession<'a>,
    coordinates: &'c [Coordinate],
    start: TrialPlace,
    reach: f64,
}

impl Moving for Alone<'_, '_> {
    fn session(&self) -> &Session {
        self.trial.session()
    }

    fn session_mut(&mut self) -> &mut Session {
        self.trial.session_mut()
    }

    fn slopes(&mut self) -> Result<PlaceDerivatives> {
        self.trial.derivatives(self.coordinates)
    }

    fn curved(&mut self) -> Result<PlaceDerivatives> {
        Ok(with_curvature(&mut self.trial, self.coordinates)?.at)
    }

    fn length(&self, by: &[f64]) -> f64 {
        by.iter().map(|x| x * x).sum::<f64>().sqrt()
    }

    fn is_within(&self, by: &[f64]) -> Result<bool> {
        let place = stepped(self.trial.place(), self.coordinates, by)?;
        Ok(self.start.direction.separation(&place.direction) <= self.reach)
    }

    fn moved(&self, by: &[f64]) -> Result<Option<Self>> {
        let place = stepped(self.trial.place(), self.coordinates, by)?;
        if !has_size(place) {
            return Ok(None);
        }
        Ok(Some(Self { trial: self.trial.elsewhere(place)?, ..*self }))
    }

    fn take_room(&mut self, from: &mut Self) {
        self.trial.sloped = from.trial.sloped.take();
    }
}

/// Moves the source to the maximum of `logL` near by, at most `reach` degrees from where it stands, with all free parameters fitted at every place.
pub(crate) fn settle(
    trial: &mut TrialSession<'_>,
    coordinates: &[Coordinate],
    reach: f64,
    progress: &mut dyn Progress,
) -> Result<Settled> {
    let mut alone = Alone { trial: trial.clone(), coordinates, start: trial.place(), reach };
    let end = settle_all(&mut alone, progress)?;
    *trial = alone.trial;
    Ok(end)
}

/// Moves everything to the maximum of `logL` near by, with all free parameters fitted at every place.
pub(crate) fn settle_all<M: Moving>(moving: &mut M, progress: &mut dyn Progress) -> Result<Settled> {
    let summit = climb(moving.session_mut(), None)?;
    let mut end = Settled { loglike: summit.loglike, is_converged: false, is_inside: true };
    // Whether the parameters stand at their maximum at the last place.
    let mut is_fitted = summit.is_converged;
    let mut nearest = Nearest { gain: f64::INFINITY, since: 0 };
    let mut block = None;
    let mut last: Option<Vec<f64>> = None;
    let mut highest = end.loglike;
    for iteration in 0..STEPS {
        let mut derivatives = moving.slopes()?;
        if let Some(block) = &block {
            derivatives.set_block(block);
        }
        let Some(mut step) = step(moving, &derivatives) else { return Ok(end) };
        let event = Event::Iteration { algorithm: "NEWTON", iteration, log_likelihood: end.loglike, edm: step.gain };
        if progress.event(&event).is_break() || progress.is_cancelled() {
            return Err(Error::Stopped);
        }
        let is_near_enough = nearest.is_reached(step.gain);
        if step.gain < GAIN || (step.gain < FOUND && is_near_enough) {
            end.is_converged = is_fitted;
            return Ok(end);
        }
        let (promised, full) = (step.gain, step.place.clone());
        let too_far = last.filter(|last| is_back(last, &step.place));
        if let Some(last) = &too_far {
            // The last step overshot the maximum: it lies between.
            step.shorten(moving.length(&step.place), 0.5 * moving.length(last));
        }
        let Some(summit) = advance(moving, &mut step, highest)? else {
            end.is_converged = is_fitted && promised < FOUND;
            end.is_inside = moving.is_within(&full)?;
            return Ok(end);
        };
        (end.loglike, is_fitted) = (summit.loglike, summit.is_converged);
        highest = highest.max(end.loglike);
        last = Some(step.place);
        let is_slow = nearest.is_slow(promised);
        if is_slow && (block.is_none() || too_far.is_some()) {
            // What the second derivatives of the coordinates lack is not small here, or they were those of elsewhere.
            block = Some(moving.curved()?.block());
        }
    }
    Ok(end)
}

/// How near steps have come.
struct Nearest {
    /// The smallest promise.
    gain: f64,
    /// Steps since then.
    since: usize,
}

impl Nearest {
    /// Whether the last step came no nearer than half of the way.
    fn is_slow(&self, gain: f64) -> bool {
        gain < NEAR && self.since > 0
    }

    /// Whether steps do not come nearer any more.
    fn is_reached(&mut self, gain: f64) -> bool {
        if gain < 0.5 * self.gain {
            (self.gain, self.since) = (gain, 0);
        } else {
            self.since += 1;
        }
        self.since >= PATIENCE
    }
}

/// The step to the maximum of the quadratic model, the parameters held that are at a bound. Where that model has none, the coordinates go alone.
fn step<M: Moving>(moving: &M, at: &PlaceDerivatives) -> Option<Step> {
    let all = movable(moving.session(), at);
    let place: Vec<usize> = (at.n_free..at.gradient.len()).collect();
    let mut step = step_of(at, &all).or_else(|| step_of(at, &place))?;
    step.shorten(moving.length(&step.place), LONGEST);
    Some(step)
}

/// Whether a step leads back against another one.
fn is_back(last: &[f64], step: &[f64]) -> bool {
    last.iter().zip(step).map(|(a, b)| a * b).sum::<f64>() < 0.0
}

fn step_of(at: &PlaceDerivatives, rows: &[usize]) -> Option<Step> {
    let inverse = inverse_of(&at.hessian, rows)?;
    let gradient: Vec<f64> = rows.iter().map(|&row| at.gradient[row]).collect();
    let mut all = vec![0.0; at.gradient.len()];
    let mut gain = 0.0;
    for (i, &row) in rows.iter().enumerate() {
        all[row] = (0..rows.len()).map(|j| inverse[[i, j]] * gradient[j]).sum();
        gain += 0.5 * all[row] * gradient[i];
    }
    let place = all.split_off(at.n_free);
    let free = all;
    (gain.is_finite() && gain >= 0.0).then_some(Step { free, place, gain })
}

/// The rows of the parameters that are not at a bound, and those of the coordinates.
pub(crate) fn movable(session: &Session, at: &PlaceDerivatives) -> Vec<usize> {
    let roi = session.roi();
    let is_held = |row: usize, id: &roi_model::ParameterId| {
        let Ok(parameter) = roi.parameter(*id) else { return true };
        let (low, high, value) = (parameter.bounds().0, parameter.bounds().1, parameter.value());
        low == high || (value <= low && at.gradient[row] <= 0.0) || (value >= high && at.gradient[row] >= 0.0)
    };
    let free = roi.free_parameters();
    let moving = free.iter().enumerate().filter(|(row, id)| !is_held(*row, id)).map(|(row, _)| row);
    moving.chain(at.n_free..at.gradient.len()).collect()
}

/// The inverse of minus the Hessian over some rows.
pub(crate) fn inverse_of(hessian: &Array2<f64>, rows: &[usize]) -> Option<Array2<f64>> {
    optimizers::inverse(&Array2::from_shape_fn((rows.len(), rows.len()), |(i, j)| -hessian[[rows[i], rows[j]]]))
}

/// Goes a step, or half of it, or a quarter, until `logL` is higher than it ever was; `None` when it never is.
fn advance<M: Moving>(moving: &mut M, step: &mut Step, highest: f64) -> Result<Option<Summit>> {
    let slack = if step.gain < NEAR { ROUNDING } else { 0.0 };
    for _ in 0..HALVINGS {
        let next = if moving.is_within(&step.place)? { moving.moved(&step.place)? } else { None };
        if let Some(mut next) = next {
            follow(next.session_mut(), &step.free)?;
            match climb(next.session_mut(), None) {
                Ok(summit) if summit.loglike > highest - slack => {
                    next.take_room(moving);
                    *moving = next;
                    return Ok(Some(summit));
                }
                Err(error) if !is_impossible(&error) => return Err(error.into()),
                _ => {}
            }
        }
        step.place.iter_mut().chain(&mut step.free).for_each(|x| *x *= 0.5);
    }
    Ok(None)
}

/// Whether a shape has a size: without one its map has no derivative.
fn has_size(place: TrialPlace) -> bool {
    place.size > 0.0 || place.shape == TrialShape::Point
}

/// Moves the free parameters along, as far as their bounds let them.
fn follow(session: &mut Session, step: &[f64]) -> Result<()> {
    let roi = session.roi_mut();
    for (id, step) in roi.free_parameters().into_iter().zip(step) {
        let parameter = roi.parameter_mut(id)?;
        let (low, high) = parameter.bounds();
        parameter.set_value((parameter.value() + step).clamp(low, high))?;
    }
    Ok(())
}

/// A place so many degrees along the coordinates from another one.
pub(crate) fn stepped(place: TrialPlace, coordinates: &[Coordinate], by: &[f64]) -> Result<TrialPlace> {
    let along = |wanted: Coordinate| {
        coordinates.iter().zip(by).filter(|(own, _)| **own == wanted).map(|(_, by)| *by).sum::<f64>()
    };
    let moved = place.moved(along(Coordinate::East), along(Coordinate::North))?;
    Ok(TrialPlace { size: place.size + along(Coordinate::Size), ..moved })
}

/// Derivatives at a maximum.
pub(crate) struct Peak {
    pub(crate) at: PlaceDerivatives,
    /// By how much `logL` is higher, at the same parameters, half an error away.
    pub(crate) higher: f64,
}

/// The derivatives at a maximum with all second derivatives: those with respect to two coordinates by differences of the exact first ones, at fixed
/// parameters, over half of an error to either side. They are blind to steps in the maps that are finer than that.
pub(crate) fn with_curvature(trial: &mut TrialSession<'_>, coordinates: &[Coordinate]) -> Result<Peak> {
    let mut at = trial.derivatives(coordinates)?;
    let rows = movable(trial.session(), &at);
    let Some(variances) = inverse_of(&at.hessian, &rows) else { return Ok(Peak { at, higher: 0.0 }) };
    let first = rows.len() - coordinates.len();
    let probes: Vec<(usize, f64)> = (0..coordinates.len())
        .map(|k| (k, PROBE * variances[[first + k, first + k]].max(0.0).sqrt()))
        .flat_map(|(k, h)| [(k, -h), (k, h)])
        .collect();
    let place = trial.place();
    let gradient = |&(k, h): &(usize, f64)| -> Result<(f64, Vec<f64>)> {
        let mut by = vec![0.0; coordinates.len()];
        by[k] = h;
        let mut other = trial.elsewhere(stepped(place, coordinates, &by)?)?;
        // What it has summed of all others is shared.
        other.sloped.clone_from(&trial.sloped);
        let mut found = other.derivatives(coordinates)?;
        Ok((found.loglike, found.gradient.split_off(at.n_free)))
    };
    // All of them first: the error is that of the first probe, for any number of threads.
    let gradients: Vec<Result<_>> = probes.par_iter().map(gradient).collect();
    let gradients: Vec<(f64, Vec<f64>)> = gradients.into_iter().collect::<Result<_>>()?;
    let m = coordinates.len();
    let second = |k: usize, l: usize| (gradients[2 * k + 1].1[l] - gradients[2 * k].1[l]) / (2.0 * probes[2 * k + 1].1);
    let block = Array2::from_shape_fn((m, m), |(k, l)| 0.5 * (second(k, l) + second(l, k)));
    if block.iter().all(|x| x.is_finite()) {
        for k in 0..m {
            for l in 0..m {
                at.hessian[[at.n_free + k, at.n_free + l]] = block[[k, l]];
            }
        }
    }
    let higher = gradients.iter().fold(0.0, |most: f64, (loglike, _)| most.max(loglike - at.loglike));
    Ok(Peak { at, higher })
}
