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

/// Who watches a light curve, and where its bins are recorded.
pub struct LightCurveRun<'a> {
    progress: &'a mut dyn Progress,
    records: Option<PathBuf>,
}

impl<'a> LightCurveRun<'a> {
    /// Watched, without records.
    pub fn new(progress: &'a mut dyn Progress) -> Self {
        Self { progress, records: None }
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
    let bin = data.bytes_of_bin() + session.footprint().total() as u64 + 2 * session.workspace_bytes();
    let bytes = data.bytes_held() + threads * bin;
    session.check_memory("one time bin a thread", bytes)?;
    let LightCurveRun { progress, records } = run;
    let open = |path: &Path| BinRecords::open(path, &digest(analysis, &plan, data)?);
    let records = records.as_deref().map(open);
    let bins = all_bins(&plan, data, progress, records.transpose()?)?;
    let spectrum_type = plan.spectrum.type_name().to_owned();
    Ok(LightCurve::new((plan.name, spectrum_type), plan.whole, bins, plan.options))
}

/// What the threads share.
struct Shared<'a> {
    progress: &'a mut dyn Progress,
    records: Option<BinRecords>,
    done: usize,
    failure: Option<Error>,
}

/// All bins side by side.
fn all_bins(
    plan: &Plan,
    data: &dyn TimeData,
    progress: &mut dyn Progress,
    records: Option<BinRecords>,
) -> Result<Vec<TimeBin>> {
    let (asked, is_ended) = (progress.stop_signal(), Arc::new(AtomicBool::new(progress.is_cancelled())));
    let ended = Arc::clone(&is_ended);
    let stop = StopSignal::new(move || ended.load(Ordering::Relaxed) || asked.is_up());
    let shared = Mutex::new(Shared { progress, records, done: 0, failure: None });
    let total = data.bins().len();
    let of_bin = |index: usize| {
        let times = data.bins()[index];
        let lock = || shared.lock().unwrap_or_else(PoisonError::into_inner);
        let recorded = lock().records.as_ref().and_then(|records| records.of(times).cloned());
        let not_done = || TimeBin::unknown(times, BinStatus::NotDone, "the work was ended before");
        let is_recorded = recorded.is_some();
        let bin = match recorded {
            Some(bin) => bin,
            None if stop.is_up() => not_done(),
            None => fit_time_bin(times, data.data_of(index), plan, &stop),
        };
        // What a signal cut short is no result.
        if !is_recorded && stop.is_up() {
            return not_done();
        }
        if lock().take(&bin, is_recorded, (&plan.name, total)) {
            is_ended.store(true, Ordering::Relaxed);
        }
        bin
    };
    let bins = (0..total).into_par_iter().with_max_len(1).map(of_bin).collect();
    match shared.into_inner().unwrap_or_else(PoisonError::into_inner).failure {
        Some(error) => Err(error),
        None => Ok(bins),
    }
}

impl Shared<'_> {
    /// Records a bin and tells of it; whether the work is to end.
    fn take(&mut self, bin: &TimeBin, is_recorded: bool, (name, total): (&str, usize)) -> bool {
        // A bin whose data could not be made, for want of memory or a file, is for the next run to try again.
        let is_final = bin.status != BinStatus::Failed || !bin.attempts.is_empty();
        if let Some(records) = self.records.as_mut().filter(|_| is_final && !is_recorded)
            && let Err(error) = records.append(bin)
        {
            self.failure.get_or_insert(error);
            return true;
        }
        self.done += 1;
        let (done, status) = (self.done, bin.status.as_str());
        tracing::info!("light curve of {name}: {done} of {total} bins; {} to {} s: {status}", bin.tmin, bin.tmax);
        let event = Event::Estimate { verb: "lightcurve", source: name.to_owned(), done: self.done - 1, total };
        self.progress.event(&event).is_break() || self.progress.is_cancelled()
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
