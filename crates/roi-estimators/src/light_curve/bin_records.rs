//! Bins that are done, on disk: a light curve that was killed goes on where it stopped.
//!
//! A text file, a JSON object a line: first a digest of everything that bins depend on, then a line for each bin, forced to disk before anything else is done.
//! A line that a kill cut short, or that is damaged, does not count. A file of another digest is begun anew.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::light_curve::bin::time_bin::TimeBin;

/// The key of the first line.
const DIGEST: &str = "light_curve";

/// The records of a light curve, open for more.
#[derive(Debug)]
pub(crate) struct BinRecords {
    path: PathBuf,
    file: File,
    known: HashMap<[u64; 2], TimeBin>,
}

impl BinRecords {
    /// Reads what stands in a file, if it is of the same digest, and opens it for more.
    pub(crate) fn open(path: &Path, digest: &str) -> Result<Self> {
        let failed = |source| lat_io::Error::Io { action: "write", path: path.to_owned(), source };
        let text = match std::fs::read(path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            Err(source) => return Err(lat_io::Error::Io { action: "read", path: path.to_owned(), source }.into()),
        };
        let whole = text.rfind('\n').map_or("", |end| &text[..=end]);
        let mut lines = whole.lines();
        let is_same = lines
            .next()
            .and_then(|line| serde_json::from_str::<Value>(line).ok())
            .is_some_and(|first| first[DIGEST] == digest);
        if !is_same {
            lat_io::write_text(path, &format!("{}\n", json!({ DIGEST: digest })))?;
        } else if whole.len() < text.len() {
            lat_io::write_text(path, whole)?;
        }
        let bins = lines.filter(|_| is_same).filter_map(|line| serde_json::from_str::<TimeBin>(line).ok());
        let known = bins.map(|bin| (key((bin.tmin, bin.tmax)), bin)).collect();
        let file = OpenOptions::new().append(true).open(path).map_err(failed)?;
        Ok(Self { path: path.to_owned(), file, known })
    }

    /// The record of the bin of these times.
    pub(crate) fn of(&self, bin: (f64, f64)) -> Option<&TimeBin> {
        self.known.get(&key(bin))
    }

    /// Appends a bin, and waits until it is on disk.
    pub(crate) fn append(&mut self, bin: &TimeBin) -> Result<()> {
        let line =
            serde_json::to_string(bin).map_err(|_| Error::Internal { what: "a record of a bin that is no JSON" })?;
        let written = self.file.write_all(format!("{line}\n").as_bytes()).and_then(|()| self.file.sync_data());
        written.map_err(|source| lat_io::Error::Io { action: "write", path: self.path.clone(), source }.into())
    }
}

/// Times to the last bit.
fn key((tmin, tmax): (f64, f64)) -> [u64; 2] {
    [tmin.to_bits(), tmax.to_bits()]
}
