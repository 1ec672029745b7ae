//! LBFGS: limited-memory quasi-Newton minimisation within bounds, for many parameters.
//!
//! The last steps and changes of slope stand for the inverse Hessian (J. Nocedal, Mathematics of Computation 35 (1980)
//! 773). Parameters on a bound that the slope presses outwards stay there; the rest moves along the direction, cut off
//! at the bounds (D. P. Bertsekas, SIAM Journal on Control and Optimization 20 (1982) 221). Lengths are measured in
//! units of the parameters' steps.

use crate::evaluate::evaluator::{Evaluator, Halt, Point, Progress};
use crate::judge::driver::Search;
use crate::linalg::dot;
use crate::linalg::one_dimension::vertex;
use crate::problem::minimum::Status;
use crate::problem::options::Options;
use std::collections::VecDeque;

/// Steps remembered.
const MEMORY: usize = 12;
/// Share of the decrease promised by the slope that is enough.
const ENOUGH: f64 = 1e-4;
/// Share of the first slope to which the last one should have come down.
const FLATTER: f64 = 0.9;
/// Trials along one direction.
const TRIALS: usize = 40;

/// A step and the change of slope along it, in units of the parameters' steps.
struct Pair {
    s: Vec<f64>,
    y: Vec<f64>,
    sy: f64,
}

impl Pair {
    /// `None` when the curvature along the step is not positive.
    fn new(s: Vec<f64>, y: Vec<f64>) -> Option<Self> {
        let sy = dot(&s, &y);
        (sy > 1e-12 * (dot(&s, &s) * dot(&y, &y)).sqrt()).then_some(Self { s, y, sy })
    }
}

/// Minimises from a point with a finite value.
pub(crate) fn search(evaluator: &mut Evaluator<'_>, start: Point, options: &Options) -> Result<Search, Halt> {
    let target = evaluator.aim();
    let mut here = start;
    let mut memory: VecDeque<Pair> = VecDeque::with_capacity(MEMORY + 1);
    for _ in 0..options.max_iterations.saturating_mul(10) {
        let moving = moving(evaluator, &here);
        let direction = direction(evaluator, &memory, &here, &moving);
        let slope: f64 = dot(&direction, &here.g);
        let edm = -0.5 * slope;
        let measured = !memory.is_empty();
        if edm <= target && (measured || edm <= 0.0) {
            return Ok(Search { point: here, hessian: None, stopped: None });
        }
        let Some((next, length)) = walk(evaluator, &here, &direction, slope)? else {
            if !measured {
                let stopped = (edm > evaluator.edm_goal).then_some(Status::NoProgress);
                return Ok(Search { point: here, hessian: None, stopped });
            }
            memory.clear();
            continue;
        };
        remember(evaluator, &mut memory, &here, &next);
        here = next;
        evaluator.report("LBFGS", Progress { fval: here.f, edm, step: length, damping: 0.0 })?;
    }
    Ok(Search { point: here, hessian: None, stopped: Some(Status::IterationLimit) })
}

/// Parameters that no bound holds back.
fn moving(evaluator: &Evaluator<'_>, here: &Point) -> Vec<bool> {
    (0..here.x.len())
        .map(|i| {
            let held = here.x[i] <= evaluator.lower()[i] && here.g[i] > 0.0
                || here.x[i] >= evaluator.upper()[i] && here.g[i] < 0.0;
            !held
        })
        .collect()
}

