//! SIMPLEX: the method of Nelder and Mead in free coordinates. It needs nothing but values and is not misled by
//! slopes, so it is MINUIT's fallback, and the choice for objectives that are not smooth.
//!
//! The coefficients adapt to the dimension (F. Gao and L. Han, Computational Optimization and Applications 51 (2012)
//! 259); J. A. Nelder and R. Mead, Computer Journal 7 (1965) 308.

use crate::evaluate::coordinates::{Coordinate, external, internal};
use crate::evaluate::evaluator::{Evaluator, Halt, Point, Progress};
use crate::judge::driver::Search;
use crate::problem::minimum::Status;
use crate::problem::options::Options;

/// The simplex has converged when its values differ by less than this fraction of the goal.
const AIM: f64 = 0.05;
/// Relative size at which rounding ends the search.
const SMALLEST: f64 = 1e-9;

struct Vertex {
    t: Vec<f64>,
    f: f64,
}

/// Minimises from a point with a finite value.
pub(crate) fn search(evaluator: &mut Evaluator<'_>, start: &Point, options: &Options) -> Result<Search, Halt> {
    let n = evaluator.n();
    let coordinates = evaluator.coordinates();
    let mut vertices = first(evaluator, &coordinates, start)?;
    let dimension = n as f64;
    let (expansion, contraction, shrinkage) =
        if n > 1 { (1.0 + 2.0 / dimension, 0.75 - 0.5 / dimension, 1.0 - 1.0 / dimension) } else { (2.0, 0.5, 0.5) };
    let mut stopped = Some(Status::IterationLimit);
    for _ in 0..options.max_iterations.saturating_mul(n.max(1)) {
        vertices.sort_by(|a, b| a.f.total_cmp(&b.f));
        let (lowest, second, highest) = (vertices[0].f, vertices[n - 1].f, vertices[n].f);
        let size = (0..n)
            .map(|i| (vertices[n].t[i] - vertices[0].t[i]).abs() / (vertices[0].t[i].abs() + 1.0))
            .fold(0.0, f64::max);
        if highest - lowest < AIM * evaluator.edm_goal && size < 0.1 || size < SMALLEST {
            stopped = None;
            break;
        }
        evaluator.report("SIMPLEX", Progress { fval: lowest, edm: highest - lowest, step: size, damping: 0.0 })?;
        let centre: Vec<f64> = (0..n).map(|i| vertices[..n].iter().map(|v| v.t[i]).sum::<f64>() / dimension).collect();
        let mut along = |factor: f64| -> Result<Vertex, Halt> {
            let t: Vec<f64> = (0..n).map(|i| centre[i] + factor * (vertices[n].t[i] - centre[i])).collect();
            let f = evaluator.value(&external(&coordinates, &t))?;
            Ok(Vertex { t, f })
        };
        let reflected = along(-1.0)?;
        let replacement = if reflected.f < lowest {
            let expanded = along(-expansion)?;
            Some(if expanded.f < reflected.f { expanded } else { reflected })
        } else if reflected.f < second {
            Some(reflected)
        } else {
            let contracted = if reflected.f < highest { along(-contraction)? } else { along(contraction)? };
            (contracted.f < highest.min(reflected.f)).then_some(contracted)
        };
        if let Some(vertex) = replacement {
            vertices[n] = vertex;
        } else {
            shrink(evaluator, &coordinates, &mut vertices, shrinkage)?;
        }
    }
    vertices.sort_by(|a, b| a.f.total_cmp(&b.f));
    let best = &vertices[0];
    if best.f < start.f {
        let point = evaluator.complete(&external(&coordinates, &best.t), best.f)?;
        if point.is_finite() {
            return Ok(Search { point, hessian: None, stopped });
        }
    }
    Ok(Search { point: start.clone(), hessian: None, stopped })
}

/// The start and one vertex a step away along each parameter.
fn first(evaluator: &mut Evaluator<'_>, coordinates: &[Coordinate], start: &Point) -> Result<Vec<Vertex>, Halt> {
    let t = internal(coordinates, &start.x);
    let mut vertices = vec![Vertex { t: t.clone(), f: start.f }];
    for i in 0..t.len() {
        let (x, step) = (start.x[i], evaluator.steps[i]);
        let moved = if x + step <= evaluator.upper()[i] { x + step } else { x - step };
        let mut vertex = t.clone();
        vertex[i] = coordinates[i].internal(moved);
        let f = evaluator.value(&external(coordinates, &vertex))?;
        vertices.push(Vertex { t: vertex, f });
    }
    Ok(vertices)
}

fn shrink(
    evaluator: &mut Evaluator<'_>,
    coordinates: &[Coordinate],
    vertices: &mut [Vertex],
    shrinkage: f64,
) -> Result<(), Halt> {
    let Some((best, rest)) = vertices.split_first_mut() else { return Ok(()) };
    for vertex in rest {
        for (t, anchor) in vertex.t.iter_mut().zip(&best.t) {
            *t = anchor + shrinkage * (*t - anchor);
        }
        vertex.f = evaluator.value(&external(coordinates, &vertex.t))?;
    }
    Ok(())
}
