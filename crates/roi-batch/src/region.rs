//! One region: from its configuration to its entry in the journal and the text of its result.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::entry::{Ending, Entry};
use crate::error::{Error, Result};
use crate::result_name::result_name;
use crate::task::Task;

/// How a region ended, and the text of its result file, which stands nowhere yet: [`Journal::record`](crate::Journal::record) writes it. It can be sent
/// as JSON from where the region was worked on to where the journal lies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EndedRegion {
    /// The line of the journal.
    pub entry: Entry,
    /// The text of the result file, if there is a result.
    pub text: Option<String>,
}

impl EndedRegion {
    /// Works on a region with so many threads, at least 1. Whatever becomes of it is told in the entry.
    ///
    /// ```
    /// use roi_batch::{EndedRegion, Ending, TaskResult};
    /// use serde_json::json;
    ///
    /// let task = |_: &std::path::Path| Ok(TaskResult::new(json!({ "logLike": -7.5, "timing": 3.0 })));
    /// let ended = EndedRegion::of("roi/config.yaml".as_ref(), 1, &task)?;
    /// assert_eq!((ended.entry.ending, ended.entry.loglike), (Ending::Done, Some(-7.5)));
    /// assert!(!ended.text.unwrap().contains("timing"));
    /// # Ok::<(), roi_batch::Error>(())
    /// ```
    ///
    /// # Errors
    /// When there are no threads to be had.
    pub fn of(config: &Path, threads: usize, task: &Task<'_>) -> Result<Self> {
        let threads = threads.max(1);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.map_err(|source| Error::Threads { threads, source })?;
        Ok(pool.install(|| Self::here(config, task)))
    }

    /// A region whose worker was lost, again and again: it may need more memory than there is.
    pub fn lost(config: &Path, message: impl Into<String>) -> Self {
        let mut entry = Entry::new(config);
        entry.message = message.into();
        Self { entry, text: None }
    }

    /// The same with the threads of the present pool.
    pub(crate) fn here(config: &Path, task: &Task<'_>) -> Self {
        let start = Instant::now();
        // First, so that the digest is not that of a file changed in the meantime.
        let mut entry = Entry::new(config);
        let mut text = None;
        match catch_unwind(AssertUnwindSafe(|| task(config))) {
            Ok(Ok(mut result)) => {
                leave_out_timing(&mut result.dictionary);
                text = Some(format!("{:#}\n", result.dictionary));
                entry.result = Some(result_name(config));
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
        Self { entry, text }
    }

    /// Writes the result file into a directory, if there is a result.
    pub(crate) fn write(&self, directory: &Path) -> Result<()> {
        if let (Some(name), Some(text)) = (&self.entry.result, &self.text) {
            lat_io::write_text(&directory.join(name), text)?;
        }
        Ok(())
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
