//! The journal of a batch: a text file to which one line is appended for each region that ended, forced to disk before anything else is done.
//!
//! Each line is a JSON object. The first says what the batch does; a line that a kill cut short is not counted. Each shard has a journal of
//! its own, `journal.jsonl` or `journal-0-of-4.jsonl`; all of a directory are read.

use std::collections::HashMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::digest::file_digest;
use crate::error::{Error, Result};

/// How a region ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Ending {
    /// Its result stands.
    Done,
    /// Its fit ended below the quality asked for; the result says why.
    Failed,
    /// Its input cannot be used.
    Error,
    /// A defect of the program.
    Internal,
}

/// One region in the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Entry {
    /// The configuration, as it was named.
    pub config: PathBuf,
    /// SHA-256 of the configuration file's text; empty when it could not be read.
    pub digest: String,
    /// How it ended.
    pub ending: Ending,
    /// Why it did not end well.
    pub message: String,
    /// The result file, beside the journal.
    pub result: Option<String>,
    /// `logL` of the result.
    #[serde(rename = "logLike")]
    pub loglike: Option<f64>,
    /// Its fit quality.
    pub fit_quality: Option<u64>,
    /// Seconds that it took.
    pub seconds: f64,
}

impl Entry {
    pub(super) fn new(config: &Path) -> Self {
        let digest = file_digest(config).unwrap_or_default();
        Self {
            config: config.to_owned(),
            digest,
            ending: Ending::Internal,
            message: String::new(),
            result: None,
            loglike: None,
            fit_quality: None,
            seconds: 0.0,
        }
    }

    /// What the summary shows of a result dictionary.
    pub(super) fn take_numbers(&mut self, dictionary: &Value) {
        self.loglike = dictionary.get("logLike").or_else(|| dictionary.get("logLike1")).and_then(Value::as_f64);
        self.fit_quality = dictionary.get("fit_quality").and_then(Value::as_u64);
    }
}

/// The journal of one shard, open for appending, and what all journals of the directory say.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    ended: HashMap<PathBuf, Entry>,
}

impl Journal {
    /// Opens the journal of a shard in a directory. Nobody else can have it open.
    pub(super) fn open(directory: &Path, shard: (usize, usize), settings: &str, resume: bool) -> Result<Self> {
        let name = match shard {
            (_, 1) => "journal.jsonl".to_owned(),
            (index, count) => format!("journal-{index}-of-{count}.jsonl"),
        };
        let path = directory.join(name);
        let failed = |source| Error::Write { path: path.clone(), source };
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(&path).map_err(failed)?;
        // Some network file systems have no locks; there the user must see to it that one batch writes a journal.
        if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
            let reason = "another batch is writing this journal; wait for it, or choose another directory".into();
            return Err(Error::State { path, reason });
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed)?;
        if bytes.is_empty() {
            file.write_all(format!("{}\n", json!({ "batch": settings })).as_bytes()).map_err(failed)?;
            file.sync_data().map_err(failed)?;
        } else if !resume {
            let reason = "the directory holds an earlier batch; resume it, or choose another directory".into();
            return Err(Error::State { path, reason });
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
        let failed = |source| Error::Write { path: directory.to_owned(), source };
        let mut paths: Vec<PathBuf> = Vec::new();
        for entry in std::fs::read_dir(directory).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.starts_with("journal") && path.extension().is_some_and(|extension| extension == "jsonl") {
                paths.push(path);
            }
        }
        paths.sort();
        for path in paths {
            let bytes = std::fs::read(&path).map_err(|source| Error::Write { path: path.clone(), source })?;
            let text = String::from_utf8_lossy(&bytes);
            for (number, line) in text.lines().enumerate() {
                let bad = |reason: String| Error::State { path: path.clone(), reason };
                let Ok(value) = serde_json::from_str::<Value>(line) else {
                    // Only the last line can be one that a kill cut short.
                    if number + 1 == text.lines().count() && !text.ends_with('\n') {
                        break;
                    }
                    return Err(bad(format!(
                        "line {} is no JSON; the journal is damaged: choose another directory",
                        number + 1
                    )));
                };
                if let Some(made_for) = value.get("batch") {
                    if made_for.as_str() != Some(settings) {
                        return Err(bad(format!(
                            "the batch was begun with other settings ({made_for}, now {settings}); repeat those, or choose another directory"
                        )));
                    }
                    continue;
                }
                let entry: Entry =
                    serde_json::from_value(value).map_err(|error| bad(format!("line {}: {error}", number + 1)))?;
                self.ended.insert(entry.config.clone(), entry);
            }
        }
        Ok(())
    }

    /// How a region ended in an earlier run, if it need not be done again.
    pub(super) fn ended(&self, config: &Path) -> Option<Entry> {
        let entry = self.ended.get(config)?;
        let is_final = matches!(entry.ending, Ending::Done | Ending::Failed);
        let stands = entry.result.as_ref().is_some_and(|name| self.path.with_file_name(name).exists());
        (is_final && stands && entry.digest == Entry::new(config).digest).then(|| entry.clone())
    }

    /// Appends a line and waits until it is on disk.
    pub(super) fn append(&mut self, entry: &Entry) -> Result<()> {
        let failed = |source| Error::Write { path: self.path.clone(), source };
        let line = serde_json::to_string(entry)
            .map_err(|error| Error::State { path: self.path.clone(), reason: error.to_string() })?;
        self.file.write_all(format!("{line}\n").as_bytes()).map_err(failed)?;
        self.file.sync_data().map_err(failed)
    }
}
