//! Inputs as files.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use lat_io::Error;
use tempfile::TempDir;

/// What the file of an input is called unless a target says otherwise.
pub(crate) const NAME: &str = "input.fits";

/// Runs with a folder that is this thread's alone; in memory where the system has such a folder.
pub(crate) fn in_folder(run: impl FnOnce(&Path)) {
    thread_local! {
        static FOLDER: OnceCell<TempDir> = const { OnceCell::new() };
    }
    FOLDER.with(|folder| {
        let folder = folder.get_or_init(|| {
            let memory = PathBuf::from("/dev/shm");
            let created = TempDir::new_in(memory).or_else(|_| TempDir::new());
            created.unwrap_or_else(|error| panic!("no temporary folder: {error}"))
        });
        run(folder.path());
    });
}

/// Runs with the bytes in a file.
pub(crate) fn with_file(data: &[u8], run: impl FnOnce(&Path)) {
    with_named(NAME, data, run);
}

/// Runs with the bytes in a file of this name.
pub(crate) fn with_named(name: &str, data: &[u8], run: impl FnOnce(&Path)) {
    in_folder(|folder| {
        let path = folder.join(name);
        std::fs::write(&path, data).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        run(&path);
    });
}

/// The value; an error must name the file.
pub(crate) fn named<T>(result: Result<T, Error>) -> Option<T> {
    result.map_err(|error| assert!(error.to_string().contains(NAME), "an error without its file: {error}")).ok()
}

/// The bytes of a file that is written somewhere for a moment.
pub(crate) fn bytes_of<E: std::error::Error>(write: &dyn Fn(&Path) -> Result<(), E>) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("no temporary folder: {error}"));
    let path = folder.path().join("seed.fits");
    write(&path).unwrap_or_else(|error| panic!("no seed: {error}"));
    std::fs::read(path).unwrap_or_else(|error| panic!("no seed: {error}"))
}
