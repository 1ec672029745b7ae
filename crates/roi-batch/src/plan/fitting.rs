//! How a region is fitted.

use roi_fit::{Analysis, FitOptions};
use serde::Deserialize;

/// Options of a fit over those of the configuration; `None` leaves them.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Fitting {
    /// [`FitOptions::OPTIMIZER`], also of an optimization.
    pub optimizer: Option<String>,
    /// [`FitOptions::TOL`], also of an optimization.
    pub tol: Option<f64>,
    /// [`FitOptions::MAX_ITER`].
    pub max_iter: Option<usize>,
    /// [`FitOptions::MAX_CALLS`].
    pub max_calls: Option<usize>,
    /// [`FitOptions::RETRIES`].
    pub retries: Option<usize>,
    /// [`FitOptions::MIN_FIT_QUALITY`].
    pub min_fit_quality: Option<u8>,
    /// [`FitOptions::MINOS`].
    pub minos: bool,
    /// [`FitOptions::REOPTIMIZE`].
    pub reoptimize: bool,
    /// Do not compute TS and fluxes after the fit.
    pub no_update: bool,
}

impl Fitting {
    /// The options of the configuration with these over them.
    pub fn options(&self, analysis: &Analysis) -> FitOptions {
        let mut options = analysis.fit_options();
        self.change(&mut options);
        options.max_iter = self.max_iter.unwrap_or(options.max_iter);
        options.max_calls = self.max_calls;
        options.retries = self.retries.unwrap_or(options.retries);
        options.min_fit_quality = self.min_fit_quality.unwrap_or(options.min_fit_quality);
        options.minos = self.minos;
        options.reoptimize = self.reoptimize;
        options.update = !self.no_update;
        options
    }

    /// Changes those options that hold also for the fits of an optimization.
    pub fn change(&self, options: &mut FitOptions) {
        if let Some(optimizer) = &self.optimizer {
            options.optimizer.clone_from(optimizer);
        }
        options.tol = self.tol.unwrap_or(options.tol);
    }

    /// In words, those of the program's command line: for what depends on them.
    pub fn words(&self) -> Vec<String> {
        let switch = |name: &str, is_on: bool| is_on.then(|| name.to_owned());
        [
            self.optimizer.as_ref().map(|name| format!("--optimizer {name}")),
            self.tol.map(|tol| format!("--tol {tol:?}")),
            self.max_iter.map(|n| format!("--max-iter {n}")),
            self.max_calls.map(|n| format!("--max-calls {n}")),
            self.retries.map(|n| format!("--retries {n}")),
            self.min_fit_quality.map(|quality| format!("--min-fit-quality {quality}")),
            switch("--minos", self.minos),
            switch("--reoptimize", self.reoptimize),
            switch("--no-update", self.no_update),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}
