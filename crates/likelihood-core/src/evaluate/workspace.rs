//! What one caller evaluates with: a plan of the region's roles, its own copy of the spectra, what is summed once, and buffers.

use std::sync::Arc;

use roi_model::Roi;

use crate::data::joint::Data;
use crate::error::{Error, Result};
use crate::evaluate::stop_signal::StopSignal;
use crate::kernel::blocks::Threads;
use crate::kernel::buffers::Buffers;
use crate::layout::component_layout::ComponentLayout;
use crate::layout::roles::{Region, Roles};
use crate::layout::snapshot::Snapshot;

/// What one caller needs to evaluate [`Data`]: made from the data and a region, and then given with every evaluation.
///
/// It holds the roles of the region's sources (free, free in the norm alone, fixed, muted), a copy of their spectra, the sum of the fixed ones,
/// the models at norm 1 of those of which only the norm is free, and buffers. An evaluation writes into nothing else, so that any number of
/// callers may evaluate the same data at once. A clone shares what is summed until one of both sums anew.
///
/// ```
/// # use likelihood_core::{ComponentData, CountsCube, Data, EnergyAxis, SourceMap, Workspace};
/// # use ndarray::Array3;
/// # use roi_model::{Parameter, Roi, SkyDirection, Source, SourceType, SpatialModel, Spectrum};
/// # let spectrum = Spectrum::new("PowerLaw", vec![
/// #     Parameter::new("Prefactor", 3.0)?.with_scale(1e-12)?.with_free(true),
/// #     Parameter::new("Index", 2.0)?.with_scale(-1.0)?,
/// #     Parameter::new("Scale", 1000.0)?,
/// # ])?;
/// # let center = SkyDirection::new(83.63, 22.01)?;
/// # let source = Source::new("Crab", SourceType::Point, spectrum, SpatialModel::point(center)?)?;
/// # let mut roi = Roi::new(center, vec![source])?;
/// # let axis = EnergyAxis::new(vec![100.0, 1000.0, 10_000.0])?;
/// # let counts = CountsCube::new(axis, Array3::from_shape_vec((2, 1, 1), vec![250.0, 31.0])?)?;
/// # let mut component = ComponentData::new("00", &counts);
/// # component.add_source_map("Crab", &SourceMap::new(Array3::from_elem((3, 1, 1), 7e9))?)?;
/// let data = Data::new(vec![component])?;
/// let mut work = Workspace::new(&data, &roi, &[])?;
/// let (low, high) = (data.value(&[2.9], &mut work)?, data.value(&[3.1], &mut work)?);
/// // The region is not touched; another index, fixed, is seen when the workspace follows it.
/// roi.sources_mut()[0].spectrum_mut().parameters_mut()[1].set_value(2.2)?;
/// assert_eq!(data.value(&[3.1], &mut work)?, high);
/// work.follow(&data, &roi, &[])?;
/// assert_ne!(data.value(&[3.1], &mut work)?, high);
/// # assert_ne!(low, high);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Workspace {
    data: Data,
    roles: Roles,
    /// The region's sources as they are evaluated.
    sources: Vec<Arc<Snapshot>>,
    components: Vec<ComponentWork>,
    threads: Threads,
    stop: StopSignal,
}

/// What a workspace has for one component.
#[derive(Clone, Debug, Default)]
pub(crate) struct ComponentWork {
    pub(crate) layout: ComponentLayout,
    pub(crate) buffers: Buffers,
}

impl Workspace {
    /// For these data, and the region as it is; the `muted` sources are left out of the model, as if they had been deleted.
    ///
    /// # Errors
    /// As [`Workspace::follow`].
    pub fn new(data: &Data, roi: &Roi, muted: &[&str]) -> Result<Self> {
        Self::empty(data, Threads::All).filled(data, roi, muted)
    }

    /// As [`Workspace::new`], with evaluations on the calling thread alone: for many of them side by side, each with a workspace of its own.
    /// Their results are the same to the last bit.
    ///
    /// # Errors
    /// As [`Workspace::follow`].
    pub fn on_one_thread(data: &Data, roi: &Roi, muted: &[&str]) -> Result<Self> {
        Self::empty(data, Threads::One).filled(data, roi, muted)
    }

    fn empty(data: &Data, threads: Threads) -> Self {
        let (roles, sources, components) = (Roles::default(), Vec::new(), Vec::new());
        Self { data: data.clone(), roles, sources, components, threads, stop: StopSignal::default() }
    }

    fn filled(mut self, data: &Data, roi: &Roi, muted: &[&str]) -> Result<Self> {
        self.follow(data, roi, muted)?;
        Ok(self)
    }

