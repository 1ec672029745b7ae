//! How hard an optimizer tries, and when it gives up.

use crate::error::{Error, Result};
use std::time::Duration;

/// MINUIT's strategy: how many evaluations to spend on good derivatives and a good covariance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize)]
#[non_exhaustive]
pub enum Strategy {
    /// 0: start from the given steps, never check the covariance on the way.
    Fast,
    /// 1: start from measured curvatures, check the covariance at the end.
    #[default]
    Normal,
    /// 2: start from a full Hessian, check the covariance whenever the search seems to have converged.
    Careful,
}

impl TryFrom<u8> for Strategy {
    type Error = Error;

    fn try_from(number: u8) -> Result<Self> {
        match number {
            0 => Ok(Self::Fast),
            1 => Ok(Self::Normal),
            2 => Ok(Self::Careful),
            _ => Err(Error::InvalidOption {
                name: "strategy",
                value: number.to_string(),
                reason: "must be 0 (fast), 1 (normal) or 2 (careful)",
            }),
        }
    }
}

/// Options common to all optimizers; what an algorithm has no use for, it ignores.
///
/// ```
/// use optimizers::{Options, Strategy};
/// let options = Options::default().with_tol(1e-8).with_strategy(Strategy::Careful);
/// assert_eq!(options.tol, 1e-8);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Options {
    /// Accuracy of the minimum, of unit one, positive. A run has converged when the estimated distance to the minimum is
    /// below [`edm_goal`](Self::edm_goal). Default [`DEFAULT_TOL`](Self::DEFAULT_TOL).
    pub tol: f64,
    /// Most calls of the objective (values, gradients and Hessians together); `None`: 200 + 100 n + 5 n² for n free
    /// parameters, times 2n + 1 where gradients are numerical.
    pub max_calls: Option<usize>,
    /// Most iterations of an algorithm; default [`DEFAULT_MAX_ITERATIONS`](Self::DEFAULT_MAX_ITERATIONS).
    pub max_iterations: usize,
    /// Longest time the minimisation may take.
    pub time_limit: Option<Duration>,
    /// How much care MINUIT and NEWMINUIT take.
    pub strategy: Strategy,
    /// NEWTON and LM: the damping of the first step, in units of the Hessian's diagonal; default
    /// [`DEFAULT_INITIAL_DAMPING`](Self::DEFAULT_INITIAL_DAMPING), 0 for none.
    pub initial_damping: f64,
    /// Whether a minimum that may not be the only one, since a parameter is held at a bound or known to a good part of its range only, is
    /// looked at from elsewhere; default `true`. Where there is such a doubt it may take several times the calls of the search: each of
    /// its rounds is limited to twelve times the calls that the search took so far, all of them to [`max_calls`](Self::max_calls).
    pub second_look: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            tol: Self::DEFAULT_TOL,
            max_calls: None,
            max_iterations: Self::DEFAULT_MAX_ITERATIONS,
            time_limit: None,
            strategy: Strategy::default(),
            initial_damping: Self::DEFAULT_INITIAL_DAMPING,
            second_look: true,
        }
    }
}

impl Options {
    /// The default of [`tol`](Self::tol), that of the Fermi-LAT tools.
    pub const DEFAULT_TOL: f64 = 1e-3;
    /// The default of [`max_iterations`](Self::max_iterations).
    pub const DEFAULT_MAX_ITERATIONS: usize = 1000;
    /// The default of [`initial_damping`](Self::initial_damping).
    pub const DEFAULT_INITIAL_DAMPING: f64 = 1e-4;

    /// Sets [`tol`](Self::tol).
    #[must_use]
    pub fn with_tol(mut self, tol: f64) -> Self {
        self.tol = tol;
        self
    }

    /// Sets [`max_calls`](Self::max_calls).
    #[must_use]
    pub fn with_max_calls(mut self, max_calls: usize) -> Self {
        self.max_calls = Some(max_calls);
        self
    }

    /// Sets [`max_iterations`](Self::max_iterations).
    #[must_use]
    pub fn with_max_iterations(mut self, max_iterations: usize) -> Self {
        self.max_iterations = max_iterations;
        self
    }

    /// Sets [`time_limit`](Self::time_limit).
    #[must_use]
    pub fn with_time_limit(mut self, time_limit: Duration) -> Self {
        self.time_limit = Some(time_limit);
        self
    }

    /// Sets [`strategy`](Self::strategy).
    #[must_use]
    pub fn with_strategy(mut self, strategy: Strategy) -> Self {
        self.strategy = strategy;
        self
    }

    /// Sets [`initial_damping`](Self::initial_damping).
    #[must_use]
    pub fn with_initial_damping(mut self, initial_damping: f64) -> Self {
        self.initial_damping = initial_damping;
        self
    }

    /// Sets [`second_look`](Self::second_look).
    #[must_use]
    pub fn with_second_look(mut self, second_look: bool) -> Self {
        self.second_look = second_look;
        self
    }

    /// The estimated distance to the minimum (EDM) below which a run has converged: `2 tolerance` for the error
    /// definition 0.5 of a likelihood, in proportion for others. It is the goal of the Fermi-LAT tools' MINUIT.
    pub fn edm_goal(&self, error_definition: f64) -> f64 {
        4.0 * self.tol * error_definition
    }

    pub(crate) fn check(&self) -> Result<()> {
        if !(self.tol.is_finite() && self.tol > 0.0) {
            return Err(Error::InvalidOption {
                name: "tol",
                value: self.tol.to_string(),
                reason: "must be positive and finite",
            });
        }
        if !(self.initial_damping.is_finite() && self.initial_damping >= 0.0) {
            return Err(Error::InvalidOption {
                name: "initial_damping",
                value: self.initial_damping.to_string(),
                reason: "must be finite and not negative",
            });
        }
        Ok(())
    }
}
