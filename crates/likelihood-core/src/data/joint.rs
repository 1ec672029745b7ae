//! The data of an analysis: all components, which share one model.

use std::borrow::Borrow;
use std::sync::Arc;

use rayon::prelude::*;
use roi_model::Source;

use crate::data::component::ComponentData;
use crate::data::counts::CountsCube;
use crate::data::source_map::SourceMap;
use crate::error::{Error, Result};
use crate::layout::kept_map::KeptMap;

/// Counts and source maps of all components of an analysis.
///
/// They are immutable and shared: a clone costs nothing, and any number of threads may evaluate the same data, each with a
/// [`crate::Workspace`] of its own. `logL` is the sum of that of the components: positive-going (larger is better), without the `ln N!`
/// term. Derivatives are with respect to the free parameters' scaled `value`, in the region's order ([`roi_model::Roi::free_parameters`]).
///
/// A result is the same to the last bit for any number of threads.
#[derive(Clone, Debug)]
pub struct Data {
    components: Arc<Vec<ComponentData>>,
    columns_limit: usize,
}

impl Data {
    /// The data of at least one component.
    ///
    /// # Errors
    /// [`Error::NoComponents`].
    pub fn new(components: Vec<ComponentData>) -> Result<Self> {
        if components.is_empty() {
            return Err(Error::NoComponents);
        }
        Ok(Self { components: Arc::new(components), columns_limit: usize::MAX })
    }

    /// Limits the memory of the models at norm 1 that a workspace keeps of free sources whose shape is fixed, in bytes, all components
    /// together; there is no limit at first. Sources beyond it are read plane by plane in every evaluation, which takes longer and gives
    /// the same numbers up to rounding (1e-12 relative).
    #[must_use]
    pub fn with_columns_limit(mut self, bytes: usize) -> Self {
        self.columns_limit = bytes;
        self
    }

    /// The components.
    pub fn components(&self) -> &[ComponentData] {
        &self.components
    }

    /// The same maps beside other counts, one cube a component: much less work than reading the maps again. They are kept at filled bins alone, so that no
    /// bin may hold counts that holds none here: where counts are to be drawn anywhere, these data have a count in every bin.
    ///
    /// ```
    /// use likelihood_core::{ComponentData, CountsCube, Data, EnergyAxis, SourceMap};
    /// let axis = EnergyAxis::new(vec![100.0, 1000.0])?;
    /// let cube = |counts: [f32; 2]| CountsCube::new(axis.clone(), ndarray::arr3(&[[counts]]));
    /// let mut everywhere = ComponentData::new("00", &cube([1.0, 1.0])?);
    /// everywhere.add_source_map("a", &SourceMap::new(ndarray::Array3::ones((2, 1, 2)))?)?;
    /// let drawn = Data::new(vec![everywhere])?.with_counts(&[cube([0.0, 3.0])?])?;
    /// assert_eq!((drawn.total_counts(), drawn.components()[0].n_filled()), (3.0, 1));
    /// assert!(drawn.with_counts(&[cube([1.0, 0.0])?]).is_err());
    /// # Ok::<(), likelihood_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`] when there is not one cube a component, or one has other bins; [`Error::NoMapValues`] for counts where no maps are kept.
    pub fn with_counts(&self, cubes: &[impl Borrow<CountsCube>]) -> Result<Self> {
        if cubes.len() != self.components.len() {
            return Err(Error::Shape {
                what: "counts cubes".into(),
                expected: format!("{} (one a component)", self.components.len()),
                found: cubes.len().to_string(),
            });
        }
        let components = self.components.iter().zip(cubes).map(|(own, cube)| own.with_counts(cube.borrow()));
        Ok(Self { components: Arc::new(components.collect::<Result<_>>()?), columns_limit: self.columns_limit })
    }

    /// Adds the map of a source to each component, in their order, or replaces what stands there. Clones of the data keep what they had, and
    /// a workspace takes the new maps when it follows these data. Nothing changes on an error.
    ///
    /// # Errors
    /// [`Error::Shape`] when there is not one map a component, or one does not fit its counts cube.
    pub fn set_source_maps(&mut self, source_name: &str, maps: &[impl Borrow<SourceMap> + Sync]) -> Result<()> {
        self.keep_maps(source_name, maps, |component, map| component.kept_map_of(source_name, map))
    }

    /// Keeps of a map of each component what `keep` makes of it, or nothing of any.
    fn keep_maps<M: Borrow<SourceMap> + Sync>(
        &mut self,
        source_name: &str,
        maps: &[M],
        keep: impl Fn(&ComponentData, &SourceMap) -> Result<KeptMap> + Sync,
    ) -> Result<()> {
        self.check_maps(source_name, maps.len())?;
        let made = self.components.par_iter().zip(maps).map(|(own, map)| Ok(Arc::new(keep(own, map.borrow())?)));
        // All of them first: the error is that of the first component, whichever thread is done first.
        let kept_maps = made.collect::<Vec<Result<_>>>().into_iter().collect::<Result<Vec<_>>>()?;
        for (component, kept_map) in Arc::make_mut(&mut self.components).iter_mut().zip(kept_maps) {
            component.set_kept_map(source_name, kept_map);
        }
        Ok(())
    }

