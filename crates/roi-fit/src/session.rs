//! A model and the data that it is fitted to: what fits, test statistics and profiles take.

use std::borrow::Borrow;

use likelihood_core::{ComponentData, Data, Footprint, SourceMap, StopSignal, Workspace};
use ndarray::Array2;
use roi_model::{Roi, Source, SourceId};

use crate::error::{Error, Result};
use crate::known::memory::{PROGRAM, size_in_words};
use crate::maximize::posterior::Posterior;

/// A model and its data. The data are shared: a clone has a model of its own, and may be fitted beside the others on another thread.
#[derive(Clone, Debug)]
pub struct Session {
    pub(crate) roi: Roi,
    pub(crate) data: Data,
    /// What the last evaluation summed, for the next one.
    work: Option<Workspace>,
    pub(crate) on_one_thread: bool,
    /// What ends evaluations before their time.
    stop: StopSignal,
    /// The most bytes that the program may take.
    memory_limit: Option<u64>,
}

/// `logL` at one point, with its derivatives with respect to the free parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct LoglikeDerivatives {
    /// `logL`, priors included.
    pub loglike: f64,
    /// First derivatives.
    pub gradient: Vec<f64>,
    /// Second derivatives.
    pub hessian: Array2<f64>,
}

impl Session {
    /// Of a model and data that are in memory already.
    pub fn new(roi: Roi, data: Data) -> Self {
        Self { roi, data, work: None, on_one_thread: false, stop: StopSignal::default(), memory_limit: None }
    }

    /// The same, evaluated on the calling thread alone: for many sessions side by side. Results are the same to the last bit.
    #[must_use]
    pub fn on_one_thread(mut self) -> Self {
        (self.work, self.on_one_thread) = (None, true);
        self
    }

    /// The same under a limit of memory in bytes, see [`Session::check_memory`]; without one nothing is refused.
    #[must_use]
    pub fn with_memory_limit(mut self, limit: Option<u64>) -> Self {
        self.memory_limit = limit;
        self
    }

    /// Refuses work that takes so many bytes where they do not fit below the limit of memory beside the program, the data and what evaluations hold.
    /// `what` names it in the message.
    ///
    /// # Errors
    /// [`Error::Memory`].
    pub fn check_memory(&self, what: &str, bytes: u64) -> Result<()> {
        let Some(limit) = self.memory_limit else { return Ok(()) };
        let held = self.bytes_held();
        let needed = held + bytes;
        if needed <= limit {
            return Ok(());
        }
        let parts = format!("the analysis {}, {what} {}", size_in_words(held), size_in_words(bytes));
        Err(Error::Memory { needed, limit, parts })
    }

    /// How many bytes the limit of memory leaves beside the program, the data and what evaluations hold; `None` without a limit.
    pub(crate) fn memory_left(&self) -> Option<u64> {
        self.memory_limit.map(|limit| limit.saturating_sub(self.bytes_held()))
    }

    /// The program, the data and what evaluations hold.
    fn bytes_held(&self) -> u64 {
        PROGRAM + self.footprint().total() as u64
    }

    /// What a workspace of its own is expected to take, in bytes: that of a clone on another thread.
    pub fn workspace_bytes(&self) -> u64 {
        let of = |component: &ComponentData| {
            let expected = component.expected_footprint(&self.roi, |_| component.axis().edges().len());
            expected.fixed + expected.columns + expected.work
        };
        self.data.components().iter().map(of).sum::<usize>() as u64
    }

    /// What the profiles of all free sources are expected to take while they are made, in bytes.
    pub fn profile_bytes(&self) -> u64 {
        let of = |component: &ComponentData| component.expected_footprint(&self.roi, |_| 0).profiles;
        self.data.components().iter().map(of).sum::<usize>() as u64
    }

    /// The model.
    pub fn roi(&self) -> &Roi {
        &self.roi
    }

    /// The model, to be changed. The next evaluation notices changes of spectra and parameters; a source that is moved or reshaped keeps the map that
    /// the data have of its name.
    pub fn roi_mut(&mut self) -> &mut Roi {
        &mut self.roi
    }

