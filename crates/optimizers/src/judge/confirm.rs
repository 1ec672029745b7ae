//! The proof of a claim: does the objective around a minimum change as its gradient and Hessian say?
//!
//! A Hessian from differences can look perfect on a kink, and one from a formula can be wrong. So a claim of quality 3
//! is tried at a tenth of a standard deviation: along every parameter (all at once where gradients tell them apart),
//! to both sides where the bounds leave both, from a bound inwards, and along the direction that is constrained least,
//! where a degeneracy would hide. Where that fails it is tried nearer: a smooth objective may have left its parabola,
//! but a kink fails at every distance.

use crate::evaluate::evaluator::{Evaluator, Halt, Hessian, Point};
use crate::evaluate::line_integral;
use crate::judge::verdict::Verdict;
use crate::linalg::{dot, quadratic_model};
use crate::problem::minimum::{FitQuality, Status};
use crate::problem::objective::Derivatives;

/// Distances of the trials in standard deviations.
const DISTANCES: [f64; 2] = [0.1, 0.02];
/// By what share a rise to one side may differ from its prediction.
const RISE: f64 = 0.3;
/// By what factor the mean rise to both sides of a correlated direction, which may bend, may differ.
const BENT_RISE: f64 = 4.0;
/// By what share a change of slope may differ from its prediction.
const SLOPE: f64 = 0.4;
/// Eigenvalue ratio above which no direction needs a look of its own.
const ROUND: f64 = 0.1;
/// A rise is visible above this multiple of the blur.
const VISIBLE: f64 = 4.0;

/// What a proof found besides its judgement.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// A clearly lower point.
    pub(crate) lower: Option<Vec<f64>>,
    /// The values contradict the gradients.
    pub(crate) wrong_derivatives: bool,
}

/// Tries a claim of quality 3 and lowers it if it fails.
pub(crate) fn confirm(
    evaluator: &mut Evaluator<'_>,
    point: &Point,
    hessian: &Hessian,
    verdict: &mut Verdict,
) -> Result<Found, Halt> {
    if verdict.quality != FitQuality::Accurate {
        return Ok(Found::default());
    }
    let mut proof = Proof { blur: 20.0 * evaluator.noise(point.f), evaluator, point, hessian, lowest: None };
    let outcome = proof.all(verdict)?;
    let mut found = Found { lower: proof.clearly_lower(), wrong_derivatives: false };
    match outcome {
        Outcome::Holds => {}
        Outcome::Flat => verdict.reject(Status::Degenerate),
        Outcome::Fails(to) => {
            found.wrong_derivatives = proof.derivatives_are_wrong(&to)?;
            verdict.reject(if found.wrong_derivatives { Status::WrongDerivatives } else { Status::NotQuadratic });
        }
    }
    Ok(found)
}

/// How a trial ended.
#[derive(Debug)]
enum Outcome {
    Holds,
    /// The objective does not change at all.
    Flat,
    /// It does not do as predicted at this point.
    Fails(Vec<f64>),
}

struct Proof<'p, 'a> {
    evaluator: &'p mut Evaluator<'a>,
    point: &'p Point,
    hessian: &'p Hessian,
    /// A difference of values that may be rounding.
    blur: f64,
    lowest: Option<(f64, Vec<f64>)>,
}

impl Proof<'_, '_> {
    fn all(&mut self, verdict: &Verdict) -> Result<Outcome, Halt> {
        let n = self.point.x.len();
        let has_gradient = self.evaluator.derivatives() >= Derivatives::Gradient;
        // Along parameters: the unheld to both sides, the held inwards.
        let inwards: Vec<f64> =
            (0..n).map(|i| if verdict.at_limit[i] { self.inward(verdict, i) } else { 0.0 }).collect();
        let unheld: Vec<usize> = (0..n).filter(|&i| !verdict.at_limit[i]).collect();
        let mut trials: Vec<Vec<f64>> = Vec::new();
        if has_gradient {
            let share = (unheld.len().max(1) as f64).sqrt().recip();
            for sign in [1.0, -1.0] {
                let mut d = inwards.clone();
                for &i in &unheld {
                    d[i] = sign * share * verdict.units[i];
                }
                trials.push(d);
            }
            trials.truncate(if unheld.is_empty() { 1 } else { 2 });
        } else {
            for &i in &unheld {
                for sign in [1.0, -1.0] {
                    let mut d = vec![0.0; n];
                    d[i] = sign * verdict.units[i];
                    trials.push(d);
                }
            }
            if inwards.iter().any(|d| *d != 0.0) {
                trials.push(inwards);
            }
        }
        for direction in trials {
            let outcome = self.nearer_and_nearer(&direction, |proof, d| proof.trial(d, has_gradient))?;
            if !matches!(outcome, Outcome::Holds) {
                return Ok(outcome);
            }
        }
        // Where the parameters hardly correlate, the first trials have seen it all.
        if verdict.ratio < ROUND {
            return self.nearer_and_nearer(&verdict.weakest, Self::mean_rise);
        }
        Ok(Outcome::Holds)
    }

    /// A held parameter's error, from its bound inwards.
    fn inward(&self, verdict: &Verdict, i: usize) -> f64 {
        let error = verdict.covariance.as_ref().map_or(0.0, |c| c[[i, i]].sqrt());
        if self.point.x[i] <= self.evaluator.lower()[i] { error } else { -error }
    }

