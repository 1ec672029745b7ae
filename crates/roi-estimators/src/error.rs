//! What can go wrong in an estimator.

use thiserror::Error;

/// Result of this crate's functions.
pub type Result<T> = std::result::Result<T, Error>;

/// Everything that can go wrong in an estimator. A fit that does not converge is not an error: the result says so.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// A fit could not be begun, or a likelihood could not be evaluated.
    #[error(transparent)]
    Fit(#[from] roi_fit::Error),
    /// The model is at fault: a source name, a parameter, a spectrum.
    #[error(transparent)]
    Model(#[from] roi_model::Error),
    /// The data are at fault.
    #[error(transparent)]
    Likelihood(#[from] likelihood_core::Error),
    /// A file could not be written.
    #[error(transparent)]
    Files(#[from] lat_io::Error),
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
    /// An energy that is no edge of the analysis.
    #[error(
        "loge_bins: 10^{loge} MeV is no edge of the analysis's energy bins, and bins are never moved; the nearest are log10(E/MeV) = {nearest}"
    )]
    NoEdge {
        /// The edge that was asked for, log10 of MeV.
        loge: f64,
        /// The nearest edges.
        nearest: String,
    },
    /// A source whose spectrum has no normalisation.
    #[error(
        "source '{source_name}': its spectrum ({spectrum}) has no normalisation, so that there is nothing to fit in a bin"
    )]
    NoNorm {
        /// The source.
        source_name: String,
        /// Its spectrum's type.
        spectrum: String,
    },
    /// A source that no bin of the data sees.
    #[error(
        "source '{source_name}' predicts no counts in any bin; it lies outside the map, or its source map is empty"
    )]
    Unseen {
        /// The source.
        source_name: String,
    },
}

impl From<lat_dataset::OutOfRange> for Error {
    fn from(outside: lat_dataset::OutOfRange) -> Self {
        Self::Option { option: outside.option, found: outside.found, expected: outside.expected }
    }
}
