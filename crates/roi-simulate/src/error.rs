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
    /// A source whose photons cannot be drawn.
    #[error(
        "source '{source_name}' has the spatial model {kind}, of which no photons can be drawn; take a point, a disk, a Gaussian, a map cube or an isotropic source"
    )]
    Shape {
        /// Its name.
        source_name: String,
        /// Its spatial model.
        kind: String,
    },
    /// No response functions were given.
    #[error("no response functions were given; name a set of them, such as P8R3_SOURCE_V3, or take the built-in ones")]
    NoResponse,
    /// A number of photons that cannot be drawn.
    #[error("{mean} photons are expected in half a minute, which cannot be drawn; make the model fainter")]
    Rate {
        /// The expected number.
        mean: f64,
    },
    /// More photons than were proposed: the template or the area is larger somewhere than where it was looked for.
    #[error(
        "at {energy} MeV {found} photons come for each that was proposed, expected at most 1; a finer map of the source may do"
    )]
    Thinning {
        /// MeV.
        energy: f64,
        /// Photons for each candidate.
        found: f64,
    },
    /// What went wrong while photons of a source were drawn.
    #[error("source '{name}': {error}")]
    Source {
        /// Its name.
        name: String,
        /// What went wrong.
        #[source]
        error: Box<Self>,
    },
}

impl Error {
    /// The error as one of a source.
    pub(crate) fn of_source(self, name: &str) -> Self {
        match self {
            Self::Source { .. } | Self::Shape { .. } => self,
            error => Self::Source { name: name.to_owned(), error: Box::new(error) },
        }
    }
}
