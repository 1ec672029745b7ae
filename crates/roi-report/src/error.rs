//! What can go wrong with a report.

use std::path::PathBuf;

use thiserror::Error;

/// What can go wrong with a report.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The analysis refused.
    #[error(transparent)]
    Fit(#[from] roi_fit::Error),
    /// An estimator refused.
    #[error(transparent)]
    Estimator(#[from] roi_estimators::Error),
    /// The model has no such source.
    #[error(transparent)]
    Model(#[from] roi_model::Error),
    /// The pixels of a map cannot be shown.
    #[error(transparent)]
    Pixels(#[from] lat_response::Error),
    /// An option outside its range.
    #[error("{option} '{found}': expected {expected}")]
    Option {
        /// The option.
        option: &'static str,
        /// Its value.
        found: String,
        /// What is possible.
        expected: &'static str,
    },
    /// A figure could not become text: an internal error.
    #[error("a figure of the report could not be written: {0}")]
    Figure(#[from] serde_json::Error),
    /// The template could not be filled: an internal error.
    #[error("the template of the report could not be filled: {0}")]
    Template(#[from] askama::Error),
    /// Figures could not be compressed: an internal error.
    #[error("the figures of the report could not be packed: {0}")]
    Packed(#[from] std::io::Error),
    /// The folder of the files beside the page could not be made.
    #[error(
        "the folder '{path}' for files beside the page cannot be made: {source}; name another --out, or leave out --fits"
    )]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The page could not be written.
    #[error(transparent)]
    File(roi_fit::Error),
}

/// Result with this crate's [`enum@Error`].
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Whether it is a defect of the program rather than of what it was given.
    pub fn is_internal(&self) -> bool {
        match self {
            Self::Fit(error) | Self::File(error) | Self::Estimator(roi_estimators::Error::Fit(error)) => {
                error.is_internal()
            }
            Self::Figure(_) | Self::Template(_) | Self::Packed(_) => true,
            _ => false,
        }
    }
}
