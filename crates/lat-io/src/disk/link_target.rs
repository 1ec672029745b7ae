//! Where a file that is replaced by renaming must be renamed to: not over a symbolic link, but over what it names.

use std::path::{Path, PathBuf};

/// The place that a chain of symbolic links ends at, which need not exist; a path that is no link is its own.
/// A link to something else than a regular file is its own place too.
///
/// # Errors
/// When a link cannot be read, or links go round in a circle.
pub fn link_target(path: &Path) -> std::io::Result<PathBuf> {
    /// As many as Linux follows.
    const MOST_LINKS: usize = 40;
    let mut place = path.to_owned();
    for _ in 0..MOST_LINKS {
        if !std::fs::symlink_metadata(&place).is_ok_and(|found| found.is_symlink()) {
            return Ok(place);
        }
        // A pipe of /proc/self/fd is no path, but opens.
        let target = place.parent().unwrap_or(Path::new("")).join(std::fs::read_link(&place)?);
        if std::fs::metadata(&place).is_ok_and(|found| !found.is_file()) {
            return Ok(place);
        }
        place = target;
    }
    Err(std::io::Error::other("too many symbolic links"))
}
