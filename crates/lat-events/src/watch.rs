//! Who is told of the reading of files, and may end it.

use std::fmt;
use std::ops::ControlFlow;

use crate::error::{Error, Result};

/// Is told how many bytes were read, block by block and on the thread that asked for the work, and says whether it goes on. Work that is stopped
/// ends with [`Error::Stopped`] and leaves no file. Between blocks that take long it is asked too, with 0 bytes.
///
/// ```no_run
/// use std::ops::ControlFlow;
/// use std::sync::atomic::{AtomicU64, Ordering};
/// let read = AtomicU64::new(0);
/// let watch = |bytes| {
///     read.fetch_add(bytes, Ordering::Relaxed);
///     ControlFlow::Continue(())
/// };
/// let spacecraft = lat_events::Spacecraft::open(&["spacecraft.fits"])?.watched(&watch);
/// # Ok::<(), lat_events::Error>(())
/// ```
pub trait Watch: Sync {
    /// So many bytes more were read; `Break` asks to stop.
    fn read(&self, bytes: u64) -> ControlFlow<()>;
}

impl<F: Fn(u64) -> ControlFlow<()> + Sync> Watch for F {
    fn read(&self, bytes: u64) -> ControlFlow<()> {
        self(bytes)
    }
}

/// The one who watches, if anybody does.
#[derive(Clone, Copy, Default)]
pub(crate) struct Watcher<'w>(Option<&'w dyn Watch>);

impl<'w> Watcher<'w> {
    pub(crate) fn new(watch: &'w dyn Watch) -> Self {
        Self(Some(watch))
    }

    /// Tells of bytes that were read.
    ///
    /// # Errors
    /// [`Error::Stopped`] when the work is to end.
    pub(crate) fn read(&self, bytes: usize) -> Result<()> {
        match self.0.map_or(ControlFlow::Continue(()), |watch| watch.read(bytes as u64)) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Error::Stopped),
        }
    }
}

impl fmt::Debug for Watcher<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Watcher").field(&self.0.is_some()).finish()
    }
}