    /// The displacement by a share of a direction, turned round where a bound leaves no room.
    fn displacement(&self, direction: &[f64], share: f64) -> Vec<f64> {
        let room = |i: usize, d: f64| {
            let bound = if d > 0.0 { self.evaluator.upper()[i] } else { self.evaluator.lower()[i] };
            (bound - self.point.x[i]).abs()
        };
        (0..direction.len())
            .map(|i| {
                let d = share * direction[i];
                let turned = if room(i, d) < 0.3 * d.abs() && room(i, -d) > room(i, d) { -d } else { d };
                turned.signum() * turned.abs().min(room(i, turned))
            })
            .collect()
    }

    fn nearer_and_nearer(
        &mut self,
        direction: &[f64],
        trial: impl Fn(&mut Self, &[f64]) -> Result<Outcome, Halt>,
    ) -> Result<Outcome, Halt> {
        let mut outcome = Outcome::Holds;
        for distance in DISTANCES {
            let Some(d) = self.visible(direction, distance) else { return Ok(outcome) };
            outcome = trial(self, &d)?;
            if matches!(outcome, Outcome::Holds) {
                break;
            }
        }
        Ok(outcome)
    }

    /// The displacement at a distance, farther where the rise would drown in rounding; `None` where it always would.
    fn visible(&self, direction: &[f64], distance: f64) -> Option<Vec<f64>> {
        let mut share = distance;
        while share <= 1.0 {
            let d = self.displacement(direction, share);
            let rise = 0.5 * dot(&d, &self.times(&d)) + self.slope(&d).max(0.0);
            if rise > VISIBLE * self.blur {
                return Some(d);
            }
            share *= 3.0;
        }
        None
    }

    fn times(&self, d: &[f64]) -> Vec<f64> {
        self.hessian.matrix.rows().into_iter().map(|row| row.iter().zip(d).map(|(h, d)| h * d).sum()).collect()
    }

    fn slope(&self, d: &[f64]) -> f64 {
        dot(&self.point.g, d)
    }

    /// The point at a displacement, with the slopes there if they are asked for; the lowest is kept.
    fn at(&mut self, d: &[f64], slopes: bool) -> Result<Point, Halt> {
        let x: Vec<f64> = self.point.x.iter().zip(d).map(|(x, d)| x + d).collect();
        let there =
            if slopes { self.evaluator.point(&x)? } else { Point { f: self.evaluator.value(&x)?, x, g: Vec::new() } };
        if there.is_finite() && self.lowest.as_ref().is_none_or(|(f, _)| there.f < *f) {
            self.lowest = Some((there.f, there.x.clone()));
        }
        Ok(there)
    }

    /// Compares rise and slopes at a displacement to what gradient and Hessian predict.
    fn trial(&mut self, d: &[f64], slopes: bool) -> Result<Outcome, Halt> {
        let there = self.at(d, slopes)?;
        if !there.is_finite() {
            return Ok(Outcome::Fails(there.x));
        }
        let rise = there.f - self.point.f;
        if rise.abs() <= self.blur {
            return Ok(Outcome::Flat);
        }
        let h = &self.hessian.matrix;
        let predicted = quadratic_model::model(h, &self.point.g, d);
        let expected = self.times(d);
        let curved = 0.5 * dot(d, &expected) + self.slope(d).max(0.0);
        let mut holds = (rise - predicted).abs() <= RISE * curved + self.blur;
        for i in (0..d.len()).filter(|&i| slopes && d[i] != 0.0) {
            let least = (h[[i, i]] * d[i]).abs().max(self.point.g[i].abs());
            let bar = SLOPE * expected[i].abs().max(least) + 10.0 * self.blur / d[i].abs();
            holds &= (there.g[i] - self.point.g[i] - expected[i]).abs() <= bar;
        }
        Ok(if holds { Outcome::Holds } else { Outcome::Fails(there.x) })
    }

    /// Compares the mean rise both ways along a displacement to the prediction.
    fn mean_rise(&mut self, d: &[f64]) -> Result<Outcome, Halt> {
        let back: Vec<f64> = d.iter().map(|d| -d).collect();
        let back = self.displacement(&back, 1.0);
        let (mut rise, mut predicted) = (0.0, 0.0);
        let mut far = Vec::new();
        for way in [d, &back] {
            let there = self.at(way, false)?;
            rise += there.f - self.point.f;
            predicted += quadratic_model::model(&self.hessian.matrix, &self.point.g, way);
            far = there.x;
        }
        let holds = rise <= BENT_RISE * predicted + 2.0 * self.blur && rise >= predicted / BENT_RISE - 2.0 * self.blur;
        Ok(match holds {
            _ if rise.abs() <= 2.0 * self.blur => Outcome::Flat,
            true => Outcome::Holds,
            false => Outcome::Fails(far),
        })
    }

    /// Whether the change of the value on the way to a point contradicts the gradients on that way.
    fn derivatives_are_wrong(&mut self, to: &[f64]) -> Result<bool, Halt> {
        if self.evaluator.derivatives() == Derivatives::None {
            return Ok(false);
        }
        line_integral::contradicts(self.evaluator, self.point, to)
    }

    fn clearly_lower(&self) -> Option<Vec<f64>> {
        let bar = self.evaluator.edm_goal.max(self.evaluator.slack(self.point.f));
        self.lowest.as_ref().filter(|(f, _)| *f < self.point.f - bar).map(|(_, x)| x.clone())
    }
}
