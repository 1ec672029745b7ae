//! One component of a likelihood: its counts, and the source maps that are laid beside them.

use std::collections::BTreeMap;

use rayon::prelude::*;
use roi_model::Source;

use crate::column::Column;
use crate::counts::CountsCube;
use crate::dispersion::{Dispersion, DispersionMode};
use crate::energy::EnergyAxis;
use crate::error::{Error, Result};
use crate::filled::Filled;
use crate::fixed::FixedPart;
use crate::integration::EnergyIntegration;
use crate::source_map::SourceMap;
use crate::stencil::Stencil;
use crate::template::{Laid, Template};
use crate::weights::LikelihoodWeights;
use crate::workspace::Workspace;

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

/// How a component departs from the plain likelihood of counts and source maps.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// Energy dispersion.
    pub dispersion: Option<Dispersion>,
    /// Likelihood weights.
    pub weights: Option<LikelihoodWeights>,
    /// How predicted counts are integrated over energy.
    pub energy_integration: EnergyIntegration,
}

/// One component of a likelihood: counts, and source maps by source name.
#[derive(Clone, Debug)]
pub struct BinnedLikelihood {
    pub(crate) name: String,
    axis: EnergyAxis,
    shape: (usize, usize),
    pub(crate) filled: Filled,
    counts_spectrum: Vec<f64>,
    weighted_counts_spectrum: Vec<f64>,
    settings: Settings,
    plain: Stencil,
    dispersed: Option<Stencil>,
    pub(crate) templates: BTreeMap<String, Template>,
    pub(crate) unmodelled_bins: UnmodelledBins,
    pub(crate) fixed: FixedPart,
    /// The free sources of which only the norm is free, by name.
    pub(crate) columns: BTreeMap<String, Column>,
    /// Bytes that the columns may take.
    pub(crate) column_budget: usize,
    pub(crate) work: Workspace,
}

impl BinnedLikelihood {
    /// A component without source maps; `name` stands in error messages (`"00"`, say).
    pub fn new(name: impl Into<String>, counts: &CountsCube) -> Self {
        Self::build(name.into(), counts, Settings::default(), None)
    }

    /// A component without source maps, with settings of its own.
    ///
    /// ```
    /// use likelihood_core::{BinnedLikelihood, CountsCube, DetectorResponse, Dispersion, EnergyAxis, Settings};
    /// let axis = EnergyAxis::new(vec![100.0, 1000.0, 10_000.0])?;
    /// let counts = CountsCube::new(axis, ndarray::Array3::ones((2, 1, 1)))?;
    /// let response = DetectorResponse::new(ndarray::array![[0.2, 0.0], [0.8, 0.1], [0.1, 0.8], [0.0, 0.1]])?;
    /// let dispersion = Dispersion::from_bins(&response, 1)?;
    /// let settings = Settings { dispersion, ..Settings::default() };
    /// let component = BinnedLikelihood::with_settings("00", &counts, settings)?;
    /// assert!(!component.has_weights());
    /// # Ok::<(), likelihood_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`] when response or weights do not fit the counts cube, [`Error::EnergyEdges`] when the energies of the extra bins
    /// cannot be.
    pub fn with_settings(name: impl Into<String>, counts: &CountsCube, settings: Settings) -> Result<Self> {
        if let Some(weights) = &settings.weights {
            weights.check(counts.counts().dim())?;
        }
        let dispersed = match &settings.dispersion {
            Some(dispersion) => {
                dispersion.check(counts.axis())?;
                Some(Stencil::dispersed(counts.axis(), dispersion, settings.energy_integration)?)
            }
            None => None,
        };
        Ok(Self::build(name.into(), counts, settings, dispersed))
    }

