//! Whether there is a file. What nobody may look at counts as there: reading it tells why it cannot be had, whereas "it does not exist" would
//! be untrue.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Whether there is something at a path, or nobody may look, as in a folder without permission.
///
/// ```
/// assert!(!lat_io::may_exist("no/such/file.fits".as_ref()));
/// ```
pub fn may_exist(path: &Path) -> bool {
    match path.try_exists() {
        Ok(exists) => exists,
        // A file on the way is no folder: there is nothing below it.
        Err(error) => error.kind() != ErrorKind::NotADirectory,
    }
}

/// The first of some paths at which there is something; else the first at which nobody may look.
///
/// ```
/// let folder = tempfile::tempdir()?;
/// let [plain, zipped] = ["ccube.fits", "ccube.fits.gz"].map(|name| folder.path().join(name));
/// assert_eq!(lat_io::first_found([plain.clone(), zipped.clone()]), None);
/// std::fs::write(&zipped, "")?;
/// assert_eq!(lat_io::first_found([plain, zipped.clone()]), Some(zipped));
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn first_found(paths: impl IntoIterator<Item = PathBuf>) -> Option<PathBuf> {
    let mut hidden = None;
    for path in paths {
        if path.exists() {
            return Some(path);
        }
        if hidden.is_none() && may_exist(&path) {
            hidden = Some(path);
        }
    }
    hidden
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_looked_at_counts_as_there_and_comes_after_what_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        // A name that no file system takes stands for one in a folder without permission: root may look everywhere.
        let hidden = folder.path().join("x".repeat(5000));
        let missing = folder.path().join("missing");
        assert!(may_exist(&hidden) && may_exist(&file) && !may_exist(&missing));
        assert!(!may_exist(&file.join("below")));
        assert_eq!(first_found([missing.clone(), hidden.clone(), file.clone()]), Some(file));
        assert_eq!(first_found([missing, hidden.clone()]), Some(hidden));
    }
}
