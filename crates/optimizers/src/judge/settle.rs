//! From where a search ended to a judged point: corrections by the Hessian's own step, looks for lower points, the proof.

use super::confirm::confirm;
use super::verdict::{self, Verdict};
use super::{elsewhere, second_look};
use crate::evaluate::evaluator::{Evaluator, Halt, Hessian, Point};
use crate::evaluate::line_integral;
use crate::problem::minimum::{FitQuality, Status};
use crate::problem::objective::Derivatives;

/// Corrections of a point by the Hessian's own step, in one round.
const CORRECTIONS: usize = 8;
/// A point is corrected while its distance to the minimum is above this multiple of what searches aim at.
const POLISH: f64 = 5.0;

/// A judged point.
pub(crate) struct Settled {
    pub(crate) point: Point,
    /// `None` where there is no Hessian.
    pub(crate) verdict: Option<Verdict>,
    /// Where the search should go on: a clearly lower point, or the same one with other derivatives.
    pub(crate) again: Option<Point>,
}

/// Judges a point and corrects it by the Hessian's own step while that helps. Every verdict rests on a Hessian at its
/// own point.
pub(crate) fn settle(
    evaluator: &mut Evaluator<'_>,
    mut point: Point,
    mut known: Option<Hessian>,
) -> Result<Settled, Halt> {
    if known.is_none() {
        point = snapped(evaluator, point)?;
    }
    for attempt in 0.. {
        let hessian = match known.take() {
            Some(hessian) => hessian,
            None => match evaluator.hessian(&point)? {
                Some(hessian) => hessian,
                None => break,
            },
        };
        let mut verdict = verdict::judge(evaluator, &point, &hessian);
        evaluator.edm = verdict.edm;
        if verdict.quality > FitQuality::None {
            let up = evaluator.error_definition();
            evaluator.approximation = verdict.covariance.as_ref().map(|c| c / (2.0 * up));
        }
        if attempt < CORRECTIONS
            && let Some(better) = correct(evaluator, &point, &verdict, &hessian)?
        {
            (point, known) = better;
            continue;
        }
        let is_far = verdict.edm > POLISH * evaluator.aim() && verdict.edm > evaluator.slack(point.f);
        if is_far && verdict.quality == FitQuality::Accurate {
            // The quadratic's own minimum is not lower, or not its last: it is no guide to the distance.
            verdict.reject(Status::NoProgress);
        }
        if let Some(downhill) = verdict.downhill.clone() {
            if let Some(lower) = escape(evaluator, &point, &downhill)? {
                return Ok(Settled { point, verdict: Some(verdict), again: Some(lower) });
            }
            if contradicted(evaluator, &point, &downhill)? {
                let again = by_values(evaluator, &point)?;
                return Ok(Settled { point, verdict: Some(verdict), again });
            }
        }
        if let Some(lower) = elsewhere::look(evaluator, &point, &hessian, &verdict)? {
            return Ok(Settled { point, verdict: Some(verdict), again: Some(lower) });
        }
        let found = confirm(evaluator, &point, &hessian, &mut verdict)?;
        let again = match found.lower {
            _ if found.wrong_derivatives => by_values(evaluator, &point)?,
            Some(lower) => Some(evaluator.point(&lower)?).filter(Point::is_finite),
            None if evaluator.has_second_look => second_look::look(evaluator, &point, &hessian, &verdict)?,
            None => None,
        };
        return Ok(Settled { point, verdict: Some(verdict), again });
    }
    Ok(Settled { point, verdict: None, again: None })
}

/// Puts parameters that a search in free coordinates left a hair beside their bound onto it, before a Hessian is spent
/// on the place beside.
fn snapped(evaluator: &mut Evaluator<'_>, point: Point) -> Result<Point, Halt> {
    let hair = POLISH * evaluator.aim();
    let x: Vec<f64> = (0..point.x.len())
        .map(|i| {
            let (x, g) = (point.x[i], point.g[i]);
            let bound = if g > 0.0 { evaluator.lower()[i] } else { evaluator.upper()[i] };
            if g != 0.0 && ((x - bound) * g).abs() <= hair && (x - bound).abs() < evaluator.steps[i] {
                bound
            } else {
                x
            }
        })
        .collect();
    if x == point.x {
        return Ok(point);
    }
    let there = evaluator.point(&x)?;
    let is_better = there.is_finite() && there.f <= point.f;
    Ok(if is_better { there } else { point })
}

/// The Hessian's own step, shortened until it improves the point; with the Hessian there where that came with the point.
fn correct(
    evaluator: &mut Evaluator<'_>,
    point: &Point,
    verdict: &Verdict,
    hessian: &Hessian,
) -> Result<Option<(Point, Option<Hessian>)>, Halt> {
    let Some(step) = &verdict.step else { return Ok(None) };
    let reaches_bound = (0..point.x.len()).any(|i| step.held[i] && step.p[i] != 0.0);
    if verdict.edm <= POLISH * evaluator.aim() && !reaches_bound {
        return Ok(None);
    }
    let mut length = 1.0;
    for _ in 0..4 {
        let x = verdict::target(evaluator, point, &step.p, length);
        // The whole step is mostly good, and a Hessian is wanted where it leads.
        let (trial, known) =
            if length < 1.0 { (evaluator.point(&x)?, None) } else { evaluator.point_with_hessian(&x)? };
        if trial.is_finite() {
            let judged = verdict::judge(evaluator, &trial, hessian);
            if evaluator.improves((point.f, verdict.edm), (trial.f, judged.edm)) {
                return Ok(Some((trial, known)));
            }
        }
        length *= 0.2;
    }
    Ok(None)
}

/// The lowest point seen, from which a search without the objective's derivatives is to start.
fn by_values(evaluator: &mut Evaluator<'_>, point: &Point) -> Result<Option<Point>, Halt> {
    evaluator.distrust_derivatives();
    let from = evaluator.best().map_or_else(|| point.x.clone(), |(x, _)| x.clone());
    Ok(Some(evaluator.point(&from)?).filter(Point::is_finite))
}

/// Whether the values along a direction in which the gradient should fall contradict it.
fn contradicted(evaluator: &mut Evaluator<'_>, point: &Point, downhill: &[f64]) -> Result<bool, Halt> {
    if evaluator.derivatives() == Derivatives::None {
        return Ok(false);
    }
    let to: Vec<f64> = (0..point.x.len())
        .map(|i| (point.x[i] + 0.1 * downhill[i]).clamp(evaluator.lower()[i], evaluator.upper()[i]))
        .collect();
    line_integral::contradicts(evaluator, point, &to)
}

/// Looks both ways along a direction of negative curvature for a clearly lower value.
fn escape(evaluator: &mut Evaluator<'_>, point: &Point, downhill: &[f64]) -> Result<Option<Point>, Halt> {
    for length in [1.0, 0.1, 10.0, 0.01] {
        for sign in [1.0, -1.0] {
            let x: Vec<f64> = (0..point.x.len())
                .map(|i| (point.x[i] + sign * length * downhill[i]).clamp(evaluator.lower()[i], evaluator.upper()[i]))
                .collect();
            if evaluator.value(&x)? < point.f - evaluator.slack(point.f) {
                let found = evaluator.point(&x)?;
                if found.is_finite() {
                    return Ok(Some(found));
                }
            }
        }
    }
    Ok(None)
}
