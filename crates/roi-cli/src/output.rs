//! What the program writes: tables for people, JSON for programs, logs and errors.

use std::error::Error;
use std::io::{ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use roi_fit::{Analysis, OpenOptions};
use serde_json::Value;
use tracing_subscriber::EnvFilter;

use crate::common::Common;
use crate::failure::Failure;
use crate::progress::{self, Watch};

/// Where results go.
pub(crate) struct Output {
    json: Option<PathBuf>,
    /// Whether tables may be printed; not beside something for programs on standard output.
    show_text: AtomicBool,
    show_progress: bool,
    max_memory: Option<u64>,
    verbosity: Option<usize>,
    is_verbose: bool,
    /// Why a table could not be written.
    unwritten: Mutex<Option<std::io::Error>>,
}

impl Output {
    pub(crate) fn new(common: &Common) -> Self {
        let json_on_stdout = common.json.as_deref() == Some(Path::new("-"));
        Self {
            json: common.json.clone(),
            // JSON on standard output must be all that is there.
            show_text: AtomicBool::new(!common.quiet && !json_on_stdout),
            max_memory: common.max_memory,
            verbosity: common.verbosity.map(usize::from),
            is_verbose: common.verbose,
            unwritten: Mutex::default(),
            show_progress: !common.quiet && !common.no_progress && std::io::stderr().is_terminal(),
        }
    }

    /// Prints text for people.
    pub(crate) fn text(&self, text: impl std::fmt::Display) {
        if self.show_text.load(Ordering::Relaxed) {
            progress::step_is_over();
            if let Err(error) = print(&text) {
                self.unwritten.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            }
        }
    }

    /// Keeps standard output for something else than text for people.
    pub(crate) fn hide_text(&self) {
        self.show_text.store(false, Ordering::Relaxed);
    }

    /// Whether all text for people was written: asked at the end, as what was computed is to be kept in any case.
    pub(crate) fn finish(&self) -> Result<(), Failure> {
        let failed = self.unwritten.lock().unwrap_or_else(PoisonError::into_inner).take();
        failed.map_or(Ok(()), |source| Err(Failure::Unwritten(source)))
    }

    /// Refuses a JSON file in a directory that belongs to what the command writes there.
    pub(crate) fn keep_out_of(&self, directory: &Path) -> Result<(), Failure> {
        let Some(json) = self.json.as_deref().filter(|path| *path != Path::new("-")) else { return Ok(()) };
        let whole = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let folder = json.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !json.exists() || json.is_file() {
            let (folder, directory) = (whole(folder), whole(directory));
            if folder == directory {
                let json = json.display();
                return Err(Failure::Usage(format!(
                    "--json {json}: '{}' is the directory of --out, whose files it could replace; name another place",
                    directory.display()
                )));
            }
        }
        Ok(())
    }

    /// The JSON file, if one was asked for.
    pub(crate) fn json_file(&self) -> Option<&Path> {
        self.json.as_deref()
    }

    /// Writes the result dictionary, which is made if it was asked for.
    pub(crate) fn json(&self, value: impl FnOnce() -> Value) -> Result<(), Failure> {
        match &self.json {
            None => Ok(()),
            Some(path) if path == Path::new("-") => {
                progress::step_is_over();
                print(&format_args!("{:#}", value())).map_err(Failure::Unwritten)
            }
            Some(path) => Self::write_json(path, &value()),
        }
    }

    /// Writes text for programs to standard output, and nothing else there.
    #[expect(clippy::unused_self, reason = "who writes has been given the output")]
    pub(crate) fn plain(&self, text: &str) -> Result<(), Failure> {
        progress::step_is_over();
        print(&text.trim_end()).map_err(Failure::Unwritten)
    }

    /// Writes a dictionary to a file.
    pub(crate) fn write_json(path: &Path, value: &Value) -> Result<(), Failure> {
        roi_fit::write_text(path, &format!("{value:#}\n")).map_err(roi_fit::Error::from)?;
        Ok(())
    }

    /// Opens an analysis and passes on what its files had to say. `fluxes`: whether those of templates will be asked for.
    pub(crate) fn open(&self, config: &Path, fluxes: bool) -> Result<Analysis, Failure> {
        let options = OpenOptions::default().with_max_memory(self.max_memory).with_fluxes(fluxes);
        let mut analysis = Analysis::open_by(config, self.progress(), &options)?;
        self.set_verbosity(&mut analysis);
        // What is odd has been told as a warning.
        for note in analysis.notes().iter().filter(|note| analysis.remarks().all(|remark| remark != note.as_str())) {
            tracing::info!("{note}");
        }
        Ok(analysis)
    }

    /// Lets an analysis log what the command line asks for: `-v` alone asks for a line an iteration, and takes nothing away.
    fn set_verbosity(&self, analysis: &mut Analysis) {
        let configured = analysis.fit_options().verbosity;
        analysis.set_verbosity(self.verbosity.unwrap_or(configured.max(usize::from(self.is_verbose))));
    }

    /// What `--verbosity` asks for.
    pub(crate) fn verbosity(&self) -> Option<usize> {
        self.verbosity
    }

    /// The most bytes that the program may take.
    pub(crate) fn max_memory(&self) -> Option<u64> {
        self.max_memory
    }

    /// A watcher, where there is somebody to see it.
    pub(crate) fn progress(&self) -> Box<dyn roi_fit::Progress> {
        Box::new(Watch::new(self.show_progress))
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
        Some(folder) if !roi_fit::may_exist(folder) => refuse(folder, "does not exist"),
        Some(folder) if folder.exists() && !folder.is_dir() => refuse(folder, "is a file"),
        _ => Ok(()),
    }
}

/// Prints a line to standard output. A reader that has seen enough (`roi-fit params config.yaml | head`) closes the pipe: the rest is
/// not wanted then, which is no error.
fn print(line: &dyn std::fmt::Display) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{line}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

/// Whether standard error may have colours: a terminal that nobody asked to be without (`NO_COLOR`, <https://no-color.org>).
fn has_colors() -> bool {
    let is_unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    std::io::stderr().is_terminal() && !is_unwanted
}

/// Standard error, for lines of the log: the lines of progress make way for them.
struct LogLine;

impl Write for LogLine {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        progress::clear();
        std::io::stderr().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stderr().flush()
    }
}

/// Logs go to standard error: warnings always (unless quiet), more with `--verbose`, anything with `RUST_LOG`.
pub(crate) fn start_logging(common: &Common) {
    let level = match (common.quiet, common.verbose) {
        (true, _) => "off",
        (false, true) => "info",
        // What `verbosity` asks for has its own target.
        (false, false) => "warn,roi_fit::fit=info",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| LogLine)
        .with_ansi(has_colors())
        .without_time()
        .with_target(false)
        .init();
}

/// Prints an error with its causes.
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
    let (start, end) = if has_colors() { ("\x1b[1;31m", "\x1b[0m") } else { ("", "") };
    progress::clear();
    line_of_error(&format!("{start}error:{end} {text}"));
}

/// A line on standard error. Where it cannot be written there is nobody to be told.
pub(crate) fn line_of_error(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// The line of a program that ends at a signal; it asks nobody to make way.
pub(crate) fn last_words(line: &str) {
    let clear = if std::io::stderr().is_terminal() { "\r\x1b[K" } else { "" };
    line_of_error(&format!("{clear}{line}"));
}
