//! The options of a report.

use roi_estimators::{LocalizeOptions, SedOptions};

use crate::gather::choice::Choice;

/// What a report shows beside what is known of a region already.
///
/// ```
/// use roi_report::{Choice, ReportOptions};
/// let quick = ReportOptions::default().with_sed(Choice::None).with_tsmap(false);
/// assert!(!quick.tsmap && quick.residmap);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ReportOptions {
    /// Sources whose spectra are fitted bin by bin; by default the notable ones.
    pub sed: Choice,
    /// Sources whose positions are fitted; by default none, as each is a fit of its own.
    pub localize: Choice,
    /// Whether a map of the residuals is made.
    pub residmap: bool,
    /// Whether a map of the TS is made.
    pub tsmap: bool,
    /// How spectra are fitted.
    pub sed_options: SedOptions,
    /// How positions are fitted.
    pub localize_options: LocalizeOptions,
}

impl Default for ReportOptions {
    fn default() -> Self {
        Self {
            sed: Choice::Notable,
            localize: Choice::None,
            residmap: true,
            tsmap: true,
            sed_options: SedOptions::default(),
            localize_options: LocalizeOptions::default(),
        }
    }
}

impl ReportOptions {
    /// Sets [`sed`](Self::sed).
    #[must_use]
    pub fn with_sed(mut self, sed: Choice) -> Self {
        self.sed = sed;
        self
    }

    /// Sets [`localize`](Self::localize).
    #[must_use]
    pub fn with_localize(mut self, localize: Choice) -> Self {
        self.localize = localize;
        self
    }

    /// Sets [`residmap`](Self::residmap).
    #[must_use]
    pub fn with_residmap(mut self, residmap: bool) -> Self {
        self.residmap = residmap;
        self
    }

    /// Sets [`tsmap`](Self::tsmap).
    #[must_use]
    pub fn with_tsmap(mut self, tsmap: bool) -> Self {
        self.tsmap = tsmap;
        self
    }

    /// Sets [`sed_options`](Self::sed_options).
    #[must_use]
    pub fn with_sed_options(mut self, sed_options: SedOptions) -> Self {
        self.sed_options = sed_options;
        self
    }

    /// Sets [`localize_options`](Self::localize_options).
    #[must_use]
    pub fn with_localize_options(mut self, localize_options: LocalizeOptions) -> Self {
        self.localize_options = localize_options;
        self
    }
}
