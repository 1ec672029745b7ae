//! One component of a likelihood: its counts, and the source maps that are laid beside them.

use std::collections::BTreeMap;

use roi_model::source::Source;

use crate::counts::CountsCube;
use crate::energy::{EnergyAxis, LogTrapezoid};
use crate::error::{Error, Result};
use crate::filled::Filled;
use crate::source_map::SourceMap;
use crate::template::Template;
use crate::workspace::{FixedPart, Workspace};

/// What to do with filled bins where the model is not positive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnmodelledBins {
    /// The likelihood is zero there: an error that names the bin.
    #[default]
    Error,
    /// Leave them out of the sum without a word, as the LAT tools do.
    Skip,
}

/// One component of a likelihood: counts, and source maps by source name.
#[derive(Clone, Debug)]
pub struct BinnedLikelihood {
    pub(crate) name: String,
    pub(crate) axis: EnergyAxis,
    pub(crate) rule: LogTrapezoid,
    pub(crate) shape: (usize, usize),
    pub(crate) filled: Filled,
    pub(crate) counts_spectrum: Vec<f64>,
    pub(crate) templates: BTreeMap<String, Template>,
    pub(crate) unmodelled_bins: UnmodelledBins,
    pub(crate) fixed: FixedPart,
    pub(crate) work: Workspace,
}

impl BinnedLikelihood {
    /// A component without source maps; `name` stands in error messages (`"00"`, say).
    pub fn new(name: impl Into<String>, counts: &CountsCube) -> Self {
        let (_, ny, nx) = counts.counts().dim();
        Self {
            name: name.into(),
            axis: counts.axis().clone(),
            rule: counts.axis().log_trapezoid(),
            shape: (ny, nx),
            filled: Filled::new(counts),
            counts_spectrum: counts.spectrum(),
            templates: BTreeMap::new(),
            unmodelled_bins: UnmodelledBins::default(),
            fixed: FixedPart::default(),
            work: Workspace::default(),
        }
    }

    /// What to do with filled bins where the model is not positive.
    #[must_use]
    pub fn with_unmodelled_bins(mut self, choice: UnmodelledBins) -> Self {
        self.unmodelled_bins = choice;
        self
    }

    /// Adds the map of the source of this name. Only its values at filled bins and its plane sums are kept.
    ///
    /// # Errors
    /// When the shape does not fit the counts cube, or a map of this name is there already.
    pub fn add_source_map(&mut self, source_name: &str, map: &SourceMap) -> Result<()> {
        if self.templates.contains_key(source_name) {
            return Err(Error::DuplicateSourceMap {
                component: self.name.clone(),
                source_name: source_name.to_owned(),
            });
        }
        let template = self.template_of(source_name, map)?;
        self.templates.insert(source_name.to_owned(), template);
        Ok(())
    }

    /// What is kept of a source's map.
    pub(crate) fn template_of(&self, source_name: &str, map: &SourceMap) -> Result<Template> {
        let planes =
            map.at_edges(self.axis.edges().len(), self.shape.0, self.shape.1).map_err(|error| match error {
                Error::Shape { expected, found, .. } => Error::Shape {
                    what: format!("source map of '{source_name}' in component '{}'", self.name),
                    expected,
                    found,
                },
                other => other,
            })?;
        Ok(Template::new(&self.filled, &planes))
    }

    /// The component's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its energy axis.
    pub fn axis(&self) -> &EnergyAxis {
        &self.axis
    }

    /// Counts per energy bin.
    pub fn counts_spectrum(&self) -> &[f64] {
        &self.counts_spectrum
    }

    /// Number of filled bins.
    pub fn n_filled(&self) -> usize {
        self.filled.len()
    }

    /// Whether it has a map of the source of this name.
    pub fn has_source_map(&self, source_name: &str) -> bool {
        self.templates.contains_key(source_name)
    }

    /// Predicted counts of a source per energy bin.
    ///
    /// # Errors
    /// [`Error::NoSourceMap`], or a spectrum that cannot be evaluated.
    pub fn npred(&self, source: &Source) -> Result<Vec<f64>> {
        let template = self.template(source.name())?;
        let spectrum = self.spectrum(source)?;
        let edge = |e: usize| template.plane_sums[e] * spectrum[e];
        Ok((0..self.axis.n_bins()).map(|k| edge(k) * self.rule.lower[k] + edge(k + 1) * self.rule.upper[k]).collect())
    }

    pub(crate) fn template(&self, source_name: &str) -> Result<&Template> {
        self.templates
            .get(source_name)
            .ok_or_else(|| Error::NoSourceMap { component: self.name.clone(), source_name: source_name.to_owned() })
    }

    /// A source's spectrum at the edges.
    pub(crate) fn spectrum(&self, source: &Source) -> Result<Vec<f64>> {
        let mut values = vec![0.0; self.axis.edges().len()];
        source.spectrum().evaluate(self.axis.edges(), &mut values).map_err(|error| error.in_source(source.name()))?;
        self.check_finite(source, &values)?;
        Ok(values)
    }

    pub(crate) fn check_finite(&self, source: &Source, values: &[f64]) -> Result<()> {
        match values.iter().zip(self.axis.edges().iter().cycle()).find(|(value, _)| !value.is_finite()) {
            Some((&value, &energy)) => {
                Err(Error::SpectrumNotFinite { source_name: source.name().to_owned(), energy, value })
            }
            None => Ok(()),
        }
    }
}
