//! What can go wrong in a simulation.

use std::path::PathBuf;

use thiserror::Error;

/// Result of this crate's functions.
pub type Result<T> = std::result::Result<T, Error>;

/// Everything that can go wrong while a region is simulated or written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// An option outside its range.
    #[error("option '{option}': {found} is not allowed; expected {expected}")]
    Option {
        /// The option's name.
        option: &'static str,
        /// What was given.
        found: String,
        /// What is allowed.
        expected: &'static str,
    },
    /// A file could not be written.
    #[error(transparent)]
    File(#[from] lat_io::Error),
    /// A directory could not be made.
    #[error("cannot make directory '{path}': {source}; choose another place with write permission and space")]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The configuration of an earlier region could not be removed.
    #[error("cannot replace '{path}': {source}; remove it, or choose another place")]
    Replace {
        /// The configuration.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A sky projection or an instrument response that cannot be used.
    #[error(transparent)]
    Response(#[from] lat_response::Error),
    /// A model that cannot be used.
    #[error(transparent)]
    Model(#[from] roi_model::Error),
    /// Expected counts of which none can be drawn.
    #[error(
        "component '{component}', energy bin {bin}: {mean} counts are expected in a pixel; only finite numbers from 0 to {} can be drawn",
        max
    )]
    Counts {
        /// The component.
        component: String,
        /// The energy bin, from 0.
        bin: usize,
        /// The expected counts.
        mean: f64,
        /// The largest mean that can be drawn.
        max: f64,
    },
    /// A likelihood that could not be built.
    #[error(transparent)]
    Likelihood(#[from] likelihood_core::Error),
}
