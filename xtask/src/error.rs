//! What can stop an xtask command.

use std::fmt;

/// What can stop an xtask command.
#[derive(Debug)]
pub(crate) enum Error {
    /// The command line is wrong; the text says how.
    Usage(String),
    /// A program could not be started.
    Start { program: String, source: std::io::Error },
    /// A program ran and reported failure.
    Failed { program: String, status: String },
    /// A program that a command needs is not installed.
    Missing { what: &'static str, remedy: &'static str },
    /// A file or folder of the repository could not be read.
    Read { path: String, source: std::io::Error },
    /// A file of the repository could not be written.
    Write { path: String, source: std::io::Error },
    /// A check found something; the findings were printed before.
    Findings { check: &'static str, count: usize },
    /// Some steps failed; each was printed before.
    Steps(Vec<&'static str>),
}

impl Error {
    /// 2 for a wrong command line, 1 for everything else.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            _ => 1,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(text) => write!(f, "{text}\nRun `cargo xtask help` for the commands."),
            Self::Start { program, source } => write!(f, "cannot start `{program}`: {source}"),
            Self::Missing { what, remedy } => write!(f, "{what} is not installed: {remedy}"),
            Self::Failed { program, status } => write!(f, "`{program}` failed ({status})"),
            Self::Read { path, source } => write!(f, "cannot read {path}: {source}"),
            Self::Write { path, source } => write!(f, "cannot write {path}: {source}"),
            Self::Findings { check, count } => write!(f, "{check}: {count} finding(s), see above"),
            Self::Steps(names) => write!(f, "failed: {}", names.join(", ")),
        }
    }
}
