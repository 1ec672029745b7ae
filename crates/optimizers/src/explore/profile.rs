//! Profiles and scans: the objective as a function of one parameter.

use super::explorer::{Effort, Explorer};
use crate::error::{Error, Result};
use crate::problem::minimum::Status;
use crate::problem::observer::Observer;

/// A point of a profile or scan.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ProfilePoint {
    /// The parameter's value.
    pub x: f64,
    /// The objective there; infinite where it is not defined.
    pub fval: f64,
    /// Every parameter's value.
    pub values: Vec<f64>,
    /// How the minimisation over the others ended, judged as every minimum is. For a scan, where nothing is minimised,
    /// [`Status::Converged`] where the objective is defined.
    pub status: Status,
    /// Whether the others came to a minimum, whatever can be said of their covariance there.
    pub is_minimum: bool,
    /// Whether the objective is clearly lower here than at the minimum explored, which then was not the lowest: minimise
    /// again from `values`.
    pub is_new_minimum: bool,
}

impl Explorer<'_> {
    /// The objective at given values of a free parameter, minimised over the others.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] when the parameter is not free in the problem,
    /// [`Error::InvalidParameter`] for a value outside its bounds,
    /// [`Error::Objective`] for a fatal error.
    pub fn profile(&mut self, parameter: usize, at: &[f64], observer: &mut dyn Observer) -> Result<Vec<ProfilePoint>> {
        self.walk(parameter, at, Effort::Judge, observer)
    }

    /// The objective at given values of a free parameter, the others staying at the minimum.
    ///
    /// # Errors
    /// As for [`profile`](Explorer::profile).
    pub fn scan(&mut self, parameter: usize, at: &[f64], observer: &mut dyn Observer) -> Result<Vec<ProfilePoint>> {
        self.walk(parameter, at, Effort::Evaluate, observer)
    }

    fn walk(
        &mut self,
        parameter: usize,
        at: &[f64],
        effort: Effort<'_>,
        observer: &mut dyn Observer,
    ) -> Result<Vec<ProfilePoint>> {
        self.position(parameter)?;
        at.iter()
            .map(|&x| {
                let there = self.held_at(&[(parameter, x)], effort, observer)?;
                let (is_minimum, status) = (there.is_minimum(), there.status);
                let is_new_minimum = there.fval < self.clearly_lower();
                Ok(ProfilePoint { x, fval: there.fval, values: there.values, status, is_minimum, is_new_minimum })
            })
            .collect()
    }

    /// `count` evenly spaced values of a free parameter, `sigmas` standard deviations to either side of the minimum, cut
    /// off at its bounds: for [`profile`](Explorer::profile) and [`scan`](Explorer::scan).
    ///
    /// # Errors
    /// [`Error::InvalidOption`] when the parameter is not free in the problem, or `sigmas` not positive and finite.
    pub fn grid(&self, parameter: usize, sigmas: f64, count: usize) -> Result<Vec<f64>> {
        if !(sigmas.is_finite() && sigmas > 0.0) {
            return Err(Error::InvalidOption {
                name: "sigmas",
                value: sigmas.to_string(),
                reason: "must be positive and finite",
            });
        }
        let k = self.position(parameter)?;
        let entry = &self.problem().parameters()[parameter];
        let reach = sigmas * self.covariance(k, k).sqrt();
        let best = self.minimum.values[parameter];
        let (low, high) = ((best - reach).max(entry.lower()), (best + reach).min(entry.upper()));
        let steps = count.saturating_sub(1).max(1) as f64;
        Ok((0..count).map(|i| (low + (high - low) * i as f64 / steps).clamp(low, high)).collect())
    }
}