    /// Adds a derivative of the maps of the source `of`, one a component, as the map of a source of another name: with the spectrum of `of` that
    /// source predicts the derivative of what `of` predicts. What energy dispersion and integration take from the sums of a map, they take
    /// from the map of `of`, which must be there; a component that excepts `of` from energy dispersion excepts the other. Nothing changes on an error.
    ///
    /// # Errors
    /// As [`Data::set_source_maps`]; [`Error::NoSourceMap`] without a map of `of`.
    pub fn set_slope_maps(
        &mut self,
        source_name: &str,
        of: &str,
        maps: &[impl Borrow<SourceMap> + Sync],
    ) -> Result<()> {
        self.keep_maps(source_name, maps, |component, map| component.slope_map_of(of, map))
    }

    /// Checks that there is one map a component.
    fn check_maps(&self, source_name: &str, found: usize) -> Result<()> {
        if found == self.components.len() {
            return Ok(());
        }
        Err(Error::Shape {
            what: format!("source maps of '{source_name}'"),
            expected: format!("{} (one a component)", self.components.len()),
            found: found.to_string(),
        })
    }

    /// The same data, of which an evaluation sees only what lies between two energies in MeV, as if nothing else had been measured. An
    /// energy within a component's axis must be one of its edges. Nothing is copied, and a workspace that follows these data keeps what it has
    /// summed.
    ///
    /// # Errors
    /// [`Error::EnergyRange`] when no bin lies between them, [`Error::NoEnergyEdge`].
    pub fn within_energies(&self, emin: f64, emax: f64) -> Result<Self> {
        let components = self.components.iter().map(|component| component.within_energies(emin, emax));
        let components = components.collect::<Result<Vec<_>>>()?;
        if emin.is_nan() || emax.is_nan() || components.iter().all(|component| component.bins().is_empty()) {
            return Err(Error::EnergyRange { emin, emax });
        }
        Ok(Self { components: Arc::new(components), columns_limit: self.columns_limit })
    }

    /// The same data, of which an evaluation sees all again, see [`Data::within_energies`].
    #[must_use]
    pub fn with_all_energies(&self) -> Self {
        let components = self.components.iter().map(ComponentData::with_all_energies).collect();
        Self { components: Arc::new(components), columns_limit: self.columns_limit }
    }

    /// Observed counts of all components, in the energy bins that are evaluated.
    pub fn total_counts(&self) -> f64 {
        self.components.iter().flat_map(|component| &component.counts_spectrum()[component.bins()]).sum()
    }

    /// Weighted counts of all components, in the energy bins that are evaluated; the counts themselves where there are no weights.
    pub fn total_weighted_counts(&self) -> f64 {
        self.components.iter().flat_map(|component| &component.weighted_counts_spectrum()[component.bins()]).sum()
    }

    /// Predicted counts of a source in all components, in the energy bins that are evaluated.
    ///
    /// # Errors
    /// As [`ComponentData::npred`].
    pub fn npred(&self, source: &Source) -> Result<f64> {
        self.predicted(source, ComponentData::npred)
    }

    /// The same with each pixel's counts times its weight.
    ///
    /// # Errors
    /// As [`ComponentData::npred`].
    pub fn weighted_npred(&self, source: &Source) -> Result<f64> {
        self.predicted(source, ComponentData::weighted_npred)
    }

    fn predicted(
        &self,
        source: &Source,
        of_component: impl Fn(&ComponentData, &Source) -> Result<Vec<f64>>,
    ) -> Result<f64> {
        let mut npred = 0.0;
        for component in self.components() {
            let counts = of_component(component, source)?[component.bins()].iter().sum::<f64>();
            npred = Error::unless_finite_counts(component.name(), source.name(), npred + counts)?;
        }
        Ok(npred)
    }

    /// Whether these are the very data of another value: all counts and maps are shared.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.components, &other.components) && self.columns_limit == other.columns_limit
    }

    /// The bytes that the models at norm 1 of each component may take.
    pub(crate) fn columns_limits(&self) -> Vec<usize> {
        let filled: Vec<usize> = self.components.iter().map(ComponentData::n_filled).collect();
        let total = filled.iter().sum::<usize>().max(1);
        let share = |n: usize| match self.columns_limit {
            usize::MAX => usize::MAX,
            // Of a share, no more than a rounding is lost.
            bytes => (bytes as u128 * n as u128 / total as u128) as usize,
        };
        filled.into_iter().map(share).collect()
    }
}
