//! How a region ended: a line of the journal.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::result_name::file_digest;

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
    /// SHA-256 of the configuration file's text; `None` when it could not be read.
    pub digest: Option<String>,
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
    pub(crate) fn new(config: &Path) -> Self {
        Self {
            config: config.to_owned(),
            // Why it cannot be read, the task will say.
            digest: file_digest(config).ok(),
            ending: Ending::Internal,
            message: String::new(),
            result: None,
            loglike: None,
            fit_quality: None,
            seconds: 0.0,
        }
    }

    /// What the summary shows of a result dictionary.
    pub(crate) fn take_numbers(&mut self, dictionary: &Value) {
        self.loglike = dictionary.get("logLike").or_else(|| dictionary.get("logLike1")).and_then(Value::as_f64);
        self.fit_quality = dictionary.get("fit_quality").and_then(Value::as_u64);
    }
}
