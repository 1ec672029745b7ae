//! Many regions, one after another on each of several workers, with a journal that survives a kill.
//!
//! A [`Batch`] knows nothing of fits: it is given a task that makes a result dictionary of one configuration. Each region ends as a line
//! of the journal (an [`Entry`]), appended and forced to disk when its result file stands. Whatever happens to one region (bad input,
//! a failed fit, a defect of the program) is told there and never stops the others.
//!
//! | file | holds |
//! |---|---|
//! | `batch` | the queue of regions and its workers |
//! | `journal` | what ended, line by line, on disk |
//! | `result_name` | names of result files, digests of configurations |
//!
//! Invariants: result files hold nothing that depends on the time or the number of threads: a batch that was killed and resumed leaves the
//! same bytes as one that was not (the seconds are in the journal). One process writes a journal at a time. The public boundary is
//! [`Batch`] with its [`Task`], and the [`Entry`] of each region; what can stop a batch as such is an [`Error`].

mod batch;
mod error;
mod journal;
mod result_name;

pub use batch::{Batch, Task, TaskResult};
pub use error::{Error, Result, TaskError};
pub use journal::{Ending, Entry};
pub use result_name::file_digest;

/// The example of the README, compiled and run with the others.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
