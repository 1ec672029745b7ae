//! Everything that a page shows.

use std::collections::BTreeMap;
use std::path::Path;

use roi_estimators::{Curvature, Extension, Goodness, Localization, SedResult};
use roi_fit::{Analysis, FitResult, LoglikeResult, OptimizeResult, SourceProperties};
use roi_model::Roi;
use serde_json::{Value, json};

use crate::error::Result;
use crate::input::light_curve_panel::LightCurvePanel;
use crate::input::sky_image::SkyImage;

/// Everything that a page shows. [`ReportInput::new`] has what an analysis knows; the rest is added.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ReportInput {
    /// The model.
    pub roi: Roi,
    /// What is known of its sources.
    pub sources: BTreeMap<String, SourceProperties>,
    /// Counts and predicted counts.
    pub loglike: LoglikeResult,
    /// What is odd about the data or the model, as the files tell it.
    pub remarks: Vec<String>,
    /// The optimization that was made for the report.
    pub optimized: Option<OptimizeResult>,
    /// The fit that was made for the report.
    pub fit: Option<FitResult>,
    /// Maps of the sky.
    pub images: Vec<SkyImage>,
    /// How well counts and model agree.
    pub goodness: Option<Goodness>,
    /// Spectra bin by bin.
    pub seds: Vec<SedResult>,
    /// Positions.
    pub localizations: Vec<Localization>,
    /// Widths.
    pub extensions: Vec<Extension>,
    /// Curvatures of spectra.
    pub curvatures: Vec<Curvature>,
    /// Light curves.
    pub light_curves: Vec<LightCurvePanel>,
    /// Files that lie beside the page.
    pub files: Vec<BesideFile>,
    /// What could not be had.
    pub problems: Vec<Problem>,
    /// Where it all comes from: the dictionary `provenance` of a command's result, with `program`, `version`, `date`, `inputs` and `options`.
    pub provenance: Value,
    /// The options of the configuration, as [`roi_fit::resolved_config`] has them.
    pub config: Value,
    /// What to type for the next step, for the advice of the page: the configuration with the options that lead here.
    pub command: String,
}

/// A file that lies beside the page, which links to it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BesideFile {
    /// The source; empty for what is of the whole region.
    pub source: String,
    /// What it holds.
    pub what: String,
    /// Where it lies, from the folder of the page, folders with `/` between them.
    pub path: String,
}

impl BesideFile {
    /// What a file holds of a source, and where it lies as seen from the page.
    pub fn new(source: impl Into<String>, what: impl Into<String>, path: impl Into<String>) -> Self {
        Self { source: source.into(), what: what.into(), path: path.into() }
    }
}

/// What an estimator could not give.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The source; empty for what is of the whole region.
    pub source: String,
    /// What was asked for.
    pub what: String,
    /// Why it is not there.
    pub message: String,
}

impl Problem {
    /// What could not be had of a source, and why.
    pub fn new(source: impl Into<String>, what: impl Into<String>, message: impl Into<String>) -> Self {
        Self { source: source.into(), what: what.into(), message: message.into() }
    }
}

impl ReportInput {
    /// What an analysis knows, as it stands.
    ///
    /// # Errors
    /// When the model cannot be evaluated.
    pub fn new(analysis: &mut Analysis) -> Result<Self> {
        Ok(Self {
            loglike: analysis.loglike_report()?,
            sources: analysis.all_properties()?,
            roi: analysis.roi().clone(),
            remarks: analysis.remarks().map(str::to_owned).collect(),
            optimized: None,
            fit: None,
            images: Vec::new(),
            goodness: None,
            seds: Vec::new(),
            localizations: Vec::new(),
            extensions: Vec::new(),
            curvatures: Vec::new(),
            light_curves: Vec::new(),
            files: Vec::new(),
            problems: Vec::new(),
            provenance: Value::Null,
            config: Value::Null,
            command: "config.yaml".to_owned(),
        })
    }

    /// What there is to say for programs of the page that was written.
    pub fn told(&self, page: &Path, bytes: usize) -> Value {
        let problem = |of: &Problem| json!({ "source": of.source, "what": of.what, "message": of.message });
        json!({
            "report": page,
            "bytes": bytes,
            "sources": self.roi.sources().len(),
            "images": self.images.len(),
            "seds": self.seds.iter().map(|sed| sed.name.as_str()).collect::<Vec<_>>(),
            "localized": self.localizations.iter().map(|found| found.name.as_str()).collect::<Vec<_>>(),
            "widths": self.extensions.iter().map(|found| found.name.as_str()).collect::<Vec<_>>(),
            "curvatures": self.curvatures.iter().map(|found| found.name.as_str()).collect::<Vec<_>>(),
            "light_curves": self.light_curves.iter().map(|curve| curve.name.as_str()).collect::<Vec<_>>(),
            "files": self.files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(),
            "problems": self.problems.iter().map(problem).collect::<Vec<_>>(),
            "goodness": self.goodness.as_ref().map(Goodness::to_json),
            "fit_success": self.fit.as_ref().map(|fit| fit.fit_success),
        })
    }

    /// Sets [`optimized`](Self::optimized).
    #[must_use]
    pub fn with_optimized(mut self, optimized: Option<OptimizeResult>) -> Self {
        self.optimized = optimized;
        self
    }

    /// Sets [`fit`](Self::fit).
    #[must_use]
    pub fn with_fit(mut self, fit: Option<FitResult>) -> Self {
        self.fit = fit;
        self
    }

    /// Sets [`extensions`](Self::extensions).
    #[must_use]
    pub fn with_extensions(mut self, extensions: Vec<Extension>) -> Self {
        self.extensions = extensions;
        self
    }

    /// Sets [`curvatures`](Self::curvatures).
    #[must_use]
    pub fn with_curvatures(mut self, curvatures: Vec<Curvature>) -> Self {
        self.curvatures = curvatures;
        self
    }

    /// Sets [`files`](Self::files).
    #[must_use]
    pub fn with_files(mut self, files: Vec<BesideFile>) -> Self {
        self.files = files;
        self
    }

    /// Sets [`light_curves`](Self::light_curves).
    #[must_use]
    pub fn with_light_curves(mut self, light_curves: Vec<LightCurvePanel>) -> Self {
        self.light_curves = light_curves;
        self
    }

    /// Sets [`provenance`](Self::provenance).
    #[must_use]
    pub fn with_provenance(mut self, provenance: Value) -> Self {
        self.provenance = provenance;
        self
    }

    /// Sets [`config`](Self::config).
    #[must_use]
    pub fn with_config(mut self, config: Value) -> Self {
        self.config = config;
        self
    }

    /// Sets [`command`](Self::command).
    #[must_use]
    pub fn with_command(mut self, command: impl Into<String>) -> Self {
        self.command = command.into();
        self
    }
}
