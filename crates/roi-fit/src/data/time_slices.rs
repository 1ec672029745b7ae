//! The data of an analysis in bins of time: a session a bin.

use std::ops::ControlFlow;

use lat_dataset::{NoData, SliceInputs, SliceMapsMade, SliceOptions, SliceStep};
use lat_events::TimeBins;
use likelihood_core::{ComponentData, Data};
use roi_model::{Roi, SkyDirection};

use crate::analysis::Analysis;
use crate::error::{Error, Result};
use crate::known::progress::{Event, Progress};
use crate::session::Session;

/// The data of an analysis in bins of time, made in memory: counts and livetime of all bins from one reading of the event files, exposure, PSF and
/// source maps of a bin when it is asked for. The model is that of the analysis when it was made, its range of energies too.
///
/// ```no_run
/// use roi_fit::{Analysis, FitOptions, Quiet, SliceOptions, TimeSlices, fit};
/// let analysis = Analysis::open("config.yaml")?;
/// let (start, stop) = analysis.observation_times()?;
/// let weeks = [(start, start + 604_800.0), (start + 604_800.0, stop)];
/// let slices = TimeSlices::open(&analysis, &weeks, &SliceOptions::default(), &mut Quiet)?;
/// for week in 0..slices.len() {
///     let slice = slices.slice(week)?;
///     if let Some(mut session) = slice.session {
///         println!("{:?}: {}", slice.bin, session.loglike()?);
///     }
/// }
/// # Ok::<(), roi_fit::Error>(())
/// ```
pub struct TimeSlices {
    slices: lat_dataset::TimeSlices,
    roi: Roi,
    range: (f64, f64),
    memory_limit: Option<u64>,
}

/// One bin of time.
#[derive(Debug)]
#[non_exhaustive]
pub struct TimeSlice {
    /// Begin and end, s; the end does not belong to it.
    pub bin: (f64, f64),
    /// Good time, s, of the component that has most.
    pub good_time: f64,
    /// Livetime of the instrument in it, s, of the component that has most.
    pub livetime: f64,
    /// Photons in the counts cubes of all components.
    pub counts: f64,
    /// Model and data of the bin, evaluated on the calling thread alone; `None` without data.
    pub session: Option<Session>,
    /// Why there are no data.
    pub no_data: Option<NoData>,
    /// How its source maps were made.
    pub maps: SliceMapsMade,
}

impl TimeSlices {
    /// Reads the event files of an analysis for these bins: pairs of begin and end in s of mission time, in order, with gaps or without. `progress` is told how that
    /// goes, and may stop it. Memory: [`lat_dataset::TimeSlices::open`].
    ///
    /// # Errors
    /// [`Error::NoFiles`] for an analysis that was not opened from a configuration; for bins that cannot be ([`lat_events::Error::TimeBins`]) or have no good
    /// time; as [`lat_dataset::TimeSlices::open`].
    pub fn open(
        analysis: &Analysis,
        bins: &[(f64, f64)],
        options: &SliceOptions,
        progress: &mut dyn Progress,
    ) -> Result<Self> {
        let config = analysis.opened.config.as_ref().ok_or(Error::NoFiles { what: "a time bin" })?;
        SliceOptions::PSF_TOLERANCE.check(&options.psf_tolerance)?;
        let bins = TimeBins::new(bins.to_vec())?;
        let mut components = lat_dataset::load(&config.path)?.observation.components;
        // What was done to sources since.
        for (component, model) in components.iter_mut().zip(&analysis.opened.component_models) {
            component.model = model.clone();
        }
        let (sources, made_here) = (analysis.session.roi.sources(), &analysis.edits.added);
        let max_bytes = analysis.session.memory_left();
        let inputs = SliceInputs { config, components, sources, made_here, max_bytes };
        let mut watch = |step: &SliceStep<'_>| tell(progress, step);
        let slices = lat_dataset::TimeSlices::open(inputs, &bins, options, &mut watch);
        if let Err(lat_dataset::Error::TimeBinMemory { needed, .. }) = &slices {
            analysis.session.check_memory("the time bins", *needed)?;
        }
        let slices = slices?;
        let (roi, range) = (analysis.session.roi.clone(), analysis.energy_range());
        Ok(Self { slices, roi, range, memory_limit: analysis.opened.max_memory })
    }

    /// What the bins are made of beside their times and the model, as text: equal for equal contents of all files. It reads them.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn inputs(&self) -> Result<String> {
        Ok(format!("{:?} {}", self.range, self.slices.inputs(self.roi.sources())?))
    }

    /// The bins.
    pub fn bins(&self) -> &[(f64, f64)] {
        self.slices.bins().bins()
    }

    /// How many bins there are.
    pub fn len(&self) -> usize {
        self.bins().len()
    }

    /// Whether there is none, which cannot be.
    pub fn is_empty(&self) -> bool {
        self.bins().is_empty()
    }

    /// A bin: its data, its source maps among them, and the model. It may be called from any number of threads at once; what it gives is the same to the
    /// last bit.
    ///
    /// # Errors
    /// For a bin that is not there; when its response or a map cannot be computed. That there are no data is no error.
    pub fn slice(&self, bin: usize) -> Result<TimeSlice> {
        let lat_dataset::Slice { bin, good_time, livetime, photons, components } = self.slices.slice(bin)?;
        let mut maps = SliceMapsMade::default();
        let (session, no_data) = match components {
            Err(no_data) => (None, Some(no_data)),
            Ok(components) => {
                let mut filled = Vec::with_capacity(components.len());
                for component in components {
                    let (name, settings) = (component.name().to_owned(), component.settings().clone());
                    let mut data = ComponentData::with_settings(name, component.counts(), settings)?;
                    let made = component
                        .source_maps(|source, map| -> Result<()> { Ok(data.add_source_map(source.name(), &map)?) })?;
                    maps = maps.with(made);
                    filled.push(data);
                }
                let (emin, emax) = self.range;
                let data = Data::new(filled)?.within_energies(emin, emax)?;
                let session = Session::new(self.roi.clone(), data).with_memory_limit(self.memory_limit).on_one_thread();
                (Some(session), None)
            }
        };
        Ok(TimeSlice { bin, good_time, livetime, counts: photons as f64, session, no_data, maps })
    }

    /// The exposure of a bin at a direction and an energy in MeV, all components together, cm^2 s; see [`lat_dataset::TimeSlices::exposure`].
    ///
    /// # Errors
    /// For a bin that is not there, or a direction far from the region.
    pub fn exposure(&self, bin: usize, direction: &SkyDirection, energy: f64) -> Result<f64> {
        Ok(self.slices.exposure(bin, direction, energy)?)
    }

    /// About how many bytes are held beside the slices that are alive, with the source maps of the whole time that slices will ask for.
    pub fn bytes(&self) -> u64 {
        self.slices.bytes()
    }

    /// About how many bytes making a slice takes beside its session.
    pub fn bytes_of_slice(&self) -> u64 {
        self.slices.bytes_of_bin()
    }
}

fn tell(progress: &mut dyn Progress, step: &SliceStep<'_>) -> ControlFlow<()> {
    let what = format!("component {}: {} of the time bins", step.component, step.what);
    let told = progress.event(&Event::Reading { what, read: step.read, bytes: step.bytes });
    if progress.is_cancelled() { ControlFlow::Break(()) } else { told }
}
