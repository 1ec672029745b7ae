//! Many regions: one by one, wherever there is a worker, and the journal that takes what comes back.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use pyo3::prelude::*;
use roi_batch::{EndedRegion, Entry, FitTask, Journal, TaskError};

use crate::border::exceptions::{ConfigError, Failure, FileError, InternalError, OptionError};
use crate::border::watcher::held;

/// Fits a region as `roi-fit batch` does, with so many threads, and returns how it ended and the text of its result, as JSON for `Regions.record`. `plan` is
/// JSON of what is done; `max_memory` is in bytes.
#[pyfunction]
#[pyo3(signature = (config, plan, threads=1, max_memory=None))]
pub(crate) fn fit_region(
    py: Python<'_>,
    config: PathBuf,
    plan: &str,
    threads: usize,
    max_memory: Option<u64>,
) -> PyResult<String> {
    let plan = read_plan(plan)?;
    let task = |config: &Path| {
        let quiet = Box::new(roi_fit::Quiet);
        let mut analysis =
            roi_fit::Analysis::open_by(config, quiet, &roi_fit::OpenOptions::default().with_max_memory(max_memory))?;
        Ok::<_, TaskError>(plan.run(&mut analysis, config)?)
    };
    let ended = py.detach(|| EndedRegion::of(&config, threads, &task)).map_err(|error| of_batch(&error))?;
    serde_json::to_string(&ended).map_err(|error| InternalError::new_err(error.to_string()))
}

/// The regions of a batch and its journal: the same file as that of `roi-fit batch`, which can go on from it.
#[pyclass(frozen, module = "roifit._engine")]
pub(crate) struct Regions {
    plan: FitTask,
    directory: PathBuf,
    configs: Vec<PathBuf>,
    state: Mutex<(Journal, Vec<Option<Entry>>)>,
}

#[pymethods]
impl Regions {
    /// Opens the journal in a directory for regions and a plan; with `resume` it goes on where an earlier batch ended.
    #[staticmethod]
    #[pyo3(signature = (directory, configs, plan, resume=false))]
    fn open(directory: PathBuf, configs: Vec<PathBuf>, plan: &str, resume: bool) -> PyResult<Self> {
        let plan = read_plan(plan)?;
        let opened = || {
            roi_batch::check(&configs)?;
            Journal::open(&directory, &plan.settings()?, resume)
        };
        let journal = opened().map_err(|error| of_batch(&error))?;
        let ended = configs.iter().map(|config| journal.ended(config)).collect();
        Ok(Self { plan, directory, configs, state: Mutex::new((journal, ended)) })
    }

    /// The regions that have not ended, by their numbers.
    fn missing(&self) -> Vec<usize> {
        let state = held(&self.state);
        state.1.iter().enumerate().filter(|(_, entry)| entry.is_none()).map(|(index, _)| index).collect()
    }

    /// Records what `fit_region` returned for a region: the result file, then the line of the journal.
    fn record(&self, index: usize, ended: &str) -> PyResult<()> {
        let ended: EndedRegion = serde_json::from_str(ended)
            .map_err(|error| OptionError::new_err(format!("not what fit_region returns: {error}")))?;
        self.take(index, ended)
    }

    /// Records that the workers of a region were lost, in words.
    fn record_lost(&self, index: usize, message: &str) -> PyResult<()> {
        let Some(config) = self.configs.get(index) else {
            return Err(OptionError::new_err(format!("region {index}: there are {}", self.configs.len())));
        };
        self.take(index, EndedRegion::lost(config, message))
    }

    /// The line of the journal of each region, as JSON, in their order; `None` where it has not ended.
    fn entries(&self) -> Vec<Option<String>> {
        let json = |entry: &Option<Entry>| entry.as_ref().map(|entry| serde_json::json!(entry).to_string());
        held(&self.state).1.iter().map(json).collect()
    }

    /// Writes `summary.json`, of all regions that have ended, as `roi-fit batch` does, and returns its text.
    fn finish(&self) -> PyResult<String> {
        let entries: Vec<Entry> = held(&self.state).1.iter().flatten().cloned().collect();
        let summary = self.plan.summary(&entries).map_err(|error| of_batch(&error))?;
        let text = format!("{summary:#}\n");
        let path = self.directory.join("summary.json");
        roi_fit::write_text(&path, &text).map_err(|error| FileError::new_err(error.to_string()))?;
        Ok(text)
    }
}

impl Regions {
    fn take(&self, index: usize, ended: EndedRegion) -> PyResult<()> {
        let mut state = held(&self.state);
        let Some(config) = self.configs.get(index).filter(|config| **config == ended.entry.config) else {
            return Err(OptionError::new_err(format!("region {index} is not {}", ended.entry.config.display())));
        };
        // A worker that was taken for lost may come back: what is recorded stays.
        if state.1.get(index).is_some_and(Option::is_some) {
            tracing::debug!("{} has ended before", config.display());
            return Ok(());
        }
        state.0.record(&ended).map_err(|error| of_batch(&error))?;
        if let Some(place) = state.1.get_mut(index) {
            *place = Some(ended.entry);
        }
        Ok(())
    }
}

fn read_plan(plan: &str) -> PyResult<FitTask> {
    let plan: FitTask = serde_json::from_str(plan).map_err(|error| OptionError::new_err(error.to_string()))?;
    plan.check().map_err(Failure::from)?;
    Ok(plan)
}

fn of_batch(error: &roi_batch::Error) -> PyErr {
    use roi_batch::Error as E;
    let message = error.to_string();
    match error {
        error if error.is_internal() => InternalError::new_err(message),
        E::File(_) | E::Io { .. } | E::Damaged { .. } | E::Busy { .. } => FileError::new_err(message),
        E::Repeated { .. } | E::NotText { .. } => OptionError::new_err(message),
        _ => ConfigError::new_err(message),
    }
}
