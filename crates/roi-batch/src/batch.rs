//! The queue of regions and the workers that take from it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Instant;

use lat_io::write_text;
use serde_json::Value;

use crate::error::{Error, Result, TaskError};
use crate::journal::{Ending, Entry, Journal};
use crate::result_name::result_name;

/// What a task makes of one region.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TaskResult {
    /// The result dictionary; `timing`, at any depth, is left out of the file.
    pub dictionary: Value,
    /// `None` when the fit was good enough, else why it was not.
    pub failure: Option<String>,
}

impl TaskResult {
    /// A result that is good enough.
    pub fn new(dictionary: Value) -> Self {
        Self { dictionary, failure: None }
    }

    /// The same, with the reason why it is not good enough, if there is one. The result is kept; the journal tells the reason.
    #[must_use]
    pub fn with_failure(mut self, failure: Option<String>) -> Self {
        self.failure = failure;
        self
    }
}

/// A task: what is done with the configuration at a path. Several workers call it at a time. It makes a [`TaskResult`], or says with a
/// [`TaskError`] why there is none; that, and a panic, end this region alone.
///
/// ```
/// use std::path::Path;
///
/// use roi_batch::{Batch, Ending, TaskError, TaskResult};
/// use serde_json::json;
///
/// // Any work will do: here the "fit" is the number that the configuration holds.
/// let task = |config: &Path| {
///     let text = std::fs::read_to_string(config).map_err(|error| TaskError::new(error.to_string()))?;
///     let number: f64 = text.trim().parse().map_err(|_| TaskError::new(format!("{text:?} is no number")))?;
///     let failure = (number < 0.0).then(|| "it is negative".to_owned());
///     Ok(TaskResult::new(json!({ "logLike": number })).with_failure(failure))
/// };
/// let folder = tempfile::tempdir()?;
/// let configs = ["1.5", "-2", "x"].map(|text| {
///     let path = folder.path().join(format!("{}.yaml", text.len()));
///     std::fs::write(&path, text).map(|()| path)
/// });
/// let configs = configs.into_iter().collect::<Result<Vec<_>, _>>()?;
/// let entries = Batch::new(folder.path().join("results")).run(&configs, "numbers", &task, &mut |_, _, _| {})?;
/// let endings: Vec<Ending> = entries.iter().map(|entry| entry.ending).collect();
/// assert_eq!(endings, [Ending::Done, Ending::Failed, Ending::Error]);
/// assert_eq!(entries[0].loglike, Some(1.5));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type Task<'a> = dyn Fn(&Path) -> std::result::Result<TaskResult, TaskError> + Sync + 'a;

/// How a batch is run.
///
/// ```no_run
/// use roi_batch::{Batch, TaskResult};
/// use roi_fit::Analysis;
///
/// let fit = |config: &std::path::Path| {
///     let mut analysis = Analysis::open(config)?;
///     let result = analysis.fit(&analysis.fit_options())?;
///     let failure = (!result.fit_success).then(|| result.message.clone());
///     Ok(TaskResult::new(result.to_json()).with_failure(failure))
/// };
/// let configs = vec!["a/config.yaml".into(), "b/config.yaml".into()];
/// let entries = Batch::new("results").with_jobs(2).run(&configs, "fit", &fit, &mut |_, _, _| {})?;
/// println!("{} regions", entries.len());
/// # Ok::<(), roi_batch::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Batch {
    directory: PathBuf,
    jobs: usize,
    threads: usize,
    resume: bool,
    shard: (usize, usize),
}

