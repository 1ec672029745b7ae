//! Who is told how a preparation goes on, and may stop it.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::planned_product::PlannedProduct;
use crate::error::{Error, Result};
use lat_io::FileSize;

/// A moment of a preparation.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum PrepareStep<'a> {
    /// A file is read for its digest, by which is told what stands.
    Digest {
        /// The file.
        path: &'a Path,
        /// Bytes that were read.
        read: u64,
        /// Bytes of the file.
        bytes: u64,
    },
    /// Another process makes products in the same folder; told again and again until it has ended.
    Wait {
        /// The folder.
        folder: &'a Path,
    },
    /// A product is about to be made.
    Make {
        /// The product; its size is an estimate.
        product: &'a PlannedProduct,
        /// How many products were made before it.
        done: usize,
        /// How many are to be made in all, source maps not counted.
        total: usize,
    },
    /// A part of the files that a product is made from was read.
    Read {
        /// The product.
        product: &'a PlannedProduct,
        /// Bytes that were read for it.
        read: u64,
        /// Bytes that are read in all, about.
        bytes: u64,
    },
}

/// Watches a preparation: it is told of each step, block by block, and `Break` stops it within a fraction of a second.
pub type PrepareWatch<'a> = dyn FnMut(&PrepareStep<'_>) -> ControlFlow<()> + Send + 'a;

/// The one who watches, as several parts of the work share him.
pub(super) trait Told: Sync {
    fn tell(&self, step: &PrepareStep<'_>) -> ControlFlow<()>;

    /// Tells of a step.
    ///
    /// # Errors
    /// [`Error::Stopped`] when it is to be the last one.
    fn go_on(&self, step: &PrepareStep<'_>) -> Result<()> {
        if self.tell(step).is_break() { Err(Error::Stopped) } else { Ok(()) }
    }
}

/// A function that is told.
pub(super) struct Watching<'w>(Mutex<&'w mut PrepareWatch<'w>>);

impl<'w> Watching<'w> {
    pub(super) fn new(watch: &'w mut PrepareWatch<'_>) -> Self {
        Self(Mutex::new(watch))
    }
}

impl Told for Watching<'_> {
    fn tell(&self, step: &PrepareStep<'_>) -> ControlFlow<()> {
        // It is asked by one thread; what a panic elsewhere left does not matter.
        let mut watch = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (*watch)(step)
    }
}

/// The reading of event files for a product.
pub(super) struct Reading<'w> {
    watching: &'w dyn Told,
    product: &'w PlannedProduct,
    read: AtomicU64,
    bytes: u64,
}

impl<'w> Reading<'w> {
    pub(super) fn new(watching: &'w dyn Told, product: &'w PlannedProduct, bytes: u64) -> Self {
        Self { watching, product, read: AtomicU64::new(0), bytes }
    }
}

impl lat_events::Watch for Reading<'_> {
    fn read(&self, bytes: u64) -> ControlFlow<()> {
        let read = self.read.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.watching.tell(&PrepareStep::Read { product: self.product, read, bytes: self.bytes.max(read) })
    }
}

/// Bytes of files, inflated.
pub(super) fn bytes_of(paths: &[PathBuf]) -> Result<u64> {
    let sizes: lat_io::Result<Vec<_>> = paths.iter().map(|path| FileSize::of(path)).collect();
    Ok(sizes?.iter().map(|size| size.bytes as u64).sum())
}
