//! What can go wrong in a batch as such. What becomes of one region is no error: its entry in the journal tells it.

use std::path::{Path, PathBuf};

use thiserror::Error;

/// Result of this crate's functions.
pub type Result<T> = std::result::Result<T, Error>;

/// Everything that can stop a batch.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// A result file or a configuration could not be read or written.
    #[error(transparent)]
    File(#[from] lat_io::Error),
    /// The operating system refused something with the directory or a journal in it.
    #[error("cannot {action} '{path}': {source}; choose a directory with write permission and space")]
    Io {
        /// What was tried: `read`, `write`, `list`, `make`, `remove`.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A shard that is not one of so many.
    #[error("shard {index} of {count} is not allowed; expected a number from 0 to one below the count")]
    Shard {
        /// The shard's number.
        index: usize,
        /// How many shards there are.
        count: usize,
    },
    /// A configuration that is named more than once.
    #[error("{path}: this configuration is given twice; name each region once")]
    Repeated {
        /// The configuration.
        path: PathBuf,
    },
    /// A configuration whose path a journal, which is text, cannot hold.
    #[error("{path}: the path is not UTF-8, so that the journal cannot name it; rename the folder or file")]
    NotText {
        /// The configuration.
        path: PathBuf,
    },
    /// The operating system gave no threads.
    #[error("cannot start {threads} thread(s): {source}; ask for fewer jobs or threads")]
    Threads {
        /// How many threads a worker was to have.
        threads: usize,
        /// What kept them from being started.
        source: rayon::ThreadPoolBuildError,
    },
    /// A region that no worker told of: a defect of the program.
    #[error("{path}: the region ended without a word; this is a defect of the program, please report it")]
    Lost {
        /// The configuration.
        path: PathBuf,
    },
    /// A region that could not be made a line of the journal: a defect of the program.
    #[error("{path}: a region cannot be recorded: {source}; this is a defect of the program, please report it")]
    Record {
        /// The journal.
        path: PathBuf,
        /// What the writer of JSON found.
        source: serde_json::Error,
    },
    /// Another process writes the journal.
    #[error("{path}: another batch is writing this journal; wait for it, or choose another directory")]
    Busy {
        /// The journal.
        path: PathBuf,
    },
    /// The directory holds a batch that is not to be continued.
    #[error("{path}: the directory holds an earlier batch; resume it, or choose another directory")]
    Earlier {
        /// Its journal.
        path: PathBuf,
    },
    /// The directory holds a batch that does something else.
    #[error(
        "{path}: the batch was begun with other settings\n  then: {before}\n  now: {now}\n  repeat those, or choose another directory"
    )]
    OtherSettings {
        /// Its journal.
        path: PathBuf,
        /// The settings that it was begun with.
        before: String,
        /// The settings of now.
        now: String,
    },
    /// A line of a journal that is no record of a region.
    #[error("{path}, line {line}: {source}; the journal is damaged: choose another directory")]
    Damaged {
        /// The journal.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What the parser found.
        source: serde_json::Error,
    },
}

impl Error {
    /// A refusal of the operating system, with what was tried.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { action, path: path.to_owned(), source }
    }

    /// Whether the program is at fault, not the input.
    pub fn is_internal(&self) -> bool {
        matches!(self, Self::Lost { .. } | Self::Record { .. })
    }

    /// A region without an end.
    pub(crate) fn lost(config: &Path) -> Self {
        Self::Lost { path: config.to_owned() }
    }
}

/// Why a task made no result of a region.
/// An error of `roi-fit` becomes one by `?`; see [`Task`](crate::Task) for an example.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TaskError {
    /// The message, as the journal keeps it.
    pub message: String,
    /// Whether the program is at fault, not the input.
    pub is_internal: bool,
}

impl TaskError {
    /// The input is at fault.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), is_internal: false }
    }

    /// The program is at fault.
    pub fn internal(message: impl Into<String>) -> Self {
        Self { message: message.into(), is_internal: true }
    }
}

impl From<roi_fit::Error> for TaskError {
    fn from(error: roi_fit::Error) -> Self {
        Self { message: error.to_string(), is_internal: error.is_internal() }
    }
}
