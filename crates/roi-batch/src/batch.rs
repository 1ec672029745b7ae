//! The queue of regions and the workers that take from it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use crate::entry::Entry;
use crate::error::{Error, Result};
use crate::journal::Journal;
use crate::region::EndedRegion;
use crate::task::Task;

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
        check(configs)?;
        let mut journal = Journal::of_shard(&self.directory, self.shard, settings, self.resume)?;
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
        let ended = EndedRegion::here(config, task);
        ended.write(&self.directory)?;
        Ok(ended.entry)
    }
}

/// Refuses configurations of which no journal can be kept.
///
/// # Errors
/// When one is named twice, or its path is no text.
pub fn check(configs: &[PathBuf]) -> Result<()> {
    let mut names = std::collections::HashSet::new();
    if let Some(twice) = configs.iter().find(|config| !names.insert(*config)) {
        return Err(Error::Repeated { path: twice.clone() });
    }
    match configs.iter().find(|config| config.to_str().is_none()) {
        Some(config) => Err(Error::NotText { path: config.clone() }),
        None => Ok(()),
    }
}

/// The share of one worker: all threads are used, and each worker has at least one.
fn share(threads: usize, workers: usize, worker: usize) -> usize {
    (threads / workers + usize::from(worker < threads % workers)).max(1)
}