    /// Counts and source maps.
    pub fn data(&self) -> &Data {
        &self.data
    }

    /// Gives the source of this name other maps, or its first ones: one a component, in their order. Clones keep what they had, and nothing changes
    /// on an error.
    ///
    /// # Errors
    /// As [`Data::set_source_maps`].
    pub fn set_source_maps(&mut self, source_name: &str, maps: &[impl Borrow<SourceMap> + Sync]) -> Result<()> {
        Ok(self.data.set_source_maps(source_name, maps)?)
    }

    /// Adds derivatives of the maps of the source `of` as those of another source, see [`Data::set_slope_maps`].
    ///
    /// # Errors
    /// As [`Data::set_slope_maps`].
    pub fn set_slope_maps(
        &mut self,
        source_name: &str,
        of: &str,
        maps: &[impl Borrow<SourceMap> + Sync],
    ) -> Result<()> {
        Ok(self.data.set_slope_maps(source_name, of, maps)?)
    }

    /// Takes the data of another session, maps of sources included; what this one has summed of maps that both have, it keeps.
    pub fn share_data(&mut self, other: &Self) {
        self.data = other.data.clone();
    }

    /// Evaluations end with an error once this signal is up; the default one ends none.
    pub(crate) fn set_stop(&mut self, stop: StopSignal) {
        if let Some(work) = &mut self.work {
            work.set_stop(stop.clone());
        }
        self.stop = stop;
    }

    /// What data and evaluations hold in memory.
    pub fn footprint(&self) -> Footprint {
        self.data.footprint() + self.work.as_ref().map_or_else(Footprint::default, Workspace::footprint)
    }

    /// `logL` of the model as it stands (positive-going, without the `ln N!` term), the logarithms of the parameters' priors added.
    ///
    /// # Errors
    /// When the model cannot be evaluated: counts where it predicts none, a spectrum that is not finite, a value that its
    /// prior excludes.
    pub fn loglike(&mut self) -> Result<f64> {
        let values = self.roi.free_values();
        self.posterior()?.value(&values)
    }

