//! MIGRAD: variable-metric minimisation in free coordinates.
//!
//! The inverse Hessian `V` is built up from gradient differences while the search goes on (F. James and M. Roos,
//! Computer Physics Communications 10 (1975) 343). Of the two updates between which MINUIT switches after R. Fletcher,
//! Computer Journal 13 (1970) 317, only that of Broyden, Fletcher, Goldfarb and Shanno is used: it recovers from the
//! short steps of an inexact line search, the older one of Davidon, Fletcher and Powell may creep for ever. The estimated distance to the minimum is
//! `½ g·V g`, enlarged by `1 + 3 d` where `d` is the relative change of `V` in the last updates, as MINUIT does.

use super::line_search::{self, Ray};
use crate::evaluate::coordinates::{self, Coordinate};
use crate::evaluate::evaluator::{Evaluator, Halt, Point, Progress};
use crate::judge::driver::Search;
use crate::linalg::dot;
use crate::linalg::quadratic_model::forced_inverse;
use crate::problem::minimum::Status;
use crate::problem::objective::Derivatives;
use crate::problem::options::{Options, Strategy};
use ndarray::Array2;

/// Smallest eigenvalue ratio of the first inverse Hessian.
const FLOOR: f64 = 1e-12;
/// Updates, per parameter and four, after which the metric is measured anew.
const MOST_UPDATES: usize = 5;

/// A point in free coordinates.
struct Internal {
    t: Vec<f64>,
    g: Vec<f64>,
    point: Point,
}

impl Internal {
    fn new(coordinates: &[Coordinate], t: Vec<f64>, point: Point) -> Self {
        let g = (0..t.len()).map(|i| point.g[i] * coordinates[i].derivative(t[i])).collect();
        Self { t, g, point }
    }
}

/// The variable metric: inverse Hessian in free coordinates and the relative size of its recent changes.
struct Metric {
    v: Array2<f64>,
    change: f64,
    /// Updates since it was measured.
    age: usize,
}

/// MIGRAD from a point with a finite value.
pub(crate) fn search(evaluator: &mut Evaluator<'_>, start: Point, options: &Options) -> Result<Search, Halt> {
    let start = release(evaluator, start)?;
    let coordinates = evaluator.coordinates();
    let t = coordinates::internal(&coordinates, &start.x);
    let mut here = Internal::new(&coordinates, t, start);
    let mut metric = match warm(evaluator, &coordinates, &here) {
        Some(metric) => metric,
        None => seed(evaluator, &coordinates, &here, options.strategy)?,
    };
    let mut fresh = true;
    let target = evaluator.aim();
    for _ in 0..options.max_iterations {
        let mut direction = descent(&metric.v, &here.g);
        let mut slope = dot(&direction, &here.g);
        if slope >= 0.0 && here.g.iter().any(|g| *g != 0.0) {
            // Rounding has spoilt the metric.
            metric = diagonal(evaluator, &coordinates, &here);
            direction = descent(&metric.v, &here.g);
            slope = dot(&direction, &here.g);
        }
        let edm = -0.5 * slope * (1.0 + 3.0 * metric.change);
        remember(evaluator, &coordinates, &here, &metric.v);
        if edm < target {
            return Ok(Search { point: here.point, hessian: None, stopped: None });
        }
        let ray = Ray { coordinates: &coordinates, origin: &here.t, direction: &direction, slope };
        let edm_at = |point: &Point, t: &[f64]| {
            let g: Vec<f64> = (0..t.len()).map(|i| point.g[i] * coordinates[i].derivative(t[i])).collect();
            -0.5 * dot(&descent(&metric.v, &g), &g)
        };
        if metric.age > MOST_UPDATES * (here.t.len() + 4) {
            // So many updates should have sufficed: measure anew.
            metric = match measure(evaluator, &coordinates, &here)? {
                Some(measured) => measured,
                None => diagonal(evaluator, &coordinates, &here),
            };
            continue;
        }
        let Some((length, point)) = line_search::search(evaluator, &here.point, &ray, &edm_at)? else {
            if fresh {
                let stopped = (edm > evaluator.edm_goal).then_some(Status::NoProgress);
                return Ok(Search { point: here.point, hessian: None, stopped });
            }
            metric = seed(evaluator, &coordinates, &here, options.strategy)?;
            fresh = true;
            continue;
        };
        let next = Internal::new(&coordinates, ray.at(length), point);
        fresh = !update(&mut metric, &here, &next);
        here = next;
        evaluator.report("MIGRAD", Progress { fval: here.point.f, edm, step: length, damping: 0.0 })?;
    }
    Ok(Search { point: here.point, hessian: None, stopped: Some(Status::IterationLimit) })
}

