//! The proof of a claim: does the objective around a minimum rise as its Hessian says?
//!
//! A Hessian from differences can look perfect on a kink, and one from a formula can be wrong. So a claim of quality 3
//! is tried at a tenth of a standard deviation: along every parameter (all at once where gradients tell them apart),
//! and along the direction that is constrained least, where a degeneracy would hide.

use super::verdict::Verdict;
use crate::evaluate::evaluator::{Evaluator, Halt, Hessian, Point};
use crate::linalg::quadratic_model;
use crate::problem::minimum::{FitQuality, Status};
use crate::problem::objective::Derivatives;

/// Distance of the trials in standard deviations.
const DISTANCE: f64 = 0.1;
/// Distance of a second trial, where the first one rose too much: perhaps it has left a curved valley.
const NEARER: f64 = 0.02;
/// By what factor a rise may differ from its prediction.
const RISE: f64 = 4.0;
/// By what share a change of slope may differ from its prediction.
const SLOPE: f64 = 0.4;
/// Eigenvalue ratio above which no direction needs a look of its own.
const ROUND: f64 = 0.1;

/// Tries a claim of quality 3 and lowers it if it fails. Returns a clearly lower point if one turns up.
pub(crate) fn confirm(
    evaluator: &mut Evaluator<'_>,
    point: &Point,
    hessian: &Hessian,
    verdict: &mut Verdict,
) -> Result<Option<Vec<f64>>, Halt> {
    if verdict.quality != FitQuality::Accurate {
        return Ok(None);
    }
    let n = point.x.len();
    // Parameters without room on both sides are left out.
    let sigma: Vec<f64> = (0..n)
        .map(|i| {
            let nearest = (evaluator.upper()[i] - point.x[i]).min(point.x[i] - evaluator.lower()[i]);
            let sigma = verdict.units[i];
            if verdict.at_limit[i] || nearest < DISTANCE * sigma { 0.0 } else { sigma }
        })
        .collect();
    let mut trials = Vec::new();
    if evaluator.derivatives() >= Derivatives::Gradient {
        if let Some(lower) = slopes(evaluator, point, hessian, verdict, &sigma)? {
            return Ok(Some(lower));
        }
    } else {
        for i in (0..n).filter(|&i| sigma[i] > 0.0) {
            let mut direction = vec![0.0; n];
            direction[i] = sigma[i];
            trials.push(direction);
        }
    }
    // Where the parameters hardly correlate, the first trials have seen it all.
    if verdict.ratio < ROUND {
        trials.push(verdict.weakest.clone());
    }
    for direction in trials {
        if let Some(lower) = rise(evaluator, point, hessian, verdict, &direction)? {
            return Ok(Some(lower));
        }
    }
    Ok(None)
}

/// Compares the change of every slope, with all parameters displaced together, to the Hessian's prediction.
fn slopes(
    evaluator: &mut Evaluator<'_>,
    point: &Point,
    hessian: &Hessian,
    verdict: &mut Verdict,
    sigma: &[f64],
) -> Result<Option<Vec<f64>>, Halt> {
    let n = point.x.len();
    let share = DISTANCE / (sigma.iter().filter(|s| **s > 0.0).count().max(1) as f64).sqrt();
    let d: Vec<f64> = sigma.iter().map(|s| share * s).collect();
    if d.iter().all(|d| *d == 0.0) {
        return Ok(None);
    }
    let mut trial = |sign: f64| evaluator.point(&displaced(point, &d, sign));
    let (plus, minus) = (trial(1.0)?, trial(-1.0)?);
    let blur = 20.0 * evaluator.noise(point.f);
    for i in (0..n).filter(|&i| d[i] > 0.0) {
        let predicted: f64 = (0..n).map(|j| hessian.matrix[[i, j]] * d[j]).sum();
        let allowed = SLOPE * predicted.abs().max(hessian.matrix[[i, i]] * d[i]) + blur / sigma[i];
        let found = 0.5 * (plus.g[i] - minus.g[i]);
        if found.is_nan() || (found - predicted).abs() > allowed {
            verdict.reject(Status::NotQuadratic);
        }
    }
    Ok(clearly_lower(evaluator, point, [(plus.f, plus.x), (minus.f, minus.x)]))
}

/// Compares the mean rise both ways along a direction to the Hessian's prediction.
fn rise(
    evaluator: &mut Evaluator<'_>,
    point: &Point,
    hessian: &Hessian,
    verdict: &mut Verdict,
    direction: &[f64],
) -> Result<Option<Vec<f64>>, Halt> {
    let room = room(evaluator, point, direction);
    let blur = 20.0 * evaluator.noise(point.f);
    for distance in [DISTANCE, NEARER] {
        let d: Vec<f64> = direction.iter().map(|d| room.min(distance) * d).collect();
        let predicted = quadratic_model::model(&hessian.matrix, &vec![0.0; d.len()], &d);
        // Too close to a bound on both sides, or too flat, to see anything above the rounding.
        if predicted.is_nan() || predicted <= 4.0 * blur {
            return Ok(None);
        }
        let mut trial = |sign: f64| -> Result<(f64, Vec<f64>), Halt> {
            let x = displaced(point, &d, sign);
            Ok((evaluator.value(&x)?, x))
        };
        let (plus, minus) = (trial(1.0)?, trial(-1.0)?);
        let mean = 0.5 * ((plus.0 - point.f) + (minus.0 - point.f));
        let lower = clearly_lower(evaluator, point, [plus, minus]);
        let too_much = mean > RISE * predicted + blur;
        if too_much && distance > NEARER && lower.is_none() {
            continue;
        }
        if mean.abs() <= blur {
            verdict.reject(Status::Degenerate);
        } else if mean.is_nan() || too_much || mean < predicted / RISE - blur {
            verdict.reject(Status::NotQuadratic);
        }
        return Ok(lower);
    }
    Ok(None)
}

fn displaced(point: &Point, d: &[f64], sign: f64) -> Vec<f64> {
    point.x.iter().zip(d).map(|(x, d)| x + sign * d).collect()
}

/// The largest multiple of `direction` that stays inside the bounds both ways.
fn room(evaluator: &Evaluator<'_>, point: &Point, direction: &[f64]) -> f64 {
    let mut room = f64::INFINITY;
    for (i, d) in direction.iter().enumerate().filter(|(_, d)| **d != 0.0) {
        let nearest = (evaluator.upper()[i] - point.x[i]).min(point.x[i] - evaluator.lower()[i]);
        room = room.min(nearest / d.abs());
    }
    room
}

fn clearly_lower(evaluator: &Evaluator<'_>, point: &Point, trials: [(f64, Vec<f64>); 2]) -> Option<Vec<f64>> {
    let [plus, minus] = trials;
    let (lowest, x) = if plus.0 < minus.0 { plus } else { minus };
    (lowest < point.f - evaluator.edm_goal.max(evaluator.slack(point.f))).then_some(x)
}
