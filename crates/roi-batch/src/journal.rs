//! The journal of a batch: a text file to which one line is appended for each region that ended, forced to disk before anything else is done.
//!
//! Each line is a JSON object. The first says what the batch does; a line that a kill cut short is not counted. Each shard has a journal of
//! its own, `journal.jsonl` or `journal-0-of-4.jsonl`; all of a directory are read.

use std::collections::HashMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::entry::{Ending, Entry};
use crate::error::{Error, Result};
use crate::region::EndedRegion;

/// The journal of one shard, open for appending, and what all journals of the directory say.
///
/// A [`Batch`](crate::Batch) has its own. Where regions are worked on elsewhere, what comes back is recorded here, and any batch of the same settings can
/// go on from it:
///
/// ```
/// use roi_batch::{EndedRegion, Journal, TaskResult};
/// use serde_json::json;
///
/// let folder = tempfile::tempdir()?;
/// let config = folder.path().join("config.yaml");
/// std::fs::write(&config, "")?;
/// let task = |_: &std::path::Path| Ok(TaskResult::new(json!({ "logLike": 1.0 })));
/// let results = folder.path().join("results");
/// let mut journal = Journal::open(&results, "numbers", false)?;
/// assert!(journal.ended(&config).is_none());
/// journal.record(&EndedRegion::of(&config, 1, &task)?)?;
/// drop(journal);
/// let ended = Journal::open(&results, "numbers", true)?.ended(&config);
/// assert_eq!(ended.and_then(|entry| entry.loglike), Some(1.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    ended: HashMap<PathBuf, Entry>,
}

impl Journal {
    /// Opens the journal of a directory, which is made if need be. `settings` says in words what is done with each region; a journal made with other
    /// settings is not continued. Nobody else can have it open.
    ///
    /// # Errors
    /// When it cannot be read or written, or when the directory holds an earlier batch and this is not its continuation.
    pub fn open(directory: &Path, settings: &str, resume: bool) -> Result<Self> {
        Self::of_shard(directory, (0, 1), settings, resume)
    }

    /// The same of a shard.
    pub(crate) fn of_shard(directory: &Path, shard: (usize, usize), settings: &str, resume: bool) -> Result<Self> {
        std::fs::create_dir_all(directory).map_err(Error::io("make", directory))?;
        let journal = Self::of_directory(directory, shard, settings, resume)?;
        // Half-written results that a kill left.
        lat_io::remove_left_temporaries(directory);
        Ok(journal)
    }

    fn of_directory(directory: &Path, shard: (usize, usize), settings: &str, resume: bool) -> Result<Self> {
        let name = match shard {
            (_, 1) => "journal.jsonl".to_owned(),
            (index, count) => format!("journal-{index}-of-{count}.jsonl"),
        };
        let path = directory.join(name);
        let failed = |source| Error::Io { action: "write", path: path.clone(), source };
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(&path).map_err(failed)?;
        // Some network file systems have no locks; there the user must see to it that one batch writes a journal.
        if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
            return Err(Error::Busy { path });
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(Error::io("read", &path))?;
        if bytes.is_empty() {
            file.write_all(format!("{}\n", json!({ "batch": settings })).as_bytes()).map_err(failed)?;
            file.sync_data().map_err(failed)?;
        } else if !resume {
            return Err(Error::Earlier { path });
        } else {
            // A line that a kill cut short must not run into the next one; if it is the first, nothing was recorded yet.
            let end = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1);
            if end < bytes.len() {
                file.set_len(end as u64).map_err(failed)?;
                file.seek(SeekFrom::End(0)).map_err(failed)?;
            }
            if end == 0 {
                file.write_all(format!("{}\n", json!({ "batch": settings })).as_bytes()).map_err(failed)?;
                file.sync_data().map_err(failed)?;
            }
        }
        let mut journal = Self { path, file, ended: HashMap::new() };
        if resume {
            journal.read_all(directory, settings)?;
        }
        Ok(journal)
    }

    /// Reads what every journal of the directory says.
    fn read_all(&mut self, directory: &Path, settings: &str) -> Result<()> {
        let mut paths: Vec<PathBuf> = Vec::new();
        for entry in std::fs::read_dir(directory).map_err(Error::io("list", directory))? {
            let entry = entry.map_err(Error::io("list", directory))?;
            let (path, name) = (entry.path(), entry.file_name());
            if name.to_string_lossy().starts_with("journal")
                && path.extension().is_some_and(|extension| extension == "jsonl")
            {
                paths.push(path);
            }
        }
        paths.sort();
        for path in paths {
            self.read_one(&path, settings)?;
        }
        Ok(())
    }

    /// Reads what one journal says.
    fn read_one(&mut self, path: &Path, settings: &str) -> Result<()> {
        let bytes = std::fs::read(path).map_err(Error::io("read", path))?;
        let text = String::from_utf8_lossy(&bytes);
        let lines = text.lines().count();
        for (number, line) in (1..).zip(text.lines()) {
            let damaged = |source| Error::Damaged { path: path.to_owned(), line: number, source };
            let value = match serde_json::from_str::<Value>(line) {
                Ok(value) => value,
                // Only the last line can be one that a kill cut short.
                Err(_) if number == lines && !text.ends_with('\n') => break,
                Err(error) => return Err(damaged(error)),
            };
            if let Some(before) = value.get("batch") {
                if before.as_str() != Some(settings) {
                    let before = before.as_str().map_or_else(|| before.to_string(), str::to_owned);
                    let now = settings.to_owned();
                    return Err(Error::OtherSettings { path: path.to_owned(), before, now });
                }
                continue;
            }
            let entry: Entry = serde_json::from_value(value).map_err(damaged)?;
            self.ended.insert(entry.config.clone(), entry);
        }
        Ok(())
    }

    /// How a region ended in an earlier run, if it need not be done again.
    pub fn ended(&self, config: &Path) -> Option<Entry> {
        let entry = self.ended.get(config)?;
        let is_final = matches!(entry.ending, Ending::Done | Ending::Failed);
        let stands = entry.result.as_ref().is_some_and(|name| self.path.with_file_name(name).exists());
        let is_same = entry.digest.is_some() && entry.digest == Entry::new(config).digest;
        (is_final && stands && is_same).then(|| entry.clone())
    }

    /// Writes the result of a region beside the journal, and then its line.
    ///
    /// # Errors
    /// When either cannot be written.
    pub fn record(&mut self, region: &EndedRegion) -> Result<()> {
        region.write(self.path.parent().unwrap_or(Path::new("")))?;
        self.append(&region.entry)
    }

    /// Appends a line and waits until it is on disk.
    pub(crate) fn append(&mut self, entry: &Entry) -> Result<()> {
        let failed = |source| Error::Io { action: "write", path: self.path.clone(), source };
        let record = |source| Error::Record { path: self.path.clone(), source };
        let line = serde_json::to_string(entry).map_err(record)?;
        self.file.write_all(format!("{line}\n").as_bytes()).map_err(failed)?;
        self.file.sync_data().map_err(failed)
    }
}