/// `-V g`.
fn descent(v: &Array2<f64>, g: &[f64]) -> Vec<f64> {
    v.rows().into_iter().map(|row| -row.iter().zip(g).map(|(v, g)| v * g).sum::<f64>()).collect()
}

/// Moves parameters that sit on a bound but are pulled inwards off it: on the bound itself a free coordinate feels
/// no slope.
pub(crate) fn release(evaluator: &mut Evaluator<'_>, point: Point) -> Result<Point, Halt> {
    let pulled: Vec<Option<f64>> = (0..point.x.len())
        .map(|i| {
            let inwards = if point.x[i] <= evaluator.lower()[i] && point.g[i] < 0.0 {
                1.0
            } else if point.x[i] >= evaluator.upper()[i] && point.g[i] > 0.0 {
                -1.0
            } else {
                return None;
            };
            Some(inwards * evaluator.scales()[i].min(evaluator.steps[i]))
        })
        .collect();
    if pulled.iter().all(Option::is_none) {
        return Ok(point);
    }
    let mut fraction = 1.0;
    for _ in 0..12 {
        let x: Vec<f64> = (0..point.x.len())
            .map(|i| {
                (point.x[i] + fraction * pulled[i].unwrap_or(0.0)).clamp(evaluator.lower()[i], evaluator.upper()[i])
            })
            .collect();
        let trial = evaluator.point(&x)?;
        if trial.is_finite() && trial.f < point.f {
            return Ok(trial);
        }
        fraction *= 0.1;
    }
    Ok(point)
}

/// The metric that the problem brings along, once.
fn warm(evaluator: &mut Evaluator<'_>, coordinates: &[Coordinate], here: &Internal) -> Option<Metric> {
    let external = evaluator.warm.take()?;
    let slopes: Vec<f64> = (0..here.t.len()).map(|i| coordinates[i].derivative(here.t[i])).collect();
    let v = Array2::from_shape_fn(external.dim(), |(i, j)| external[[i, j]] / (slopes[i] * slopes[j]));
    // On a bound, where the slope vanishes, it says nothing.
    v.iter().all(|v| v.is_finite()).then_some(Metric { v, change: 0.0, age: 0 })
}

/// The first metric: the inverse of the Hessian, made positive definite, or of its diagonal alone.
fn seed(
    evaluator: &mut Evaluator<'_>,
    coordinates: &[Coordinate],
    here: &Internal,
    strategy: Strategy,
) -> Result<Metric, Halt> {
    let full = match strategy {
        Strategy::Fast => evaluator.derivatives() == Derivatives::Hessian,
        Strategy::Normal => evaluator.derivatives() >= Derivatives::Gradient,
        Strategy::Careful => true,
    };
    let measured = if full { measure(evaluator, coordinates, here)? } else { None };
    Ok(measured.unwrap_or_else(|| diagonal(evaluator, coordinates, here)))
}