    /// Follows the region (and the data, if they are others): its roles, spectra and parameters as they are now. Only what has changed is
    /// summed anew. Free parameters of `muted` sources stay in the vector of free parameters, with derivatives of zero.
    ///
    /// On an error the workspace is what it was.
    ///
    /// # Errors
    /// [`Error::NoSourceMap`], [`Error::TooFewPlanes`], a fixed source's spectrum that cannot be evaluated.
    pub fn follow(&mut self, data: &Data, roi: &Roi, muted: &[&str]) -> Result<()> {
        let roles = Roles::new(roi, muted);
        let is_known = |(index, source): (usize, &roi_model::Source)| {
            let known = self.sources.get(index).filter(|known| known.is_of(source));
            known.map_or_else(|| Arc::new(Snapshot::new(source)), Arc::clone)
        };
        let sources = roi.sources().iter().enumerate().map(is_known).collect();
        self.settle(data.clone(), roles, sources)
    }

    /// Lays the sources in these roles beside the data, where they are not laid so already.
    fn settle(&mut self, data: Data, roles: Roles, sources: Vec<Arc<Snapshot>>) -> Result<()> {
        let region = Region { sources: &sources, roles: &roles };
        let mut changes = Vec::with_capacity(data.components().len());
        let new = ComponentLayout::default();
        for ((at, component), limit) in data.components().iter().enumerate().zip(data.columns_limits()) {
            let layout = self.components.get(at).map_or(&new, |own| &own.layout);
            changes.push(layout.change(component, region, limit)?);
        }
        self.components.resize_with(changes.len(), ComponentWork::default);
        for ((component, own), change) in data.components().iter().zip(&mut self.components).zip(changes) {
            own.layout.apply(change, component, region, self.threads);
        }
        (self.data, self.roles, self.sources) = (data, roles, sources);
        Ok(())
    }

    /// Takes the values of the free parameters for an evaluation of `data`.
    pub(crate) fn take(&mut self, data: &Data, values: &[f64]) -> Result<()> {
        self.check_stop()?;
        self.check_data(data)?;
        self.check_length("values", values.len())?;
        for (id, &value) in self.roles.parameters.iter().zip(values) {
            let source = &mut self.sources[id.source.position()];
            if source.value(id.parameter).is_none_or(|own| own.to_bits() != value.to_bits()) {
                Arc::make_mut(source).set_value(id.parameter, value)?;
            }
        }
        if self.components.iter().any(|own| own.layout.is_outgrown(&self.sources)) {
            self.settle(data.clone(), self.roles.clone(), self.sources.clone())?;
        }
        Ok(())
    }

    /// Values of the free parameters, those of muted sources included: of the last evaluation, or of the region that it followed since.
    pub fn values(&self) -> Vec<f64> {
        self.roles.parameters.iter().filter_map(|id| self.sources[id.source.position()].value(id.parameter)).collect()
    }

    /// Evaluations end with [`Error::Stopped`] once this signal is up; the default one ends none.
    pub fn set_stop(&mut self, stop: StopSignal) {
        self.stop = stop;
    }

    pub(crate) fn stop(&self) -> &StopSignal {
        &self.stop
    }

    /// Whether evaluations may go on.
    pub(crate) fn check_stop(&self) -> Result<()> {
        if self.stop.is_up() { Err(Error::Stopped) } else { Ok(()) }
    }

    /// How many free parameters there are, those of muted sources included.
    pub fn n_parameters(&self) -> usize {
        self.roles.parameters.len()
    }

    pub(crate) fn roles(&self) -> &Roles {
        &self.roles
    }

    pub(crate) fn sources(&self) -> &[Arc<Snapshot>] {
        &self.sources
    }

    pub(crate) fn components(&self) -> &[ComponentWork] {
        &self.components
    }

    pub(crate) fn threads(&self) -> Threads {
        self.threads
    }

    /// The sources, and what each component writes into.
    pub(crate) fn split(&mut self) -> (&[Arc<Snapshot>], &mut [ComponentWork], Threads) {
        (&self.sources, &mut self.components, self.threads)
    }

    /// Checks that it follows these very data.
    pub(crate) fn check_data(&self, data: &Data) -> Result<()> {
        if self.data.is(data) { Ok(()) } else { Err(Error::OtherData) }
    }

    /// Checks that something has one entry a free parameter.
    pub(crate) fn check_length(&self, what: &str, found: usize) -> Result<()> {
        let expected = self.n_parameters();
        if found == expected {
            return Ok(());
        }
        Err(Error::Shape {
            what: what.into(),
            expected: format!("{expected} (the number of free parameters)"),
            found: found.to_string(),
        })
    }
}
