//! The likelihood over a grid of positions.

use rayon::prelude::*;

use crate::error::Result;
use crate::localize::contour::{loglike_at, maximum};
use crate::trial::trial_session::TrialSession;

/// `logL` over a square grid of positions around the fitted one, everything that is free fitted again at each.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PeakScan {
    /// Positions a side.
    pub n: usize,
    /// Degrees between them, to the east and to the north.
    pub step: f64,
    /// `logL`, from south to north, in each row from east to west as images of the sky are; minus infinity where the data are impossible, not a number
    /// where the rest was not fitted to its maximum.
    pub loglike: Vec<f64>,
    /// `logL` without the source; `None` where the data are impossible then.
    pub loglike_null: Option<f64>,
}

impl PeakScan {
    /// Twice the gain over the model without the source, in the order of [`PeakScan::loglike`]; not a number without [`PeakScan::loglike_null`].
    pub fn ts(&self) -> Vec<f64> {
        let null = self.loglike_null.unwrap_or(f64::NAN);
        self.loglike.iter().map(|loglike| 2.0 * (loglike - null)).collect()
    }

    /// Offsets of a position from the middle, degrees east and north.
    pub(crate) fn offset(&self, index: usize) -> [f64; 2] {
        let middle = 0.5 * (self.n as f64 - 1.0);
        let (column, row) = ((index % self.n) as f64, (index / self.n) as f64);
        [(middle - column) * self.step, (row - middle) * self.step]
    }
}

/// Scans `n` x `n` positions over `radius` degrees to either side.
pub(crate) fn peak_scan(trial: &TrialSession<'_>, n: usize, radius: f64) -> Result<PeakScan> {
    let step = 2.0 * radius / (n.max(2) - 1) as f64;
    let mut scan = PeakScan { n, step, loglike: Vec::new(), loglike_null: loglike_without(trial)? };
    let of_place = |index: usize| -> Result<f64> {
        let [east, north] = scan.offset(index);
        let found = if [east, north] == [0.0; 2] {
            // It stands there.
            maximum(&mut trial.session().clone())?
        } else {
            loglike_at(trial, trial.place().moved(east, north)?)?
        };
        Ok(found.unwrap_or(f64::NAN))
    };
    // All of them first: the error is that of the first place, for any number of threads.
    let found: Vec<Result<f64>> = (0..n * n).into_par_iter().map(of_place).collect();
    scan.loglike = found.into_iter().collect::<Result<_>>()?;
    Ok(scan)
}

/// `logL` without the source, everything else that is free fitted again.
fn loglike_without(trial: &TrialSession<'_>) -> Result<Option<f64>> {
    let mut session = trial.session().clone();
    session.roi_mut().remove_source(trial.model().name())?;
    Ok(maximum(&mut session)?.filter(|loglike| loglike.is_finite()))
}
