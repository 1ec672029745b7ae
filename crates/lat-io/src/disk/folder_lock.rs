//! A folder that one process at a time makes files in.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::{Duration, Instant};

/// How often a folder that another one holds is asked for.
const PAUSE: Duration = Duration::from_millis(10);

/// A folder that nobody else holds, until this is dropped or the process ends. It leaves no file behind, for the folder itself is locked; who does not ask
/// is not kept out.
#[derive(Debug)]
#[must_use = "it is let go when it is dropped"]
pub struct FolderLock {
    _folder: Option<File>,
}

impl FolderLock {
    /// Takes a folder; `None` while another process (or another lock of this one) has it. Where a folder cannot be locked, as on some network file systems,
    /// it is given to everybody.
    ///
    /// ```
    /// use lat_io::FolderLock;
    ///
    /// let folder = tempfile::tempdir()?;
    /// let held = FolderLock::take(folder.path());
    /// assert!(held.is_some() && FolderLock::take(folder.path()).is_none());
    /// drop(held);
    /// assert!(FolderLock::take(folder.path()).is_some());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn take(folder: &Path) -> Option<Self> {
        let Ok(opened) = File::open(folder) else { return Some(Self { _folder: None }) };
        match opened.try_lock() {
            Err(TryLockError::WouldBlock) => None,
            Ok(()) | Err(TryLockError::Error(_)) => Some(Self { _folder: Some(opened) }),
        }
    }

    /// Takes a folder as soon as nobody has it; `None` where somebody still has it after `patience`.
    ///
    /// ```
    /// use lat_io::FolderLock;
    /// use std::time::Duration;
    ///
    /// let folder = tempfile::tempdir()?;
    /// let held = FolderLock::take(folder.path());
    /// assert!(FolderLock::take_within(folder.path(), Duration::ZERO).is_none());
    /// drop(held);
    /// assert!(FolderLock::take_within(folder.path(), Duration::ZERO).is_some());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn take_within(folder: &Path, patience: Duration) -> Option<Self> {
        let begin = Instant::now();
        loop {
            let taken = Self::take(folder);
            if taken.is_some() || begin.elapsed() >= patience {
                return taken;
            }
            std::thread::sleep(PAUSE);
        }
    }
}
