//! An analysis as it was, for who tries something that may come to nothing.

use crate::analysis::{Analysis, Edits};
use crate::known::merge::Known;
use crate::session::Session;

/// The model, the data and all that was known of them at a moment. It shares what is large with the analysis.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    session: Session,
    known: Known,
    edits: Edits,
}

impl Analysis {
    /// The analysis as it is now, see [`Analysis::restore`].
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint { session: self.session.clone(), known: self.known.clone(), edits: self.edits.clone() }
    }

    /// Makes the analysis what it was, bit for bit: sources, parameters, errors, and what was known of them.
    ///
    /// ```
    /// # use roi_simulate::{SimulationOptions, simulate};
    /// # use roi_fit::{Analysis, FitOptions};
    /// # let simulated = simulate(&SimulationOptions::default().with_npix(20).with_ebins(6).with_sources(2))?;
    /// # let likelihood = simulated.likelihood()?;
    /// # let mut roi = Analysis::new(simulated.start, likelihood)?;
    /// let before = roi.checkpoint();
    /// let values = roi.roi().free_values();
    /// roi.fit(&FitOptions::default())?;
    /// roi.restore(before);
    /// assert_eq!(roi.roi().free_values(), values);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn restore(&mut self, checkpoint: Checkpoint) {
        (self.session, self.known, self.edits) = (checkpoint.session, checkpoint.known, checkpoint.edits);
    }
}
