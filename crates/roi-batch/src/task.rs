//! What is done with each region.

use std::path::Path;

use serde_json::Value;

use crate::error::TaskError;

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
pub type Task<'a> = dyn Fn(&Path) -> Result<TaskResult, TaskError> + Sync + 'a;