    /// `logL` as a function of the free parameters of the model as it stands.
    pub(crate) fn posterior(&mut self) -> Result<Posterior<'_>> {
        Ok(self.model_and_posterior()?.1)
    }

    /// The model as it stands, and [`Session::posterior`].
    pub(crate) fn model_and_posterior(&mut self) -> Result<(&Roi, Posterior<'_>)> {
        let counts = self.data.total_counts();
        if self.roi.sources().is_empty() && counts > 0.0 {
            return Err(Error::NoSource { counts });
        }
        let work = following(&mut self.work, &self.data, (&self.roi, &[]), (self.on_one_thread, &self.stop))?;
        Ok((&self.roi, Posterior::new(&self.data, work, &self.roi)))
    }

    /// The same of another model of the same sources, some of them left out.
    pub(crate) fn posterior_of(&mut self, roi: &Roi, muted: &[&str]) -> Result<Posterior<'_>> {
        let work = following(&mut self.work, &self.data, (roi, muted), (self.on_one_thread, &self.stop))?;
        Ok(Posterior::new(&self.data, work, roi))
    }

    /// `logL` of another model of the same sources, some of them left out; minus infinity when it makes the data impossible.
    pub(crate) fn loglike_or_impossible(&mut self, roi: &Roi, muted: &[&str]) -> Result<f64> {
        match self.posterior_of(roi, muted).and_then(|mut posterior| posterior.value(&roi.free_values())) {
            Err(Error::Likelihood(error)) if error.depends_on_parameters() => Ok(f64::NEG_INFINITY),
            Err(Error::ExcludedByPrior { .. }) => Ok(f64::NEG_INFINITY),
            other => other,
        }
    }

    /// Predicted counts of every source.
    pub(crate) fn npred_of_sources(&self, roi: &Roi) -> Result<Vec<f64>> {
        roi.sources().iter().map(|source| Ok(self.data.npred(source)?)).collect()
    }

    /// Lowest and highest energy of the bins that are evaluated, in MeV.
    pub fn energy_range(&self) -> (f64, f64) {
        let edges: Vec<f64> = self.data.components().iter().flat_map(edges_of).copied().collect();
        (edges.iter().copied().fold(f64::INFINITY, f64::min), edges.iter().copied().fold(0.0, f64::max))
    }

    /// The same model beside what of the data lies between two energies in MeV, see [`Data::within_energies`]. What the session has summed is
    /// shared.
    ///
    /// # Errors
    /// When an energy is no edge of a component's bins, or no bin lies between them.
    pub fn within_energies(&self, emin: f64, emax: f64) -> Result<Self> {
        let data = self.data.within_energies(emin, emax)?;
        Ok(Self { data, ..self.clone() })
    }

    /// The same between two energies, log10 of MeV, moved to the nearest edges of bins; an end that is `None` is that of this session.
    ///
    /// # Errors
    /// As [`Session::within_energies`]; [`Error::Option`] when an end is not finite.
    pub fn within_loge_bounds(&self, bounds: [Option<f64>; 2]) -> Result<Self> {
        let (emin, emax) = self.energy_range();
        let edges: Vec<f64> = self.data.components().iter().flat_map(edges_of).copied().collect();
        let edge = |loge: Option<f64>, own: f64| {
            let Some(loge) = loge else { return Ok(own) };
            if !loge.is_finite() {
                let expected = "finite numbers, log10 of MeV";
                return Err(Error::Option { option: "loge_bounds", found: loge.to_string(), expected });
            }
            let distance = |edge: &f64| (edge.log10() - loge).abs();
            Ok(edges.iter().copied().min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or(own))
        };
        match bounds {
            [None, None] => Ok(self.clone()),
            [low, high] => self.within_energies(edge(low, emin)?, edge(high, emax)?),
        }
    }

    /// `logL` of the model as it stands, as [`Session::loglike`], with its first and second derivatives with respect to the `value` of each free
    /// parameter, in the region's order.
    ///
    /// # Errors
    /// As [`Session::loglike`].
    pub fn derivatives(&mut self) -> Result<LoglikeDerivatives> {
        let values = self.roi.free_values();
        let (mut gradient, mut hessian) = (vec![0.0; values.len()], Array2::zeros((values.len(), values.len())));
        let loglike = self.posterior()?.hessian(&values, &mut gradient, &mut hessian)?;
        Ok(LoglikeDerivatives { loglike, gradient, hessian })
    }

    /// Position of a parameter in a source's spectrum.
    pub(crate) fn parameter_index(&self, source: SourceId, parameter: &str) -> Result<usize> {
        let source = &self.roi[source];
        source.spectrum().index_of(parameter).ok_or_else(|| no_parameter(source, parameter))
    }
}

/// The edges in MeV of the bins of a component that are evaluated; none where no bin is.
pub(crate) fn edges_of(component: &ComponentData) -> &[f64] {
    let bins = component.bins();
    if bins.is_empty() { &[] } else { &component.axis().edges()[bins.start..=bins.end] }
}

/// A parameter, or something like one, that a source does not have.
pub(crate) fn no_parameter(source: &Source, found: &str) -> Error {
    let parameters = source.spectrum().parameters();
    Error::NoParameter {
        source_name: source.name().to_owned(),
        spectrum: source.spectrum().type_name().to_owned(),
        found: found.to_owned(),
        known: parameters.iter().map(|p| p.name().to_owned()).collect::<Vec<_>>().join(", "),
    }
}

/// The workspace that is there, or a new one, following a model with some sources left out.
fn following<'a>(
    work: &'a mut Option<Workspace>,
    data: &Data,
    (roi, muted): (&Roi, &[&str]),
    (on_one_thread, stop): (bool, &StopSignal),
) -> Result<&'a mut Workspace> {
    let known = match work.take() {
        Some(known) => known,
        None if on_one_thread => Workspace::on_one_thread(data, roi, muted)?,
        None => Workspace::new(data, roi, muted)?,
    };
    // What cannot follow is as good as it was.
    let work = work.insert(known);
    work.set_stop(stop.clone());
    work.follow(data, roi, muted)?;
    Ok(work)
}
