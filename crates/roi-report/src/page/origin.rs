//! Where everything comes from, as the page lists it.

use serde_json::Value;

use crate::input::report_input::ReportInput;
use crate::page::shown::UNKNOWN;

/// A file that was read.
pub(crate) struct InputRow {
    pub(crate) what: String,
    pub(crate) path: String,
    pub(crate) bytes: String,
    pub(crate) digest: String,
}

/// What was read, with which program, and with which options.
pub(crate) struct Origin {
    pub(crate) program: String,
    pub(crate) date: String,
    pub(crate) options: String,
    pub(crate) inputs: Vec<InputRow>,
    pub(crate) config: String,
}

impl Origin {
    pub(crate) fn new(input: &ReportInput) -> Self {
        let from = &input.provenance;
        let text = |key: &str| from[key].as_str().map(str::to_owned);
        let words = from["options"].as_array().into_iter().flatten().filter_map(Value::as_str).map(quoted);
        let config = if input.config.is_null() { String::new() } else { format!("{:#}", input.config) };
        Self {
            program: format!(
                "{} {}",
                text("program").unwrap_or_else(|| "roi-fit".into()),
                text("version").unwrap_or_else(|| env!("CARGO_PKG_VERSION").into())
            ),
            date: text("date").unwrap_or_default(),
            options: words.collect::<Vec<_>>().join(" "),
            inputs: from["inputs"].as_array().into_iter().flatten().map(row).collect(),
            config,
        }
    }
}

fn row(input: &Value) -> InputRow {
    let text = |key: &str| input[key].as_str().map_or_else(|| UNKNOWN.to_owned(), str::to_owned);
    let digest = match (input["sha256"].as_str(), input["modified"].as_str()) {
        (Some(digest), _) => digest.to_owned(),
        (None, Some(time)) => format!("changed {time}"),
        (None, None) => UNKNOWN.to_owned(),
    };
    let bytes = input["bytes"].as_u64().map_or_else(|| UNKNOWN.to_owned(), |bytes| bytes.to_string());
    InputRow { what: text("what"), path: text("path"), bytes, digest }
}

/// A word of a command line as a shell takes it.
///
/// ```
/// assert_eq!(roi_report::quoted("Mkn 421"), "'Mkn 421'");
/// ```
pub fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:+@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}
