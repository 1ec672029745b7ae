//! From a minimiser's iterations to the events of an analysis.

use std::ops::ControlFlow;

use optimizers::Iteration;

use crate::known::progress::{Event, Progress};

/// Passes a minimiser's iterations on to the analysis's watcher.
pub(crate) struct Relay<'a>(pub(crate) &'a mut dyn Progress);

impl optimizers::Observer for Relay<'_> {
    fn iteration(&mut self, iteration: &Iteration) -> ControlFlow<()> {
        self.0.event(&Event::Iteration {
            algorithm: iteration.algorithm,
            iteration: iteration.iteration,
            log_likelihood: -iteration.fval,
            edm: iteration.edm,
        })
    }
}
