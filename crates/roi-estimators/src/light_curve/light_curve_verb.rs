//! The verb `light_curve`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;
use roi_fit::{Analysis, Event, Progress, StopSignal};
use serde_json::json;

use crate::error::{Error, Result};
use crate::light_curve::bin::fit_time_bin::fit_time_bin;
use crate::light_curve::bin::plan::Plan;
use crate::light_curve::bin::time_bin::{BinStatus, TimeBin};
use crate::light_curve::bin_records::BinRecords;
use crate::light_curve::light_curve_options::LightCurveOptions;
use crate::light_curve::light_curve_result::LightCurve;
use crate::light_curve::time_bins;
use crate::light_curve::time_data::TimeData;

/// Is shown a light curve of which some bins are still to come.
type SoFar<'a> = dyn FnMut(&LightCurve) -> Result<()> + Send + 'a;

/// Who watches a light curve, and where its bins are recorded.
pub struct LightCurveRun<'a> {
    progress: &'a mut dyn Progress,
    records: Option<PathBuf>,
    so_far: Option<&'a mut SoFar<'a>>,
}

impl<'a> LightCurveRun<'a> {
    /// Watched, without records.
    pub fn new(progress: &'a mut dyn Progress) -> Self {
        Self { progress, records: None, so_far: None }
    }

    /// Shown the light curve after each bin that was fitted, those that are to come as [`BinStatus::NotDone`]: to write files that others look at meanwhile. An error ends the
    /// work.
    #[must_use]
    pub fn with_so_far(mut self, so_far: &'a mut (dyn FnMut(&LightCurve) -> Result<()> + Send + 'a)) -> Self {
        self.so_far = Some(so_far);
        self
    }

    /// Each bin that is done is appended to this file, and not fitted again by a later run with the same model, options and data. The file
    /// stays: who has what he wants removes it.
    #[must_use]
    pub fn with_records(mut self, path: impl Into<PathBuf>) -> Self {
        self.records = Some(path.into());
        self
    }
}

impl std::fmt::Debug for LightCurveRun<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LightCurveRun").field("records", &self.records).finish_non_exhaustive()
    }
}

/// The flux of a source, found by name or alias, in time bins. The model of the analysis is that of the whole time; it is left as it was.
///
/// In each bin the region is optimized, the source is fitted with what the options free, on a ladder of ever fewer free parameters until a fit is good enough,
/// and then with the spectrum of the whole time, held and with its norm free, for the test of variability. Bins are fitted side by side, each on one thread; the
/// result is the same for any number of threads. What cannot be fitted is told in the bin's record, and is no error.
///
/// Where the watcher asks to stop, the bins that are done stand, and the others are [`BinStatus::NotDone`].
///
/// ```
/// use roi_estimators::{BinData, LightCurveOptions, LightCurveRun, TimeData, light_curve};
/// use roi_fit::{Analysis, FitOptions, Quiet, Session};
/// use roi_simulate::{SimulationOptions, simulate};
///
/// /// The same data twice.
/// struct Twice(Session, [(f64, f64); 2]);
///
/// impl TimeData for Twice {
///     fn bins(&self) -> &[(f64, f64)] {
///         &self.1
///     }
///
///     fn data_of(&self, _bin: usize) -> roi_estimators::Result<BinData> {
///         Ok(BinData::seen(self.0.clone(), 86400.0, 80000.0))
///     }
///
///     fn inputs(&self) -> roi_estimators::Result<String> {
///         Ok("in memory".to_owned())
///     }
/// }
///
/// let simulated = simulate(&SimulationOptions::default().with_npix(20).with_ebins(6).with_sources(2))?;
/// let mut whole = Analysis::new(simulated.start.clone(), simulated.likelihood()?)?;
/// whole.fit(&FitOptions::default())?;
/// let name = whole.roi().sources().iter().find(|source| source.direction().is_some()).unwrap().name().to_owned();
/// let data = Twice(whole.session().clone(), [(0.0, 86400.0), (86400.0, 172800.0)]);
/// let curve = light_curve(&whole, &name, &data, &LightCurveOptions::default(), LightCurveRun::new(&mut Quiet))?;
/// assert!(curve.bins.iter().all(|bin| bin.fit_success()));
/// // The same data in both bins: nothing varies.
/// assert!(curve.variability.p_value.unwrap() > 0.5 && curve.blocks.len() == 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// When there is no such source, or it has no norm; an option is wrong; bins overlap; there is not memory enough; the records cannot be read or written.
pub fn light_curve(
    analysis: &Analysis,
    name: &str,
    data: &dyn TimeData,
    options: &LightCurveOptions,
    run: LightCurveRun<'_>,
) -> Result<LightCurve> {
    let plan = Plan::new(analysis, name, options)?;
    let times = data.bins();
    time_bins::check(times)?;
    let threads = times.len().min(rayon::current_num_threads()) as u64;
    let session = analysis.session();
    // A bin has no more filled bins than the whole time; beside its fit its profile has a workspace.
    let own = 2 * session.workspace_bytes() + session.profile_bytes();
    let bin = data.bytes_of_bin() + session.footprint().total() as u64 + own;
    let bytes = data.bytes_held() + threads * bin;
    session.check_memory("one time bin a thread", bytes)?;
    let LightCurveRun { progress, records, so_far } = run;
    let open = |path: &Path| BinRecords::open(path, &digest(analysis, &plan, data)?);
    let records = records.as_deref().map(open);
    let bins = times.iter().map(|times| not_done(*times, "its turn has not come")).collect();
    let shared = Shared { progress, records: records.transpose()?, so_far, bins, done: 0, failure: None };
    let mut bins = all_bins(&plan, data, shared)?;
    for bin in bins.iter_mut().filter(|bin| bin.status == BinStatus::NotDone) {
        *bin = not_done((bin.tmin, bin.tmax), "the work was ended before");
    }
    Ok(curve(&plan, bins))
}

