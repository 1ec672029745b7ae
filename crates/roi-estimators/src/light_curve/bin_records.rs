//! Bins that are done, on disk: a light curve that was killed goes on where it stopped.
//!
//! A text file, a JSON object a line: first a digest of everything that bins depend on, then a line for each bin, forced to disk before anything else is done.
//! A line that a kill cut short, or that is damaged, does not count. A file of another digest is begun anew.

use std::collections::HashMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
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
    /// Reads what stands in a file, if it is of the same digest, and opens it for more. Nobody else can have it open.
    pub(crate) fn open(path: &Path, digest: &str) -> Result<Self> {
        let io = |action| move |source| Error::from(lat_io::Error::Io { action, path: path.to_owned(), source });
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path).map_err(io("open"))?;
        // Some network file systems have no locks; there the user must see to it that one run writes a file.
        if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
            return Err(Error::Busy { path: path.to_owned() });
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(io("read"))?;
        // A line that a kill cut short does not count, and must not run into the next one.
        let end = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1);
        let text = String::from_utf8_lossy(&bytes[..end]);
        let mut lines = text.lines();
        let is_same = lines
            .next()
            .and_then(|line| serde_json::from_str::<Value>(line).ok())
            .is_some_and(|first| first[DIGEST] == digest);
        let kept = if is_same { end } else { 0 };
        if kept < bytes.len() {
            file.set_len(kept as u64).map_err(io("write"))?;
            file.seek(SeekFrom::End(0)).map_err(io("write"))?;
        }
        if !is_same {
            let begun = file.write_all(format!("{}\n", json!({ DIGEST: digest })).as_bytes());
            begun.and_then(|()| file.sync_data()).map_err(io("write"))?;
        }
        let bins = lines.filter(|_| is_same).filter_map(|line| serde_json::from_str::<TimeBin>(line).ok());
        let known = bins.map(|bin| (key((bin.tmin, bin.tmax)), bin)).collect();
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
