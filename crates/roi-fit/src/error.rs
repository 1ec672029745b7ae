//! What can go wrong in an analysis.

use std::path::PathBuf;

use thiserror::Error;

/// Result of this crate's functions.
pub type Result<T> = std::result::Result<T, Error>;

/// Everything that can go wrong in an analysis. A fit that does not converge is *not* an error: it is a result with
/// `fit_success = false`, and every parameter as it was.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be read, understood or written.
    #[error(transparent)]
    Files(#[from] lat_io::Error),
    /// A configuration, or the files that it names, cannot be used.
    #[error(transparent)]
    Dataset(#[from] lat_dataset::Error),
    /// A sky projection or an instrument response cannot be used.
    #[error(transparent)]
    Response(#[from] lat_response::Error),
    /// Photons cannot be read or counted.
    #[error(transparent)]
    Events(#[from] lat_events::Error),
    /// The model is at fault: a parameter, a spectrum, a source name.
    #[error(transparent)]
    Model(#[from] roi_model::Error),
    /// The likelihood could not be built or evaluated.
    #[error(transparent)]
    Likelihood(#[from] likelihood_core::Error),
    /// The optimizer was used wrongly (an unknown name, for example), or the objective failed for good.
    #[error(transparent)]
    Optimizer(#[from] optimizers::Error),
    /// No counts can be drawn from what the model predicts.
    #[error(transparent)]
    Draw(Box<roi_simulate::Error>),
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
    /// The likelihood of the starting model is not finite, so there is nothing to start from.
    #[error("the likelihood of the model as it stands cannot be evaluated: {0}")]
    Start(#[source] likelihood_core::Error),
    /// A model without a source, and data with counts.
    #[error(
        "the model has no source, so it predicts nothing, and the data hold {counts} counts; name a model with sources (files.xml, model.catalogs, model.sources) or add one"
    )]
    NoSource {
        /// How many.
        counts: f64,
    },
    /// A parameter that the source's spectrum does not have.
    #[error("source '{source_name}' ({spectrum}) has no parameter '{found}'; it has {known}")]
    NoParameter {
        /// The source.
        source_name: String,
        /// Its spectrum's type.
        spectrum: String,
        /// The name asked for.
        found: String,
        /// The names that exist.
        known: String,
    },
    /// A parameter's value where its prior is zero.
    #[error(
        "source '{source_name}': the prior of parameter '{parameter}' excludes its value {value}; set a value that the prior allows"
    )]
    ExcludedByPrior {
        /// The source.
        source_name: String,
        /// The parameter.
        parameter: String,
        /// Its `value`.
        value: f64,
    },
    /// A spectrum that cannot be replaced, because a component has a table of its own in its place.
    #[error(
        "source '{source_name}': component '{component}' has its own spectral table for it, so its spectrum cannot be replaced; give all components one table"
    )]
    OwnSpectrum {
        /// The source.
        source_name: String,
        /// The component.
        component: String,
    },
    /// A new source that no component sees.
    #[error(
        "source '{source_name}' at RA {ra:.4} deg, Dec {dec:.4} deg lies outside the map of every component, {separation:.2} deg from its middle (RA {:.4}, Dec {:.4}); correct the position, or, if it is to shine in from outside, write the source into the model of the configuration (model.sources)",
        .center.0, .center.1
    )]
    OutsideMaps {
        /// The source.
        source_name: String,
        /// Its right ascension in degrees.
        ra: f64,
        /// Its declination in degrees.
        dec: f64,
        /// How far from the middle of the first component's map, in degrees.
        separation: f64,
        /// That middle: right ascension and declination in degrees.
        center: (f64, f64),
    },
    /// A new source of which nothing is seen.
    #[error(
        "source '{source_name}': its source map is zero in every component, so that it predicts nothing; correct its position or its template"
    )]
    NothingSeen {
        /// The source.
        source_name: String,
    },
    /// An end of a range of energies within a bin, or beyond all bins.
    #[error("{option}: {energy} MeV is no edge of the energy bins; the nearest: {nearest} MeV")]
    EnergyEdge {
        /// `emin` or `emax`.
        option: &'static str,
        /// The energy in MeV.
        energy: f64,
        /// The edges around it in MeV.
        nearest: String,
    },
    /// A source that came into the model behind the analysis's back.
    #[error("nothing is known of source '{source_name}' yet; fit it first")]
    NoProperties {
        /// The source.
        source_name: String,
    },
    /// Something that needs the files of an analysis that was not opened from a configuration.
    #[error("{what} needs files, and the analysis has none; open it from a configuration")]
    NoFiles {
        /// What needs them.
        what: &'static str,
    },
    /// A file of parameters or of a saved analysis cannot be read or does not belong to this one.
    #[error("{path}: {reason}")]
    State {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// Source maps that are not those of the analysis.
    #[error(
        "source '{source_name}': the maps that counts are to be drawn with predict {drawn} counts of it, those of the analysis {held}; open the analysis again, so that both are the same"
    )]
    OtherMaps {
        /// The source.
        source_name: String,
        /// What the maps of the analysis predict.
        held: f64,
        /// What the others predict.
        drawn: f64,
    },
    /// The analysis takes more memory than it may.
    #[error(
        "at least {needed} bytes ({}) of memory are needed, the limit is {limit} ({}): {parts}; raise the limit (--max-memory, optimizer.max_memory), leave out sources that are far away, or bin the counts more coarsely or in a smaller region",
        bytesize::ByteSize::b(*.needed).display().iec(),
        bytesize::ByteSize::b(*.limit).display().iec()
    )]
    Memory {
        /// Bytes that the leanest way takes.
        needed: u64,
        /// Bytes that it may take.
        limit: u64,
        /// What takes how much.
        parts: String,
    },
}

impl Error {
    /// Whether the program is at fault, not the input: an objective that failed for good in the middle of a fit.
    pub fn is_internal(&self) -> bool {
        matches!(self, Self::Dataset(error) if error.is_internal())
            || matches!(self, Self::Optimizer(optimizers::Error::Objective(_) | optimizers::Error::Dimension { .. }))
    }

    /// Whether an evaluation was ended by a [`StopSignal`](crate::StopSignal), be it within a minimiser.
    pub(crate) fn is_stop(&self) -> bool {
        let is_stop = |error: &likelihood_core::Error| matches!(error, likelihood_core::Error::Stopped);
        match self {
            Self::Likelihood(error) | Self::Start(error) => is_stop(error),
            Self::Dataset(error) => error.is_stop(),
            Self::Optimizer(optimizers::Error::Objective(error)) => {
                error.downcast_ref().is_some_and(Self::is_stop) || error.downcast_ref().is_some_and(is_stop)
            }
            _ => false,
        }
    }

    /// Says of a likelihood that could not be evaluated that it was that of the start.
    pub(crate) fn at_start(error: Self) -> Self {
        match error {
            Self::Likelihood(error) => Self::Start(error),
            other => other,
        }
    }
}

impl From<lat_dataset::OutOfRange> for Error {
    fn from(outside: lat_dataset::OutOfRange) -> Self {
        Self::Option { option: outside.option, found: outside.found, expected: outside.expected }
    }
}
