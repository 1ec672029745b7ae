//! A file in the making: it lies under a temporary name beside its place until it is whole.
//!
//! The temporary is `.NAME.XXXXXX.roi-fit.part`, locked by the process that writes it. Dropping the file removes it; a program that is about to
//! end at a signal removes all of its own ([`remove_temporaries`]). What a process leaves that was killed is not locked any more: the next
//! process that writes into the folder removes it.

use std::collections::BTreeSet;
use std::fs::{File, TryLockError};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::{NamedTempFile, TempPath};

/// What the names of temporaries end in.
const ENDING: &str = ".roi-fit.part";

/// The temporaries of this process.
static OWN: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// Folders that were swept.
static SWEPT: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn locked(set: &Mutex<BTreeSet<PathBuf>>) -> MutexGuard<'_, BTreeSet<PathBuf>> {
    set.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A file that takes its place when [`NewFile::commit`] is called; until then what stood there is untouched.
#[derive(Debug)]
pub(crate) struct NewFile {
    file: BufWriter<File>,
    temporary: Temporary,
    place: PathBuf,
}

/// The name under which a file is made, removed when it is dropped.
#[derive(Debug)]
struct Temporary(Option<TempPath>);

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            locked(&OWN).remove(&*path);
        }
    }
}

impl NewFile {
    /// Begins a file. An existing one keeps its permissions, a new one has those of any new file.
    pub(crate) fn create(place: &Path) -> std::io::Result<Self> {
        let unnamed = || std::io::Error::new(std::io::ErrorKind::InvalidInput, "the path names no file");
        let name = place.file_name().ok_or_else(unnamed)?.to_string_lossy().into_owned();
        let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        sweep_once(folder);
        let (file, path) = temporary(folder, &name)?.into_parts();
        locked(&OWN).insert(path.to_path_buf());
        let temporary = Temporary(Some(path));
        if let Ok(present) = std::fs::metadata(place) {
            file.set_permissions(present.permissions())?;
        }
        Ok(Self { file: BufWriter::new(file), temporary, place: place.to_owned() })
    }

    /// Puts the file in its place; `is_durable` when it is to outlast a loss of power.
    pub(crate) fn commit(self, is_durable: bool) -> std::io::Result<()> {
        let Self { file, mut temporary, place } = self;
        let file = file.into_inner()?;
        if is_durable {
            file.sync_all()?;
        }
        let Some(path) = temporary.0.take() else { return Ok(()) };
        let name = path.to_path_buf();
        let renamed = path.persist(place).map_err(|error| error.error);
        locked(&OWN).remove(&name);
        renamed
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

/// A new temporary, locked. One that another process took for a left one before it was locked is made again.
fn temporary(folder: &Path, name: &str) -> std::io::Result<NamedTempFile> {
    const ATTEMPTS: usize = 8;
    let prefix = format!(".{name}.");
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(ENDING);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder)?;
    for _ in 0..ATTEMPTS {
        match file.as_file().try_lock() {
            Ok(()) if file.path().exists() => break,
            // Another process holds it, or has removed it: it takes it for a left one.
            Ok(()) | Err(TryLockError::WouldBlock) => file = builder.tempfile_in(folder)?,
            // Where there are no locks nobody can take it for a left one.
            Err(TryLockError::Error(_)) => break,
        }
    }
    Ok(file)
}

/// Removes the temporaries of this process: what a program does that is about to end without unwinding, at a signal. Files that are
/// being written then never take their place.
pub fn remove_temporaries() {
    for path in std::mem::take(&mut *locked(&OWN)) {
        // One that is gone already is what was wanted.
        let _ = std::fs::remove_file(path);
    }
}

/// Removes the temporaries in a folder that processes left which live no more. Those that are being written are locked and stay; where the
/// file system has no locks, all stay.
pub fn remove_left_temporaries(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if !(name.starts_with('.') && name.ends_with(ENDING)) || locked(&OWN).contains(&entry.path()) {
            continue;
        }
        let Ok(file) = File::open(entry.path()) else { continue };
        if file.try_lock().is_ok() && std::fs::remove_file(entry.path()).is_ok() {
            tracing::info!("removed '{}', which an earlier run left unfinished", entry.path().display());
        }
    }
}

/// Sweeps a folder the first time that this process writes into it.
fn sweep_once(folder: &Path) {
    let whole = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    if locked(&SWEPT).insert(whole) {
        remove_left_temporaries(folder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn a_file_that_is_dropped_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("maps.fits");
        std::fs::write(&place, "old").unwrap();
        let mut file = NewFile::create(&place).unwrap();
        file.write_all(b"new").unwrap();
        assert_eq!(names(folder.path()).len(), 2);
        drop(file);
        assert_eq!(names(folder.path()), ["maps.fits"]);
        assert_eq!(std::fs::read_to_string(&place).unwrap(), "old");
    }

    #[test]
    fn what_a_dead_process_left_is_removed_and_what_is_being_written_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let left = folder.path().join(format!(".maps.fits.abc{ENDING}"));
        std::fs::write(&left, "half").unwrap();
        let foreign = folder.path().join(".maps.fits.part");
        std::fs::write(&foreign, "another program's").unwrap();
        // As a process that is at work holds it.
        let busy = folder.path().join(format!(".maps.fits.def{ENDING}"));
        let held = File::create(&busy).unwrap();
        held.lock().unwrap();
        let file = NewFile::create(&folder.path().join("other.fits")).unwrap();
        assert!(!left.exists() && busy.exists() && foreign.exists());
        remove_left_temporaries(folder.path());
        file.commit(false).unwrap();
        drop(held);
        remove_left_temporaries(folder.path());
        assert!(!busy.exists());
    }

    #[cfg(unix)]
    #[test]
    fn permissions_are_those_of_the_present_file_or_of_any_new_one() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let (plain, new, old) = (folder.path().join("a"), folder.path().join("b"), folder.path().join("c"));
        std::fs::write(&plain, "").unwrap();
        NewFile::create(&new).unwrap().commit(true).unwrap();
        assert_eq!(mode(&new), mode(&plain));
        std::fs::write(&old, "").unwrap();
        std::fs::set_permissions(&old, std::fs::Permissions::from_mode(0o640)).unwrap();
        NewFile::create(&old).unwrap().commit(true).unwrap();
        assert_eq!(mode(&old), 0o640);
    }
}