/// The two-loop recursion, over the moving parameters: what is remembered of the others plays no part.
fn direction(evaluator: &Evaluator<'_>, memory: &VecDeque<Pair>, here: &Point, moving: &[bool]) -> Vec<f64> {
    let n = here.x.len();
    let steps = &evaluator.steps;
    let masked = |v: &[f64]| -> Vec<f64> { (0..n).map(|i| if moving[i] { v[i] } else { 0.0 }).collect() };
    let pairs: Vec<Pair> = memory.iter().filter_map(|pair| Pair::new(masked(&pair.s), masked(&pair.y))).collect();
    let mut q = masked(&(0..n).map(|i| here.g[i] * steps[i]).collect::<Vec<_>>());
    let mut weights = Vec::with_capacity(pairs.len());
    for pair in pairs.iter().rev() {
        let weight = dot(&pair.s, &q) / pair.sy;
        q.iter_mut().zip(&pair.y).for_each(|(q, y)| *q -= weight * y);
        weights.push(weight);
    }
    let scale = pairs.last().map_or_else(
        || {
            // As far as the steps say, and no further than one of them.
            let size = dot(&q, &q).sqrt();
            (0.5 / evaluator.error_definition()).min(if size > 0.0 { 1.0 / size } else { 1.0 })
        },
        |pair| pair.sy / dot(&pair.y, &pair.y),
    );
    for q in &mut q {
        *q *= scale;
    }
    for (pair, weight) in pairs.iter().zip(weights.into_iter().rev()) {
        let other = dot(&pair.y, &q) / pair.sy;
        q.iter_mut().zip(&pair.s).for_each(|(q, s)| *q += (weight - other) * s);
    }
    (0..n).map(|i| -q[i] * steps[i]).collect()
}

/// Walks along the direction, cut off at the bounds: back until the decrease is enough, on while the slope is steep.
fn walk(
    evaluator: &mut Evaluator<'_>,
    here: &Point,
    direction: &[f64],
    slope: f64,
) -> Result<Option<(Point, f64)>, Halt> {
    let edm = -0.5 * slope;
    let visible = edm > evaluator.slack(here.f);
    let mut length = 1.0;
    let (mut low, mut high) = (0.0, f64::INFINITY);
    let mut best: Option<(Point, f64)> = None;
    for _ in 0..TRIALS {
        let x: Vec<f64> = (0..here.x.len())
            .map(|i| (here.x[i] + length * direction[i]).clamp(evaluator.lower()[i], evaluator.upper()[i]))
            .collect();
        if x == here.x {
            break;
        }
        let moved: f64 = (0..x.len()).map(|i| here.g[i] * (x[i] - here.x[i])).sum();
        let next = evaluator.point(&x)?;
        if !visible {
            // Rounding hides the decrease; the slope along the direction does not.
            let flatter = next.is_finite() && dot(&next.g, direction).abs() < 0.9 * slope.abs();
            return Ok((flatter && next.f - here.f <= evaluator.slack(here.f)).then_some((next, length)));
        }
        if !next.is_finite() || next.f > here.f + ENOUGH * moved || best.as_ref().is_some_and(|(b, _)| next.f >= b.f) {
            let lowest = vertex(slope, length, next.f - here.f).filter(|_| next.is_finite() && low == 0.0);
            high = length;
            length = lowest.map_or(low + 0.3 * (length - low), |v| v.clamp(0.1 * length, 0.5 * length));
        } else {
            let steep = dot(&next.g, direction) < FLATTER * slope;
            let reached = length;
            best = Some((next, length));
            if !steep {
                break;
            }
            low = reached;
            length = if high.is_finite() { 0.5 * (low + high) } else { 4.0 * length };
        }
        if high - low <= 1e-12 * length {
            break;
        }
    }
    Ok(best)
}

fn remember(evaluator: &Evaluator<'_>, memory: &mut VecDeque<Pair>, old: &Point, new: &Point) {
    let steps = &evaluator.steps;
    let s: Vec<f64> = (0..old.x.len()).map(|i| (new.x[i] - old.x[i]) / steps[i]).collect();
    let y: Vec<f64> = (0..old.x.len()).map(|i| (new.g[i] - old.g[i]) * steps[i]).collect();
    if let Some(pair) = Pair::new(s, y) {
        memory.push_back(pair);
        if memory.len() > MEMORY {
            memory.pop_front();
        }
    }
}
