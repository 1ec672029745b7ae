//! Text files that are either whole or not there.

use std::io::Write;
use std::path::Path;

use super::link_target::link_target;
use super::new_file::NewFile;
use crate::error::{Error, Result};

/// Writes a text file under a temporary name beside its place and renames it, so that a reader never sees half of it. A symbolic link is
/// followed: the file that it names is replaced, not the link. What is no regular file (a pipe, a device) is written into.
///
/// # Errors
/// When the file cannot be written.
pub fn write_text(path: &Path, text: &str) -> Result<()> {
    write_or_replace(path, text).map_err(|source| Error::io("write", path, source))
}

fn write_or_replace(path: &Path, text: &str) -> std::io::Result<()> {
    let place = link_target(path)?;
    if std::fs::metadata(&place).is_ok_and(|found| !found.is_file()) {
        return std::fs::OpenOptions::new().write(true).open(&place)?.write_all(text.as_bytes());
    }
    let mut file = NewFile::create(&place)?;
    file.write_all(text.as_bytes())?;
    file.commit(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_leaves_no_trace() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("result.json");
        write_text(&path, "one").unwrap();
        write_text(&path, "two").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
        let error = write_text(&dir.path().join(".."), "x").unwrap_err().to_string();
        assert!(error.contains("write"), "{error}");
        let error = write_text(&dir.path().join("missing/result.json"), "x").unwrap_err().to_string();
        assert!(error.contains("missing/result.json"), "{error}");
    }
}
