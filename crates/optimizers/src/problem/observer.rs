//! What a caller may see of a running minimisation, and how to stop it.

use super::minimum::Calls;
use std::ops::ControlFlow;

/// One iteration of an algorithm.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Iteration {
    /// The algorithm at work, for instance `"MIGRAD"`.
    pub algorithm: &'static str,
    /// Its iterations so far.
    pub iteration: usize,
    /// The lowest value so far.
    pub fval: f64,
    /// Estimated distance to the minimum, in units of the objective.
    pub edm: f64,
    /// Length of the last step, as a fraction of the algorithm's full step.
    pub step: f64,
    /// Levenberg damping, 0 for algorithms without.
    pub damping: f64,
    /// Calls of the objective so far.
    pub calls: Calls,
}

/// Watches a minimisation. Closures `FnMut(&Iteration) -> ControlFlow<()>` are observers too.
///
/// ```
/// use optimizers::{Iteration, Observer};
/// use std::ops::ControlFlow;
/// let mut seen = 0;
/// let mut stop_after_ten = |_: &Iteration| {
///     seen += 1;
///     if seen < 10 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
/// };
/// let observer: &mut dyn Observer = &mut stop_after_ten;
/// ```
pub trait Observer {
    /// Called after every iteration; `Break` ends the minimisation with [`Status::Cancelled`](crate::Status::Cancelled).
    fn iteration(&mut self, iteration: &Iteration) -> ControlFlow<()>;

    /// Asked before every call of the objective; `true` ends the minimisation likewise.
    fn is_cancelled(&self) -> bool {
        false
    }
}

impl<F: FnMut(&Iteration) -> ControlFlow<()>> Observer for F {
    fn iteration(&mut self, iteration: &Iteration) -> ControlFlow<()> {
        self(iteration)
    }
}

/// The observer that looks away.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {
    fn iteration(&mut self, _iteration: &Iteration) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}
