//! What can be wrong with a response, a template or a map.

/// The crate's result.
pub type Result<T> = std::result::Result<T, Error>;

/// What can be wrong with a response, a template or a map.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A projection that is unknown, or that cannot be what it says.
    #[error("sky projection: {reason}")]
    Projection {
        /// What is wrong, and what was expected.
        reason: String,
    },
    /// HEALPix pixels that cannot be.
    #[error("HEALPix pixels: {reason}")]
    Healpix {
        /// What is wrong, and what was expected.
        reason: String,
    },
    /// Arrays whose shapes do not fit together.
    #[error("{what}: found {found}, expected {expected}")]
    Shape {
        /// Which array.
        what: String,
        /// The shape it has.
        found: String,
        /// The shape it should have.
        expected: String,
    },
    /// A number that is not allowed.
    #[error("{what}: found {value}, expected {expected}")]
    BadValue {
        /// Where it stands.
        what: String,
        /// The number.
        value: f64,
        /// What is allowed.
        expected: &'static str,
    },
    /// An energy for which a table holds nothing.
    #[error(
        "{what} has no value at {energy} MeV: it covers {first} to {last} MeV; make it at the energies of the counts cube's edges (and those that energy dispersion adds)"
    )]
    Energy {
        /// The table.
        what: String,
        /// The energy asked for, MeV.
        energy: f64,
        /// The first energy of the table, MeV.
        first: f64,
        /// The last energy of the table, MeV.
        last: f64,
    },
    /// A response that corrects for the trigger rate, and a livetime cube that lacks what it takes.
    #[error(
        "the effective area is corrected for the trigger rate, which needs livetime weighted with the livetime fraction; the livetime cube has none (table WEIGHTED_EXPOSURE): make it again with gtltcube"
    )]
    NoWeightedLivetime,
    /// A response without energy dispersion, where one is needed.
    #[error(
        "the response of event type {event_type} has no energy dispersion; read it with its energy dispersion file"
    )]
    NoDispersion {
        /// The event type.
        event_type: String,
    },
    /// A template file that cannot be used.
    #[error("template file '{file}': {reason}")]
    Template {
        /// The file, as the source model names it.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// Something that cannot be computed.
    #[error("{what} is not supported: {remedy}")]
    Unsupported {
        /// What was asked for.
        what: String,
        /// What to do instead.
        remedy: String,
    },
    /// What went wrong with one source.
    #[error("source '{name}': {error}")]
    Source {
        /// The source.
        name: String,
        /// What is wrong.
        error: Box<Error>,
    },
    /// Counts or maps that are not valid.
    #[error(transparent)]
    Likelihood(#[from] likelihood_core::Error),
    /// A source model that is not valid.
    #[error(transparent)]
    Model(#[from] roi_model::Error),
}
