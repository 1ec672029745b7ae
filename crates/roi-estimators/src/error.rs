//! What can go wrong in an estimator.

use std::path::PathBuf;

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
    /// A projection or a response is at fault.
    #[error(transparent)]
    Response(#[from] lat_response::Error),
    /// A file could not be written.
    #[error(transparent)]
    Files(#[from] lat_io::Error),
    /// A data set is at fault: a map could not be made.
    #[error(transparent)]
    Dataset(Box<lat_dataset::Error>),
    /// Nothing makes the maps of a source elsewhere.
    #[error(
        "sources cannot be moved here: {found} of {components} components can make source maps; that takes binned exposure and PSF (files: {{bexpmap: PATH, psf: PATH}}), or a livetime cube and response functions, and an analysis opened from its config.yaml"
    )]
    NoMakers {
        /// How many components there are.
        components: usize,
        /// How many can make maps.
        found: usize,
    },
    /// A source without a place.
    #[error(
        "source '{source_name}' ({spatial}) has no position or width that can be fitted; points (SkyDirFunction), disks (RadialDisk) and Gaussians (RadialGaussian) have"
    )]
    NoPlace {
        /// The source.
        source_name: String,
        /// Its spatial model.
        spatial: String,
    },
    /// Another process writes the records of a light curve.
    #[error("{path}: another light curve writes its bins into this file; wait for its end, or name another output")]
    Busy {
        /// The records.
        path: PathBuf,
    },
    /// The caller asked to stop.
    #[error("stopped before the end; nothing was changed")]
    Stopped,
    /// A source that predicts next to nothing has no position.
    #[error(
        "source '{source_name}' has a norm of 0 where it stands, so that nothing tells where it is; give its norm a start above 0"
    )]
    NoEmission {
        /// The source.
        source_name: String,
    },
    /// A place where the data cannot see a source.
    #[error(
        "source '{source_name}' at RA {ra:.4}, Dec {dec:.4} deg lies outside the map of component {component}; only what lies on it can be localized"
    )]
    OffMap {
        /// The source.
        source_name: String,
        /// Right ascension, degrees.
        ra: f64,
        /// Declination, degrees.
        dec: f64,
        /// The component.
        component: String,
    },
    /// What cannot be.
    #[error("internal error: {what}; please report it")]
    Internal {
        /// What.
        what: &'static str,
    },
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
    #[error("source '{source_name}': its spectrum ({spectrum}) has no normalisation that could be fitted")]
    NoNorm {
        /// The source.
        source_name: String,
        /// Its spectrum's type.
        spectrum: String,
    },
    /// A limit of a norm that is held.
    #[error(
        "source '{source_name}': its norm, {parameter}, is fixed, and a limit of a norm is found by fitting it; free it first (--free, or free=\"1\" in the model)"
    )]
    FixedNorm {
        /// The source.
        source_name: String,
        /// The norm.
        parameter: String,
    },
    /// Toys too few for a confidence level.
    #[error(
        "toys: {toys} are too few for a limit at a confidence of {confidence}; take at least {needed}, so that some 5 are expected beyond the limit"
    )]
    TooFewToys {
        /// How many.
        toys: usize,
        /// The confidence level.
        confidence: f64,
        /// How many it takes.
        needed: f64,
    },
    /// A model that does not come to its maximum.
    #[error(
        "source '{source_name}': the free parameters do not come to a maximum of logL; fit the model first, and fix what the data do not constrain"
    )]
    NoMaximum {
        /// The source that a limit is sought of.
        source_name: String,
    },
    /// Toys of which none could be fitted.
    #[error(
        "source '{source_name}': at a norm of {norm} the fits of all {toys} toys failed; fix what counts like these do not constrain"
    )]
    NoToyFitted {
        /// The source.
        source_name: String,
        /// The norm that was tested.
        norm: f64,
        /// How many toys there were.
        toys: usize,
    },
    /// A direction that is not where it has to be.
    #[error("{what}: RA {ra:.4}, Dec {dec:.4} deg does not lie in the counts map; choose a place inside it")]
    Outside {
        /// What is there.
        what: String,
        /// Right ascension, degrees.
        ra: f64,
        /// Declination, degrees.
        dec: f64,
    },
    /// Priors as wide as errors that are not known.
    #[error(
        "cov_scale: the free norms have no errors to make priors of, as the data do not constrain them all: {parameters}; hold those that do the same, or leave cov_scale out"
    )]
    NoCovariance {
        /// The free norms.
        parameters: String,
    },
    /// Counts where the model predicts none.
    #[error(
        "component {component}: {counts} counts at {energy} MeV, pixel (x {x}, y {y}), where the model without what is excluded predicts {model}; exclude fewer sources"
    )]
    Unmodelled {
        /// The component.
        component: String,
        /// Lower edge of the energy bin, MeV.
        energy: f64,
        /// Column, from 0.
        x: usize,
        /// Row, from 0.
        y: usize,
        /// Observed counts.
        counts: f64,
        /// The model.
        model: f64,
    },
    /// HEALPix pixels where an image is needed.
    #[error(
        "component {component} has HEALPix pixels; this map needs projected counts cubes, or HEALPix in all components of a residual map"
    )]
    MixedPixels {
        /// The component.
        component: String,
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

impl From<lat_dataset::Error> for Error {
    fn from(error: lat_dataset::Error) -> Self {
        Self::Dataset(Box::new(error))
    }
}
