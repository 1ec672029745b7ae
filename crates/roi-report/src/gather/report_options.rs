//! The options of a report.

use roi_estimators::{CurvatureOptions, ExtensionOptions, LightCurveOptions, LocalizeOptions, SedOptions};

use crate::gather::beside::Beside;
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
    /// Sources whose widths are fitted; by default none.
    pub extension: Choice,
    /// Sources whose spectra are tested for curvature; by default none.
    pub curvature: Choice,
    /// Sources whose light curves are made in the time bins of the configuration, from event files; by default none.
    pub light_curve: Choice,
    /// Whether a map of the residuals is made.
    pub residmap: bool,
    /// Whether a map of the TS is made.
    pub tsmap: bool,
    /// How spectra are fitted.
    pub sed_options: SedOptions,
    /// How positions are fitted.
    pub localize_options: LocalizeOptions,
    /// How widths are fitted.
    pub extension_options: ExtensionOptions,
    /// How curvature is tested.
    pub curvature_options: CurvatureOptions,
    /// The folder that FITS files of what is shown are written to, and its name as seen from the page; none are written without.
    pub fits: Option<Beside>,
    /// How light curves are fitted; those of the configuration without.
    pub light_curve_options: Option<LightCurveOptions>,
}

impl Default for ReportOptions {
    fn default() -> Self {
        Self {
            sed: Choice::Notable,
            localize: Choice::None,
            extension: Choice::None,
            curvature: Choice::None,
            light_curve: Choice::None,
            residmap: true,
            tsmap: true,
            sed_options: SedOptions::default(),
            localize_options: LocalizeOptions::default(),
            extension_options: ExtensionOptions::default(),
            curvature_options: CurvatureOptions::default(),
            fits: None,
            light_curve_options: None,
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

    /// Sets [`extension`](Self::extension).
    #[must_use]
    pub fn with_extension(mut self, extension: Choice) -> Self {
        self.extension = extension;
        self
    }

    /// Sets [`curvature`](Self::curvature).
    #[must_use]
    pub fn with_curvature(mut self, curvature: Choice) -> Self {
        self.curvature = curvature;
        self
    }

    /// Sets [`extension_options`](Self::extension_options).
    #[must_use]
    pub fn with_extension_options(mut self, options: ExtensionOptions) -> Self {
        self.extension_options = options;
        self
    }

    /// Sets [`curvature_options`](Self::curvature_options).
    #[must_use]
    pub fn with_curvature_options(mut self, options: CurvatureOptions) -> Self {
        self.curvature_options = options;
        self
    }

    /// Sets [`fits`](Self::fits).
    #[must_use]
    pub fn with_fits(mut self, fits: Option<Beside>) -> Self {
        self.fits = fits;
        self
    }

    /// Sets [`light_curve`](Self::light_curve).
    #[must_use]
    pub fn with_light_curve(mut self, light_curve: Choice) -> Self {
        self.light_curve = light_curve;
        self
    }

    /// Sets [`light_curve_options`](Self::light_curve_options).
    #[must_use]
    pub fn with_light_curve_options(mut self, options: Option<LightCurveOptions>) -> Self {
        self.light_curve_options = options;
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
