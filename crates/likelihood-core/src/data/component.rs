//! One component: its counts, and the source maps that are laid beside them.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use ndarray::ArrayView3;
use rayon::prelude::*;
use roi_model::Source;

use crate::bin_model::dispersion::{Dispersion, DispersionMode};
use crate::bin_model::named_spectrum::Rows;
use crate::bin_model::stencil::Stencil;
use crate::data::counts::CountsCube;
use crate::data::energy::{EnergyAxis, is_same_energy};
use crate::data::settings::{Settings, UnmodelledBins};
use crate::data::source_map::SourceMap;
use crate::data::weights::LikelihoodWeights;
use crate::error::{Error, Result};
use crate::kernel::filled::{Block, Filled};
use crate::layout::kept_map::{Draw, KeptMap, PlaneView};
use crate::layout::source_planes::SourcePlanes;

/// One component of the data: counts, and source maps by source name. It is filled with maps, and then given to [`crate::Data`]; a clone
/// shares all of it.
#[derive(Clone, Debug)]
pub struct ComponentData {
    counts: Arc<Counts>,
    kept_maps: BTreeMap<String, Arc<KeptMap>>,
    unmodelled_bins: UnmodelledBins,
    /// The energy bins that are evaluated.
    bins: Range<usize>,
}

/// What of a component stands before there is any source map.
#[derive(Debug)]
struct Counts {
    name: String,
    axis: EnergyAxis,
    shape: (usize, usize),
    filled: Filled,
    spectrum: Vec<f64>,
    weighted_spectrum: Vec<f64>,
    weights: Option<Arc<LikelihoodWeights>>,
    plain: Arc<Stencil>,
    dispersed: Option<Dispersed>,
}

/// How energy dispersion makes up the model, and the stencil for it.
#[derive(Clone, Debug)]
struct Dispersed {
    dispersion: Dispersion,
    stencil: Arc<Stencil>,
}

impl Counts {
    fn new(name: String, cube: &CountsCube, settings: Settings, dispersed: Option<Dispersed>) -> Self {
        let (_, ny, nx) = cube.counts().dim();
        let filled = Filled::new(cube, settings.weights.as_ref());
        let weighted_spectrum = if settings.weights.is_some() { filled.spectrum() } else { cube.spectrum() };
        Self {
            name,
            axis: cube.axis().clone(),
            shape: (ny, nx),
            filled,
            spectrum: cube.spectrum(),
            weighted_spectrum,
            plain: Arc::new(Stencil::plain(cube.axis(), settings.energy_integration)),
            weights: settings.weights.map(Arc::new),
            dispersed,
        }
    }

    /// The same beside other counts of the same shape.
    fn with_cube(&self, cube: &CountsCube) -> Self {
        let weights = self.weights.as_deref();
        let filled = Filled::new(cube, weights);
        Self {
            name: self.name.clone(),
            axis: self.axis.clone(),
            shape: self.shape,
            weighted_spectrum: if weights.is_some() { filled.spectrum() } else { cube.spectrum() },
            spectrum: cube.spectrum(),
            filled,
            weights: self.weights.clone(),
            plain: Arc::clone(&self.plain),
            dispersed: self.dispersed.clone(),
        }
    }
}

impl ComponentData {
    /// A component without source maps; `name` stands in error messages (`"00"`, say).
    pub fn new(name: impl Into<String>, counts: &CountsCube) -> Self {
        Self::build(Counts::new(name.into(), counts, Settings::default(), None))
    }

