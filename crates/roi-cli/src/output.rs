//! What the program writes: tables for people, JSON for programs, logs and errors.

use std::error::Error;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use roi_fit::Analysis;
use serde_json::Value;
use tracing_subscriber::EnvFilter;

use crate::common::Common;
use crate::failure::Failure;
use crate::progress::Bar;

/// Where results go.
pub(crate) struct Output {
    json: Option<PathBuf>,
    show_text: bool,
    show_progress: bool,
    max_memory: Option<u64>,
}

impl Output {
    pub(crate) fn new(common: &Common) -> Self {
        let json_on_stdout = common.json.as_deref() == Some(Path::new("-"));
        Self {
            json: common.json.clone(),
            // JSON on standard output must be all that is there.
            show_text: !common.quiet && !json_on_stdout,
            max_memory: common.max_memory,
            show_progress: !common.quiet && !common.no_progress && std::io::stderr().is_terminal(),
        }
    }

    /// Prints text for people.
    pub(crate) fn text(&self, text: impl std::fmt::Display) {
        if self.show_text {
            print(&text);
        }
    }

    /// Writes the result dictionary, if it was asked for.
    pub(crate) fn json(&self, value: &Value) -> Result<(), Failure> {
        match &self.json {
            None => Ok(()),
            Some(path) if path == Path::new("-") => {
                print(&format_args!("{value:#}"));
                Ok(())
            }
            Some(path) => Self::write_json(path, value),
        }
    }

    /// Writes a dictionary to a file.
    pub(crate) fn write_json(path: &Path, value: &Value) -> Result<(), Failure> {
        roi_fit::write_text(path, &format!("{value:#}\n")).map_err(roi_fit::Error::from)?;
        Ok(())
    }

    /// Opens an analysis and passes on what its files had to say.
    pub(crate) fn open(&self, config: &Path) -> Result<Analysis, Failure> {
        let analysis = Analysis::open_within(config, self.progress(), self.max_memory)?;
        for note in analysis.notes() {
            tracing::info!("{note}");
        }
        Ok(analysis)
    }

    /// The most bytes that the program may take.
    pub(crate) fn max_memory(&self) -> Option<u64> {
        self.max_memory
    }

    /// A watcher, where there is somebody to see it.
    pub(crate) fn progress(&self) -> Box<dyn roi_fit::Progress> {
        if self.show_progress { Box::new(Bar::new()) } else { Box::new(roi_fit::Quiet) }
    }

    /// Whether there is somebody to see progress.
    pub(crate) fn shows_progress(&self) -> bool {
        self.show_progress
    }
}

/// Refuses a file whose folder is not there: told before the work rather than after it.
pub(crate) fn check_folder(option: &str, path: &Path) -> Result<(), Failure> {
    let refuse = |folder: &Path, what: &str| {
        Err(Failure::Usage(format!("{option} {}: the folder '{}' {what}", path.display(), folder.display())))
    };
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) if !folder.exists() => refuse(folder, "does not exist"),
        Some(folder) if !folder.is_dir() => refuse(folder, "is a file"),
        _ => Ok(()),
    }
}

/// Prints a line to standard output. A reader that has seen enough (`roi-fit params config.yaml | head`) closes the pipe: the rest is
/// not wanted then, which is no error.
fn print(line: &dyn std::fmt::Display) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// Logs go to standard error: warnings always (unless quiet), more with `--verbose`, anything with `RUST_LOG`.
pub(crate) fn start_logging(common: &Common) {
    let level = match (common.quiet, common.verbose) {
        (true, _) => "off",
        (false, true) => "info",
        (false, false) => "warn",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .without_time()
        .with_target(false)
        .init();
}

/// Prints an error with its causes.
#[expect(clippy::print_stderr, reason = "this is the program's output")]
pub(crate) fn error(failure: &Failure) {
    let mut text = failure.to_string();
    let mut cause = failure.source();
    while let Some(error) = cause {
        let words = error.to_string();
        // Messages that already carry their cause are not repeated.
        if !text.contains(&words) {
            text.push_str("\n  caused by: ");
            text.push_str(&words);
        }
        cause = error.source();
    }
    let (start, end) = if std::io::stderr().is_terminal() { ("\x1b[1;31m", "\x1b[0m") } else { ("", "") };
    eprintln!("{start}error:{end} {text}");
}