impl Batch {
    /// A batch that writes its journal and results into a directory, which is made if need be; one region at a time, one thread.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into(), jobs: 1, threads: 1, resume: false, shard: (0, 1) }
    }

    /// How many regions are worked on at a time, at least 1. Each takes the memory of one analysis.
    #[must_use]
    pub fn with_jobs(mut self, jobs: usize) -> Self {
        self.jobs = jobs.max(1);
        self
    }

    /// How many threads the regions share, at least 1.
    #[must_use]
    pub fn with_threads(mut self, threads: usize) -> Self {
        self.threads = threads.max(1);
        self
    }

    /// Goes on where an earlier run of the same batch ended. Regions that ended well, or whose fit failed, are not done again unless their
    /// configuration changed; those that ended with an error are.
    #[must_use]
    pub fn with_resume(mut self, resume: bool) -> Self {
        self.resume = resume;
        self
    }

    /// Only every `count`-th region, beginning with `index` (from 0): for one machine of several. All may write to one directory.
    ///
    /// # Errors
    /// [`Error::Shard`] when `index` is not below `count`.
    pub fn with_shard(mut self, index: usize, count: usize) -> Result<Self> {
        if index >= count {
            return Err(Error::Shard { index, count });
        }
        self.shard = (index, count);
        Ok(self)
    }

    /// How many regions of these configurations are worked on at a time at most: no more than its shard has. It does not depend on what was done
    /// before, so that regions of a batch that is resumed are treated as those of one that is not.
    pub fn at_a_time(&self, configs: &[PathBuf]) -> usize {
        self.jobs.min(self.shard_of(configs).count()).max(1)
    }

    fn shard_of<'a>(&self, configs: &'a [PathBuf]) -> impl Iterator<Item = &'a PathBuf> + use<'a> {
        configs.iter().skip(self.shard.0).step_by(self.shard.1)
    }

    /// Runs the task on each configuration and returns how each ended, in the order given.
    ///
    /// `settings` says in words what the task does; a journal made with other settings is not continued. `progress` is told of each ended
    /// region, how many are done, and how many there are.
    ///
    /// # Errors
    /// Only when the journal or a result file cannot be written or read, when the directory holds an earlier batch and this is not its
    /// continuation, when a configuration is given twice or its path is no text, or when there are no threads to be had.
    pub fn run(
        &self,
        configs: &[PathBuf],
        settings: &str,
        task: &Task<'_>,
        progress: &mut dyn FnMut(&Entry, usize, usize),
    ) -> Result<Vec<Entry>> {
        let mine: Vec<&PathBuf> = self.shard_of(configs).collect();
        let mut names = std::collections::HashSet::new();
        if let Some(twice) = configs.iter().find(|config| !names.insert(*config)) {
            return Err(Error::Repeated { path: twice.clone() });
        }
        if let Some(config) = configs.iter().find(|config| config.to_str().is_none()) {
            return Err(Error::NotText { path: config.clone() });
        }
        std::fs::create_dir_all(&self.directory).map_err(Error::io("make", &self.directory))?;
        let mut journal = Journal::open(&self.directory, self.shard, settings, self.resume)?;
        // Half-written results that a kill left.
        lat_io::remove_left_temporaries(&self.directory);
        let mut ended: Vec<Option<Entry>> = mine.iter().map(|config| journal.ended(config)).collect();
        let total = mine.len();
        let mut done = ended.iter().flatten().count();
        let todo: Vec<usize> = (0..total).filter(|&i| ended[i].is_none()).collect();
        let pools = self.pools(self.jobs.min(todo.len()).max(1))?;
        let next = AtomicUsize::new(0);

        std::thread::scope(|scope| {
            let (sender, receiver) = mpsc::channel::<(usize, Result<Entry>)>();
            for pool in &pools {
                let (sender, next, todo, mine) = (sender.clone(), &next, &todo, &mine);
                scope.spawn(move || {
                    while let Some(&index) = todo.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let entry = pool.install(|| self.one(mine[index], task));
                        if sender.send((index, entry)).is_err() {
                            break;
                        }
                    }
                });
            }
            drop(sender);
            // One place writes the journal; when that fails, the workers end with what they are at.
            for (index, entry) in receiver {
                let entry = entry?;
                journal.append(&entry)?;
                done += 1;
                progress(&entry, done, total);
                ended[index] = Some(entry);
            }
            Ok::<(), Error>(())
        })?;
        ended.into_iter().zip(&mine).map(|(entry, config)| entry.ok_or_else(|| Error::lost(config))).collect()
    }

    /// A pool a worker: regions do not steal each other's work, and their memory stays that of `jobs` analyses.
    fn pools(&self, workers: usize) -> Result<Vec<rayon::ThreadPool>> {
        let pool = |worker| {
            let threads = share(self.threads, workers, worker);
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            pool.map_err(|source| Error::Threads { threads, source })
        };
        (0..workers).map(pool).collect()
    }

    /// One region from its configuration to its result file.
    fn one(&self, config: &Path, task: &Task<'_>) -> Result<Entry> {
        let start = Instant::now();
        // First, so that the digest is not that of a file changed in the meantime.
        let mut entry = Entry::new(config);
        let outcome = catch_unwind(AssertUnwindSafe(|| task(config)));
        match outcome {
            Ok(Ok(mut result)) => {
                leave_out_timing(&mut result.dictionary);
                let name = result_name(config);
                write_text(&self.directory.join(&name), &format!("{:#}\n", result.dictionary))?;
                entry.result = Some(name);
                entry.take_numbers(&result.dictionary);
                (entry.ending, entry.message) = match result.failure {
                    None => (Ending::Done, String::new()),
                    Some(message) => (Ending::Failed, message),
                };
            }
            Ok(Err(error)) => {
                entry.ending = if error.is_internal { Ending::Internal } else { Ending::Error };
                entry.message = error.message;
            }
            Err(panic) => {
                let words = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
                let words = words.or_else(|| panic.downcast_ref::<String>().cloned());
                entry.ending = Ending::Internal;
                entry.message = words.unwrap_or_else(|| "a defect of the program".into());
            }
        }
        entry.seconds = start.elapsed().as_secs_f64();
        Ok(entry)
    }
}

/// Removes every `timing`: of the fit, and of an optimization before it.
fn leave_out_timing(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.remove("timing");
            map.values_mut().for_each(leave_out_timing);
        }
        Value::Array(list) => list.iter_mut().for_each(leave_out_timing),
        _ => {}
    }
}

/// The share of one worker: all threads are used, and each worker has at least one.
fn share(threads: usize, workers: usize, worker: usize) -> usize {
    (threads / workers + usize::from(worker < threads % workers)).max(1)
}