    /// A component without source maps, with settings of its own.
    ///
    /// ```
    /// use likelihood_core::{ComponentData, CountsCube, DetectorResponse, Dispersion, EnergyAxis, Settings};
    /// let axis = EnergyAxis::new(vec![100.0, 1000.0, 10_000.0])?;
    /// let counts = CountsCube::new(axis, ndarray::Array3::ones((2, 1, 1)))?;
    /// let response = DetectorResponse::new(ndarray::array![[0.2, 0.0], [0.8, 0.1], [0.1, 0.8], [0.0, 0.1]])?;
    /// let dispersion = Dispersion::from_bins(&response, 1)?;
    /// let settings = Settings::default().with_dispersion(dispersion);
    /// let component = ComponentData::with_settings("00", &counts, settings)?;
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
        let dispersed = |dispersion: &Dispersion| {
            dispersion.check(counts.axis())?;
            let stencil = Stencil::dispersed(counts.axis(), dispersion, settings.energy_integration)?;
            Ok::<_, Error>(Dispersed { dispersion: dispersion.clone(), stencil: Arc::new(stencil) })
        };
        let dispersed = settings.dispersion.as_ref().map(dispersed).transpose()?;
        Ok(Self::build(Counts::new(name.into(), counts, settings, dispersed)))
    }

    fn build(counts: Counts) -> Self {
        let bins = 0..counts.axis.n_bins();
        Self { counts: Arc::new(counts), kept_maps: BTreeMap::new(), unmodelled_bins: UnmodelledBins::default(), bins }
    }

    /// The same component beside other counts, its maps not yet at their filled bins.
    pub(crate) fn emptied(&self, cube: &CountsCube) -> Self {
        Self { counts: Arc::new(self.counts.with_cube(cube)), kept_maps: BTreeMap::new(), ..self.clone() }
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
        if self.kept_maps.contains_key(source_name) {
            return Err(Error::DuplicateSourceMap {
                component: self.name().to_owned(),
                source_name: source_name.to_owned(),
            });
        }
        let kept_map = Arc::new(self.kept_map_of(source_name, map)?);
        self.set_kept_map(source_name, kept_map);
        Ok(())
    }

    /// Adds the maps of several sources, which `read` gets, in parallel: at most one whole map a thread is held at a time.
    ///
    /// # Errors
    /// The first error of `read` in the order of the names, and as [`ComponentData::add_source_map`].
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
        let made: Vec<std::result::Result<KeptMap, E>> =
            sources.par_iter().map(|source| Ok(self.kept_map_of(name(source), &read(source)?)?)).collect();
        for (source, kept_map) in sources.iter().zip(made) {
            let (name, kept_map) = (name(source), kept_map?);
            if self.kept_maps.insert(name.to_owned(), Arc::new(kept_map)).is_some() {
                let (component, source_name) = (self.name().to_owned(), name.to_owned());
                return Err(Error::DuplicateSourceMap { component, source_name }.into());
            }
        }
        Ok(())
    }

    /// What is kept of a source's map: with energy dispersion over a window, the extra planes too, if they are there.
    pub(crate) fn kept_map_of(&self, source_name: &str, map: &SourceMap) -> Result<KeptMap> {
        let (planes, extra) = self.planes_within(source_name, map)?;
        Ok(KeptMap::new(self.filled(), &planes, extra, self.likelihood_weights(), map.n_planes()))
    }

    /// What is kept of a derivative of the map of the source `of`, which is there already.
    pub(crate) fn slope_map_of(&self, of: &str, map: &SourceMap) -> Result<KeptMap> {
        let Some(other) = self.kept_map(of) else {
            return Err(Error::NoSourceMap { component: self.name().to_owned(), source_name: of.to_owned() });
        };
        if other.n_planes() != map.n_planes() {
            return Err(Error::Shape {
                what: format!("derivative of the source map of '{of}' in component '{}'", self.name()),
                expected: format!("{} planes, as the map", other.n_planes()),
                found: map.n_planes().to_string(),
            });
        }
        let (planes, _) = self.planes_within(of, map)?;
        let own = self.kept_map_of(of, map)?;
        let is_excepted = self.dispersion().is_some_and(|dispersion| dispersion.excepts(of));
        Ok(own.slope_of((other, is_excepted), self.filled(), &planes, self.likelihood_weights()))
    }

    /// The planes of a map that are drawn on, and how many of them lie beyond the edges on each side.
    fn planes_within<'a>(&self, source_name: &str, map: &'a SourceMap) -> Result<(ArrayView3<'a, f32>, usize)> {
        let edges = self.axis().edges().len();
        let extra = self.extra_planes(source_name, map.n_planes());
        let planes = map.at_edges(edges + 2 * extra, self.shape().0, self.shape().1).map_err(|error| match error {
            Error::Shape { expected, found, .. } => Error::Shape {
                what: format!("source map of '{source_name}' in component '{}'", self.name()),
                expected,
                found,
            },
            other => other,
        })?;
        Ok((planes, extra))
    }

    /// How many planes beyond its two each bin draws on, on each side, of a map with so many planes.
    fn extra_planes(&self, source_name: &str, n_planes: usize) -> usize {
        let window = self
            .dispersion()
            .filter(|dispersion| dispersion.mode() == DispersionMode::Window && !dispersion.excepts(source_name))
            .map(Dispersion::n_extra);
        window.filter(|extra| n_planes >= self.axis().edges().len() + 2 * extra).unwrap_or(0)
    }

    /// Whether the energy dispersion of a source is applied by rescaling, so that its model is not proportional to its norm.
    pub(crate) fn is_rescaled(&self, source: &Source) -> bool {
        let applies = |dispersion: &Dispersion| source.apply_edisp() && !dispersion.excepts(source.name());
        let rescaling = |dispersion: &&Dispersion| dispersion.mode() == DispersionMode::Rescaling;
        self.dispersion().filter(rescaling).is_some_and(applies)
    }

    /// How many values are kept, for each filled bin, of a map with so many planes: two, or all that energy dispersion over a window draws on.
    pub(crate) fn window_planes(&self, source: &Source, n_planes: usize) -> usize {
        2 + 2 * self.extra_planes(source.name(), n_planes)
    }

    /// The component's name.
    pub fn name(&self) -> &str {
        &self.counts.name
    }

    /// Its energy axis, energy bins that are not evaluated included.
    pub fn axis(&self) -> &EnergyAxis {
        &self.counts.axis
    }

    /// The energy bins that are evaluated: all of them, but for [`crate::Data::within_energies`].
    pub fn bins(&self) -> Range<usize> {
        self.bins.clone()
    }

    /// The same component, only what of its axis lies between two energies evaluated. An energy within the axis must be one of its edges.
    pub(crate) fn within_energies(&self, emin: f64, emax: f64) -> Result<Self> {
        let edges = self.axis().edges();
        let edge = |energy: f64| {
            let at = edges.partition_point(|edge| *edge < energy && !is_same_energy(*edge, energy));
            match edges.get(at) {
                Some(found) if at > 0 && !is_same_energy(*found, energy) => Err(Error::NoEnergyEdge {
                    component: self.name().to_owned(),
                    energy,
                    below: edges[at - 1],
                    above: *found,
                }),
                Some(_) => Ok(at),
                None => Ok(edges.len() - 1),
            }
        };
        let bins = edge(emin)?..edge(emax)?;
        let bins = bins.start.max(self.bins.start)..bins.end.min(self.bins.end);
        Ok(Self { bins: bins.start..bins.end.max(bins.start), ..self.clone() })
    }

    /// The same component, all of its axis evaluated.
    pub(crate) fn with_all_energies(&self) -> Self {
        Self { bins: 0..self.axis().n_bins(), ..self.clone() }
    }

    /// Rows and columns of the counts cube.
    pub fn shape(&self) -> (usize, usize) {
        self.counts.shape
    }

    /// Counts per energy bin.
    pub fn counts_spectrum(&self) -> &[f64] {
        &self.counts.spectrum
    }

    /// Weighted counts per energy bin; the counts themselves without weights.
    pub fn weighted_counts_spectrum(&self) -> &[f64] {
        &self.counts.weighted_spectrum
    }

    /// Whether it has likelihood weights.
    pub fn has_weights(&self) -> bool {
        self.counts.weights.is_some()
    }

    /// Its energy dispersion, if any.
    pub fn dispersion(&self) -> Option<&Dispersion> {
        self.counts.dispersed.as_ref().map(|dispersed| &dispersed.dispersion)
    }

    /// Number of filled bins: those with counts, and a weight above 0 if there are weights.
    pub fn n_filled(&self) -> usize {
        self.filled().len()
    }

    /// Whether it has a map of the source of this name.
    pub fn has_source_map(&self, source_name: &str) -> bool {
        self.kept_maps.contains_key(source_name)
    }

    /// Predicted counts of a source per (measured) energy bin.
    ///
    /// # Errors
    /// [`Error::NoSourceMap`], [`Error::TooFewPlanes`], a spectrum that cannot be evaluated, or [`Error::CountsNotFinite`].
    pub fn npred(&self, source: &Source) -> Result<Vec<f64>> {
        self.predicted(source, |view, bin| view.sums(bin))
    }

    /// Predicted counts of a source per energy bin, each pixel's times its weight; as [`ComponentData::npred`] without weights.
    ///
    /// # Errors
    /// As [`ComponentData::npred`].
    pub fn weighted_npred(&self, source: &Source) -> Result<Vec<f64>> {
        self.predicted(source, |view, bin| view.weighted_sums(bin))
    }

    fn predicted(&self, source: &Source, sums: impl for<'a> Fn(PlaneView<'a>, usize) -> &'a [f64]) -> Result<Vec<f64>> {
        let planes = self.planes_of(source.name(), source.apply_edisp())?;
        let nodes = planes.nodes(source.into(), Rows::Value)?;
        let counts: Vec<f64> = planes.counts(&nodes, 0..self.n_bins(), sums).collect();
        Error::unless_finite_counts(self.name(), source.name(), counts.iter().sum())?;
        Ok(counts)
    }

    /// Bytes of the likelihood weights.
    pub(crate) fn weight_bytes(&self) -> usize {
        self.counts.weights.as_ref().map_or(0, |weights| weights.values().len() * size_of::<f32>())
    }

    /// The likelihood weights.
    pub(crate) fn likelihood_weights(&self) -> Option<&LikelihoodWeights> {
        self.counts.weights.as_deref()
    }

    /// The likelihood weight of a bin.
    pub(crate) fn weight(&self, energy: usize, y: usize, x: usize) -> f32 {
        self.counts.weights.as_ref().map_or(1.0, |weights| weights.values()[[energy, y, x]])
    }

    /// The planes of the source of this name and how they make up its model, with energy dispersion if that applies to it.
    pub(crate) fn planes_of(&self, source_name: &str, apply_edisp: bool) -> Result<SourcePlanes> {
        let Some(kept_map) = self.kept_maps.get(source_name) else {
            return Err(Error::NoSourceMap { component: self.name().to_owned(), source_name: source_name.to_owned() });
        };
        let kept_map = Arc::clone(kept_map);
        let applies = |of: &&Dispersed| apply_edisp && !of.dispersion.excepts(source_name) && !kept_map.is_excepted();
        let Some(Dispersed { dispersion, stencil }) = self.counts.dispersed.as_ref().filter(applies) else {
            return Ok(SourcePlanes { kept_map, draw: Draw::Plain, stencil: Arc::clone(&self.counts.plain) });
        };
        let draw = match dispersion.mode() {
            DispersionMode::Rescaling => Draw::Rescaled,
            DispersionMode::Window if kept_map.n_window() == stencil.n_planes() => Draw::Window,
            DispersionMode::Window => {
                return Err(Error::TooFewPlanes {
                    component: self.name().to_owned(),
                    source_name: source_name.to_owned(),
                    found: kept_map.n_planes(),
                    needed: self.axis().edges().len() + 2 * dispersion.n_extra(),
                });
            }
        };
        Ok(SourcePlanes { kept_map, draw, stencil: Arc::clone(stencil) })
    }

    /// Gives a source another map, or its first one.
    pub(crate) fn set_kept_map(&mut self, source_name: &str, kept_map: Arc<KeptMap>) {
        self.kept_maps.insert(source_name.to_owned(), kept_map);
    }

    /// What is kept of the map of the source of this name.
    pub(crate) fn kept_map(&self, source_name: &str) -> Option<&Arc<KeptMap>> {
        self.kept_maps.get(source_name)
    }

    /// What is kept of all maps.
    pub(crate) fn kept_maps(&self) -> impl Iterator<Item = (&str, &KeptMap)> {
        self.kept_maps.iter().map(|(name, kept_map)| (name.as_str(), kept_map.as_ref()))
    }

    /// The blocks of filled bins that are evaluated.
    pub(crate) fn blocks(&self) -> &[Block] {
        self.filled().blocks_of(&self.bins)
    }

    /// The filled bins.
    pub(crate) fn filled(&self) -> &Filled {
        &self.counts.filled
    }

    /// Number of energy bins.
    pub(crate) fn n_bins(&self) -> usize {
        self.axis().n_bins()
    }

    /// Whether bins that nothing predicts are an error.
    pub(crate) fn refuses_unmodelled_bins(&self) -> bool {
        self.unmodelled_bins == UnmodelledBins::Error
    }
}