    fn build(name: String, counts: &CountsCube, settings: Settings, dispersed: Option<Stencil>) -> Self {
        let (_, ny, nx) = counts.counts().dim();
        let filled = Filled::new(counts, settings.weights.as_ref());
        let weighted_counts_spectrum = if settings.weights.is_some() { filled.spectrum() } else { counts.spectrum() };
        Self {
            name,
            axis: counts.axis().clone(),
            shape: (ny, nx),
            filled,
            counts_spectrum: counts.spectrum(),
            weighted_counts_spectrum,
            plain: Stencil::plain(counts.axis(), settings.energy_integration),
            settings,
            dispersed,
            templates: BTreeMap::new(),
            unmodelled_bins: UnmodelledBins::default(),
            fixed: FixedPart::default(),
            columns: BTreeMap::new(),
            column_budget: usize::MAX,
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

    /// Adds the maps of several sources, which `read` gets, in parallel: at most one whole map a thread is held at a time.
    ///
    /// # Errors
    /// The first error of `read` in the order of the names, and as [`BinnedLikelihood::add_source_map`].
    pub fn add_source_maps<'a, N, E>(
        &mut self,
        sources: &'a [N],
        name: impl Fn(&'a N) -> &'a str + Sync,
        read: impl Fn(&'a N) -> std::result::Result<SourceMap, E> + Sync,
    ) -> std::result::Result<(), E>
    where
        N: Sync,
        E: From<Error> + Send,
    {
        let made: Vec<std::result::Result<Template, E>> =
            sources.par_iter().map(|source| Ok(self.template_of(name(source), &read(source)?)?)).collect();
        for (source, template) in sources.iter().zip(made) {
            let (name, template) = (name(source), template?);
            if self.templates.insert(name.to_owned(), template).is_some() {
                let (component, source_name) = (self.name.clone(), name.to_owned());
                return Err(Error::DuplicateSourceMap { component, source_name }.into());
            }
        }
        Ok(())
    }

    /// What is kept of a source's map: with energy dispersion over a window, the extra planes too, if they are there.
    pub(crate) fn template_of(&self, source_name: &str, map: &SourceMap) -> Result<Template> {
        let edges = self.axis.edges().len();
        let extra = self.extra_planes(source_name, map.n_planes());
        let planes = map.at_edges(edges + 2 * extra, self.shape.0, self.shape.1).map_err(|error| match error {
            Error::Shape { expected, found, .. } => Error::Shape {
                what: format!("source map of '{source_name}' in component '{}'", self.name),
                expected,
                found,
            },
            other => other,
        })?;
        Ok(Template::new(&self.filled, &planes, extra, self.settings.weights.as_ref(), map.n_planes()))
    }

    /// How many planes beyond its two each bin draws on, on each side, of a map with so many planes.
    fn extra_planes(&self, source_name: &str, n_planes: usize) -> usize {
        let window = self
            .settings
            .dispersion
            .as_ref()
            .filter(|dispersion| dispersion.mode() == DispersionMode::Window && !dispersion.excepts(source_name))
            .map(Dispersion::n_extra);
        window.filter(|extra| n_planes >= self.axis.edges().len() + 2 * extra).unwrap_or(0)
    }

    /// Whether the energy dispersion of a source is applied by rescaling, so that its model is not proportional to its norm.
    pub fn is_rescaled(&self, source: &Source) -> bool {
        let applies = |dispersion: &Dispersion| source.apply_edisp() && !dispersion.excepts(source.name());
        let rescaling = |dispersion: &&Dispersion| dispersion.mode() == DispersionMode::Rescaling;
        self.settings.dispersion.as_ref().filter(rescaling).is_some_and(applies)
    }

    /// How many values are kept, for each filled bin, of a map with so many planes: two, or all that energy dispersion over a window draws on.
    pub fn window_planes(&self, source: &Source, n_planes: usize) -> usize {
        2 + 2 * self.extra_planes(source.name(), n_planes)
    }

    /// The component's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its energy axis.
    pub fn axis(&self) -> &EnergyAxis {
        &self.axis
    }

    /// Rows and columns of the counts cube.
    pub(crate) fn shape(&self) -> (usize, usize) {
        self.shape
    }

    /// Counts per energy bin.
    pub fn counts_spectrum(&self) -> &[f64] {
        &self.counts_spectrum
    }

    /// Weighted counts per energy bin; the counts themselves without weights.
    pub fn weighted_counts_spectrum(&self) -> &[f64] {
        &self.weighted_counts_spectrum
    }

    /// Whether it has likelihood weights.
    pub fn has_weights(&self) -> bool {
        self.settings.weights.is_some()
    }

    /// Its energy dispersion, if any.
    pub fn dispersion(&self) -> Option<&Dispersion> {
        self.settings.dispersion.as_ref()
    }

    /// Number of filled bins: those with counts, and a weight above 0 if there are weights.
    pub fn n_filled(&self) -> usize {
        self.filled.len()
    }

    /// Whether it has a map of the source of this name.
    pub fn has_source_map(&self, source_name: &str) -> bool {
        self.templates.contains_key(source_name)
    }

    /// Predicted counts of a source per (measured) energy bin.
    ///
    /// # Errors
    /// [`Error::NoSourceMap`], [`Error::TooFewPlanes`], or a spectrum that cannot be evaluated.
    pub fn npred(&self, source: &Source) -> Result<Vec<f64>> {
        self.predicted(source, Laid::sums)
    }

    /// Predicted counts of a source per energy bin, each pixel's times its weight; as [`BinnedLikelihood::npred`] without weights.
    ///
    /// # Errors
    /// As [`BinnedLikelihood::npred`].
    pub fn weighted_npred(&self, source: &Source) -> Result<Vec<f64>> {
        self.predicted(source, Laid::weighted_sums)
    }

    fn predicted<'a>(&'a self, source: &Source, sums: impl Fn(&Laid<'a>, usize) -> &'a [f64]) -> Result<Vec<f64>> {
        let (laid, stencil) = self.laid(source)?;
        let mut nodes = vec![0.0; stencil.n_nodes()];
        stencil.values(source, laid.true_counts(), &mut nodes)?;
        let of_bin = |bin: usize| {
            let terms = sums(&laid, bin).iter().zip(stencil.nodes_of(&nodes, bin)).zip(stencil.coefficients(bin));
            terms.map(|((sum, node), coefficient)| sum * node * coefficient).sum()
        };
        Ok((0..self.axis.n_bins()).map(of_bin).collect())
    }

    /// Bytes of the likelihood weights.
    pub(crate) fn weight_bytes(&self) -> usize {
        self.settings.weights.as_ref().map_or(0, |weights| weights.values().len() * size_of::<f32>())
    }

    /// The likelihood weight of a bin.
    pub(crate) fn weight(&self, energy: usize, y: usize, x: usize) -> f32 {
        self.settings.weights.as_ref().map_or(1.0, |weights| weights.values()[[energy, y, x]])
    }

    /// The planes of a source and how they make up its model.
    pub(crate) fn laid(&self, source: &Source) -> Result<(Laid<'_>, &Stencil)> {
        let Some(template) = self.templates.get(source.name()) else {
            return Err(Error::NoSourceMap { component: self.name.clone(), source_name: source.name().to_owned() });
        };
        let (Some(dispersion), Some(stencil)) = (&self.settings.dispersion, &self.dispersed) else {
            return Ok((template.plain(), &self.plain));
        };
        if !source.apply_edisp() || dispersion.excepts(source.name()) {
            return Ok((template.plain(), &self.plain));
        }
        match dispersion.mode() {
            DispersionMode::Rescaling => Ok((template.rescaled(), stencil)),
            DispersionMode::Window => {
                let window = template.window(stencil.n_planes()).ok_or_else(|| Error::TooFewPlanes {
                    component: self.name.clone(),
                    source_name: source.name().to_owned(),
                    found: template.n_planes(),
                    needed: self.axis.edges().len() + 2 * dispersion.n_extra(),
                })?;
                Ok((window, stencil))
            }
        }
    }
}