/// What the bins are together.
fn curve(plan: &Plan, bins: Vec<TimeBin>) -> LightCurve {
    let spectrum_type = plan.spectrum.type_name().to_owned();
    LightCurve::new((plan.name.clone(), spectrum_type), plan.whole.clone(), bins, plan.options.clone())
}

fn not_done(times: (f64, f64), why: &str) -> TimeBin {
    TimeBin::unknown(times, BinStatus::NotDone, why)
}

/// What the threads share.
struct Shared<'a> {
    progress: &'a mut dyn Progress,
    records: Option<BinRecords>,
    so_far: Option<&'a mut SoFar<'a>>,
    /// The bins that are done, in their places.
    bins: Vec<TimeBin>,
    done: usize,
    failure: Option<Error>,
}

/// All bins side by side.
fn all_bins(plan: &Plan, data: &dyn TimeData, shared: Shared<'_>) -> Result<Vec<TimeBin>> {
    let progress = &shared.progress;
    let (asked, is_ended) = (progress.stop_signal(), Arc::new(AtomicBool::new(progress.is_cancelled())));
    let ended = Arc::clone(&is_ended);
    let stop = StopSignal::new(move || ended.load(Ordering::Relaxed) || asked.is_up());
    let shared = Mutex::new(shared);
    let total = data.bins().len();
    let of_bin = |index: usize| {
        let times = data.bins()[index];
        let lock = || shared.lock().unwrap_or_else(PoisonError::into_inner);
        let recorded = lock().records.as_ref().and_then(|records| records.of(times).cloned());
        let is_recorded = recorded.is_some();
        let bin = match recorded {
            Some(bin) => bin,
            None if stop.is_up() => return,
            None => fit_time_bin(times, data.data_of(index), plan, &stop),
        };
        // What a signal cut short is no result.
        if !is_recorded && stop.is_up() {
            return;
        }
        if lock().take(plan, index, (bin, is_recorded)) {
            is_ended.store(true, Ordering::Relaxed);
        }
    };
    (0..total).into_par_iter().with_max_len(1).for_each(of_bin);
    let Shared { bins, failure, .. } = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    failure.map_or(Ok(bins), Err)
}

impl Shared<'_> {
    /// Records a bin and tells of it; whether the work is to end.
    fn take(&mut self, plan: &Plan, index: usize, (bin, is_recorded): (TimeBin, bool)) -> bool {
        // A bin whose data could not be made, for want of memory or a file, is for the next run to try again.
        let is_final = bin.status != BinStatus::Failed || !bin.attempts.is_empty();
        let is_new = is_final && !is_recorded;
        let recorded = self.records.as_mut().filter(|_| is_new).map_or(Ok(()), |records| records.append(&bin));
        self.done += 1;
        let (done, total, status) = (self.done, self.bins.len(), bin.status.as_str());
        tracing::info!(
            "light curve of {}: {done} of {total} bins; {} to {} s: {status}",
            plan.name,
            bin.tmin,
            bin.tmax
        );
        if let Some(place) = self.bins.get_mut(index) {
            *place = bin;
        }
        let shown = recorded.and_then(|()| if is_recorded { Ok(()) } else { self.show(plan, total) });
        if let Err(error) = shown {
            self.failure.get_or_insert(error);
            return true;
        }
        let event = Event::Estimate { verb: "lightcurve", source: plan.name.clone(), done: done - 1, total };
        self.progress.event(&event).is_break() || self.progress.is_cancelled()
    }

    /// Shows the curve to whom it is to be shown; the whole one is the result.
    fn show(&mut self, plan: &Plan, total: usize) -> Result<()> {
        match &mut self.so_far {
            Some(so_far) if self.done < total => so_far(&curve(plan, self.bins.clone())),
            _ => Ok(()),
        }
    }
}

/// A digest of all that a bin depends on beside its times.
fn digest(analysis: &Analysis, plan: &Plan, data: &dyn TimeData) -> Result<String> {
    let mut model = String::new();
    for source in plan.roi.sources() {
        let (spectrum, spatial) = (source.spectrum(), source.spatial());
        // Writing to a String cannot fail.
        let _ = writeln!(model, "{} {} {spatial:?} {:?}", source.name(), spectrum.type_name(), spectrum.parameters());
    }
    let counts: Vec<String> = analysis
        .likelihood()
        .components()
        .iter()
        .map(|component| format!("{} {:?} {:?}", component.name(), component.bins(), component.counts_spectrum()))
        .collect();
    let locked: Vec<_> = analysis.locked_parameters().collect();
    let all = json!({
        "program": env!("CARGO_PKG_VERSION"),
        "source": plan.name,
        "options": plan.options,
        "model": model,
        "locked": locked,
        "counts": counts,
        "inputs": data.inputs()?,
    });
    Ok(lat_io::digest_of_bytes(all.to_string().as_bytes()))
}
