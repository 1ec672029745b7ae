//! Who is told how the reading of event files for bins of time goes on, and may stop it.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use lat_io::FileSize;

use crate::error::Result;

/// A part of some event files was read.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct SliceStep<'a> {
    /// The component.
    pub component: &'a str,
    /// What is made of the files: `counts` or `livetime`.
    pub what: &'static str,
    /// Bytes that were read for it.
    pub read: u64,
    /// Bytes that are read in all, about.
    pub bytes: u64,
}

/// Watches the reading of event files; `Break` stops it within a fraction of a second.
pub type SliceWatch<'a> = dyn FnMut(&SliceStep<'_>) -> ControlFlow<()> + Send + 'a;

/// Bytes of files, inflated.
pub(super) fn bytes_of<'a>(paths: impl Iterator<Item = &'a Path>) -> Result<u64> {
    let mut bytes = 0;
    for path in paths {
        bytes += FileSize::of(path)?.bytes as u64;
    }
    Ok(bytes)
}

/// The reading of some files.
pub(super) struct Reading<'w, 'f> {
    watch: Mutex<&'w mut SliceWatch<'f>>,
    component: &'w str,
    what: &'static str,
    read: AtomicU64,
    bytes: u64,
}

impl<'w, 'f> Reading<'w, 'f> {
    pub(super) fn new(watch: &'w mut SliceWatch<'f>, component: &'w str, (what, bytes): (&'static str, u64)) -> Self {
        Self { watch: Mutex::new(watch), component, what, read: AtomicU64::new(0), bytes }
    }
}

impl lat_events::Watch for Reading<'_, '_> {
    fn read(&self, bytes: u64) -> ControlFlow<()> {
        let read = self.read.fetch_add(bytes, Ordering::Relaxed) + bytes;
        let step = SliceStep { component: self.component, what: self.what, read, bytes: self.bytes.max(read) };
        // It is asked by one thread; what a panic elsewhere left does not matter.
        let mut watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        (*watch)(&step)
    }
}
