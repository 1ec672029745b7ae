//! Why the program ends without success, and the exit code that says so.

use std::process::ExitCode;

use roi_batch::Ending;
use thiserror::Error;

/// Why a command failed.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    /// The command line asks for something that cannot be.
    #[error("{0}")]
    Usage(String),
    /// The library refused: configuration, files, model or data.
    #[error(transparent)]
    Analysis(#[from] roi_fit::Error),
    /// An estimator refused.
    #[error(transparent)]
    Estimator(#[from] roi_estimators::Error),
    /// A region could not be simulated or written.
    #[error(transparent)]
    Simulation(#[from] roi_simulate::Error),
    /// A report could not be made.
    #[error(transparent)]
    Report(Box<roi_report::Error>),
    /// A batch as such could not be run.
    #[error(transparent)]
    NoBatch(#[from] roi_batch::Error),
    /// The text for people could not be written. What was asked for in files is there.
    #[error("standard output cannot be written: {0}")]
    Unwritten(#[source] std::io::Error),
    /// A configuration and its files have problems, which were told.
    #[error("{0} problem(s); nothing can be fitted before they are mended")]
    Problems(usize),
    /// A fit ended below the quality asked for.
    #[error("the fit failed: {0}")]
    Fit(String),
    /// Regions of a batch did not end well.
    #[error("{message}")]
    Batch {
        /// How many, and where to look.
        message: String,
        /// The worst ending.
        worst: Ending,
    },
}

impl From<roi_report::Error> for Failure {
    fn from(error: roi_report::Error) -> Self {
        Self::Report(Box::new(error))
    }
}

impl Failure {
    /// 2 for what the user can mend, 3 for a failed fit, 1 for what should not happen.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Analysis(error) | Self::Estimator(roi_estimators::Error::Fit(error)) if error.is_internal() => 1,
            Self::NoBatch(error) if error.is_internal() => 1,
            Self::Report(error) if error.is_internal() => 1,
            Self::Batch { worst: Ending::Failed, .. } | Self::Fit(_) => 3,
            Self::Batch { worst: Ending::Error, .. }
            | Self::Usage(_)
            | Self::Unwritten(_)
            | Self::Problems(_)
            | Self::Analysis(_)
            | Self::Estimator(_)
            | Self::Simulation(_)
            | Self::Report(_)
            | Self::NoBatch(_) => 2,
            Self::Batch { .. } => 1,
        })
    }
}
