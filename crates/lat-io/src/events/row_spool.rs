//! Rows that come one after the other and are not counted yet.

use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::fits::RowWriter;

/// Bytes that are written or copied at once.
const TOGETHER: usize = 1 << 20;

/// Rows of a table whose header needs their number before the first of them. They lie in a file without a name in the folder of the one to be;
/// memory does not grow with them.
#[derive(Debug)]
pub struct RowSpool {
    path: PathBuf,
    row_bytes: usize,
    bytes: u64,
    kept: BufWriter<File>,
}

impl RowSpool {
    /// For a file to be, and rows of so many bytes.
    pub(super) fn create(path: &Path, row_bytes: usize) -> Result<Self> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let kept = tempfile::tempfile_in(folder).map_err(|source| Error::io("write", path, source))?;
        let kept = BufWriter::with_capacity(TOGETHER, kept);
        Ok(Self { path: path.to_owned(), row_bytes, bytes: 0, kept })
    }

    /// Appends whole rows, or parts of them.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.bytes += bytes.len() as u64;
        self.kept.write_all(bytes).map_err(|source| Error::io("write", &self.path, source))
    }

    /// Number of rows so far.
    pub fn rows(&self) -> usize {
        usize::try_from(self.bytes).unwrap_or(usize::MAX).checked_div(self.row_bytes).unwrap_or(0)
    }

    /// Appends all rows to a table.
    pub(super) fn copy(self, out: &mut RowWriter<'_>) -> Result<()> {
        let Self { path, bytes: mut left, kept, .. } = self;
        let failed = |source| Error::io("read", &path, source);
        let mut kept = kept.into_inner().map_err(|error| Error::io("write", &path, error.into_error()))?;
        kept.seek(SeekFrom::Start(0)).map_err(failed)?;
        let mut buffer = vec![0; TOGETHER];
        while left > 0 {
            let part = usize::try_from(left).unwrap_or(TOGETHER).min(TOGETHER);
            let bytes = buffer.get_mut(..part).unwrap_or_default();
            kept.read_exact(bytes).map_err(failed)?;
            out.write(bytes)?;
            left -= part as u64;
        }
        Ok(())
    }
}