/// The metric from the Hessian; `None` where that is not finite.
fn measure(evaluator: &mut Evaluator<'_>, coordinates: &[Coordinate], here: &Internal) -> Result<Option<Metric>, Halt> {
    let (hessian, floor) = match evaluator.gauss_newton(&here.point.x)? {
        Some(matrix) => (matrix, FLOOR),
        None => match evaluator.hessian(&here.point)? {
            Some(hessian) => (hessian.matrix, hessian.accuracy.max(FLOOR)),
            None => return Ok(None),
        },
    };
    let n = here.t.len();
    let slopes: Vec<f64> = (0..n).map(|i| coordinates[i].derivative(here.t[i])).collect();
    let mut internal = Array2::from_shape_fn((n, n), |(i, j)| hessian[[i, j]] * slopes[i] * slopes[j]);
    for i in 0..n {
        internal[[i, i]] += here.point.g[i] * coordinates[i].second_derivative(here.t[i]);
    }
    let units = vec![(2.0 * evaluator.error_definition()).sqrt(); n];
    Ok(forced_inverse(&internal, &units, floor).map(|v| Metric { v, change: 0.0, age: 0 }))
}

/// The metric of uncorrelated parameters, each with the error that its scale says.
fn diagonal(evaluator: &Evaluator<'_>, coordinates: &[Coordinate], here: &Internal) -> Metric {
    let up = evaluator.error_definition();
    let v = (0..here.t.len()).map(|i| {
        let scale = evaluator.scales()[i];
        // Close to a bound the coordinate's own curvature takes over.
        let moved = (here.point.x[i] + scale).min(evaluator.upper()[i]);
        let other = (here.point.x[i] - scale).max(evaluator.lower()[i]);
        let width = coordinates[i].internal(moved) - coordinates[i].internal(other);
        (0.5 * width).powi(2) / (2.0 * up)
    });
    Metric { v: Array2::from_diag(&v.collect::<ndarray::Array1<f64>>()), change: 1.0, age: 0 }
}

/// Updates the metric with the step from `old` to `new`; `false` when the step does not allow it.
fn update(metric: &mut Metric, old: &Internal, new: &Internal) -> bool {
    let n = old.t.len();
    let delta: Vec<f64> = (0..n).map(|i| new.t[i] - old.t[i]).collect();
    let gamma: Vec<f64> = (0..n).map(|i| new.g[i] - old.g[i]).collect();
    let v_gamma: Vec<f64> = descent(&metric.v, &gamma).iter().map(|d| -d).collect();
    let delta_gamma = dot(&delta, &gamma);
    let gamma_v_gamma = dot(&gamma, &v_gamma);
    if !(delta_gamma > 0.0 && gamma_v_gamma > 0.0 && delta_gamma.is_finite() && gamma_v_gamma.is_finite()) {
        return false;
    }
    let (mut changed, mut total) = (0.0, 0.0);
    for i in 0..n {
        for j in 0..n {
            let across = |k: usize| delta[k] / delta_gamma - v_gamma[k] / gamma_v_gamma;
            let d = delta[i] * delta[j] / delta_gamma - v_gamma[i] * v_gamma[j] / gamma_v_gamma
                + gamma_v_gamma * across(i) * across(j);
            metric.v[[i, j]] += d;
            changed += d.abs();
            total += metric.v[[i, j]].abs();
        }
    }
    metric.age += 1;
    metric.change = 0.5 * (metric.change + changed / total);
    true
}

/// Leaves the metric, in the parameters' own coordinates, for a result that ends early.
fn remember(evaluator: &mut Evaluator<'_>, coordinates: &[Coordinate], here: &Internal, v: &Array2<f64>) {
    let slope = |i: usize| coordinates[i].derivative(here.t[i]);
    let external = Array2::from_shape_fn(v.dim(), |(i, j)| v[[i, j]] * slope(i) * slope(j));
    let up = evaluator.error_definition();
    let scales = (0..here.t.len())
        .map(|i| {
            let error = (2.0 * up * external[[i, i]]).sqrt();
            if error.is_normal() { error } else { evaluator.scales()[i] }
        })
        .collect();
    // Numerical gradients measure their scales themselves.
    if evaluator.derivatives() >= Derivatives::Gradient {
        evaluator.set_scales(scales);
    }
    evaluator.approximation = Some(external);
}
