//! Analyses of other data of the same region: of the time bins of a light curve, say.

use std::collections::BTreeSet;

use crate::analysis::{Analysis, Edits, Opened};
use crate::error::Result;
use crate::known::angular::TemplateIntegrals;
use crate::known::merge::Known;
use crate::known::options::{FitOptions, OptimizeOptions};
use crate::known::progress::Progress;
use crate::session::Session;

/// What an analysis of other data of the same region has from one: locks, options of fits, integrals of templates. It can be shared between threads.
///
/// ```
/// use roi_fit::{Analysis, FitOptions, Quiet};
/// use roi_simulate::{SimulationOptions, simulate};
///
/// let simulated = simulate(&SimulationOptions::default().with_npix(20).with_ebins(6).with_sources(2))?;
/// let whole = Analysis::new(simulated.start.clone(), simulated.likelihood()?)?;
/// let companion = whole.companion(&[])?;
/// // A part of the data would stand here.
/// let mut part = companion.analysis(whole.session().clone().on_one_thread(), Box::new(Quiet))?;
/// assert!(part.fit(&companion.fit_options())?.fit_success);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Companion {
    templates: TemplateIntegrals,
    locked: BTreeSet<(String, String)>,
    fit_options: FitOptions,
    optimize_options: OptimizeOptions,
}

impl Analysis {
    /// What analyses of other data of this region have from this one. The templates of the sources of these names, found by name or alias, are
    /// read, so that their fluxes are known there; those of other templates are, if they are here.
    ///
    /// # Errors
    /// When there is no such source.
    pub fn companion(&self, sources: &[&str]) -> Result<Companion> {
        let mut templates = self.templates.clone();
        for name in sources {
            let source = self.roi().source(name)?;
            if let Some(note) = self.opened.config.as_ref().and_then(|config| templates.read(config, source)) {
                tracing::warn!("{note}");
            }
        }
        Ok(Companion {
            templates,
            locked: self.edits.locked.clone(),
            fit_options: self.fit_options(),
            optimize_options: self.optimize_options(),
        })
    }
}

impl Companion {
    /// The analysis of a session, which has its model and its data. Templates that nobody has read stay so: their sources have no fluxes.
    ///
    /// # Errors
    /// As [`Analysis::new`].
    pub fn analysis(&self, session: Session, progress: Box<dyn Progress>) -> Result<Analysis> {
        let edits = Edits { locked: self.locked.clone(), ..Edits::default() };
        let opened = Opened::with_options(self.fit_options.clone(), self.optimize_options.clone());
        let templates = self.templates.clone();
        let mut analysis = Analysis { session, known: Known::default(), templates, edits, opened, progress };
        analysis.take_stock()?;
        Ok(analysis)
    }

    /// Options of [`Analysis::fit`] as the configuration has them.
    pub fn fit_options(&self) -> FitOptions {
        self.fit_options.clone()
    }

    /// Options of [`Analysis::optimize`] as the configuration has them.
    pub fn optimize_options(&self) -> OptimizeOptions {
        self.optimize_options.clone()
    }
}
