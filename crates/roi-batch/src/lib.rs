//! Many regions, one after another on each of several workers, with a journal that survives a kill.
//!
//! A [`Batch`] knows nothing of fits: it is given a task that makes a result dictionary of one configuration; [`FitTask`] is that of the programs. Where
//! others share the work out, [`EndedRegion`] does one region, and [`Journal`] takes what they bring. Each region ends as a line
//! of the journal (an [`Entry`]), appended and forced to disk when its result file stands. Whatever happens to one region (bad input,
//! a failed fit, a defect of the program) is told there and never stops the others.
//!
//! | file | holds |
//! |---|---|
//! | `batch` | the queue of regions and its workers |
//! | `region` | one region from its configuration to its entry and the text of its result |
//! | `task` | what is done with each region, for one who knows |
//! | `entry`, `journal` | what ended, line by line, on disk |
//! | `plan/` | what is done with each region: changes of the model, energies, what is free, how it is fitted |
//! | `provenance` | where a result comes from |
//! | `result_name` | names of result files, digests of configurations |
//!
//! Invariants: result files hold nothing that depends on the time or the number of threads: a batch that was killed and resumed leaves the
//! same bytes as one that was not (the seconds are in the journal). One process writes a journal at a time. The public boundary is
//! [`Batch`] with its [`Task`], [`FitTask`], and the [`Entry`] of each region; what can stop a batch as such is an [`Error`].

mod batch;
mod entry;
mod error;
mod journal;
mod plan;
mod provenance;
mod region;
mod result_name;
mod task;

pub use batch::{Batch, check};
pub use entry::{Ending, Entry};
pub use error::{Error, Result, TaskError};
pub use journal::Journal;
pub use plan::editing::Editing;
pub use plan::energies::Energies;
pub use plan::fit_task::{FitTask, Optimization};
pub use plan::fitting::Fitting;
pub use plan::freeing::Freeing;
pub use provenance::{VERSION, completed, provenance};
pub use region::EndedRegion;
pub use result_name::file_digest;
pub use task::{Task, TaskResult};

/// The example of the README, compiled and run with the others.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
