//! What can be wrong with a model.

use crate::names::normalized_name;

/// Result with the crate's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

/// A boxed error of the caller's own code, for example of the function that reads a table for [`crate::read_xml`].
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Everything that can be wrong with a parameter, spectrum, source or model file.
///
/// A message is complete: it repeats what an inner error says.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A number is NaN or infinite where a finite one is needed.
    #[error("{what} is {value}; a finite number is needed")]
    NonFinite {
        /// Which number, with the name of its parameter.
        what: String,
        /// The number.
        value: f64,
    },
    /// A value outside the bounds of its parameter.
    #[error(
        "parameter {parameter:?}: value {value:?} is outside its bounds [{min:?}, {max:?}]; change the value or widen the bounds"
    )]
    OutOfBounds {
        /// Name of the parameter.
        parameter: String,
        /// The value, in scaled units.
        value: f64,
        /// Lower bound, in scaled units.
        min: f64,
        /// Upper bound, in scaled units.
        max: f64,
    },
    /// Bounds in the wrong order.
    #[error(
        "parameter {parameter:?}: lower bound {min:?} is above upper bound {max:?}; min must not exceed max (0, 0 means no bounds)"
    )]
    InvalidBounds {
        /// Name of the parameter.
        parameter: String,
        /// Lower bound.
        min: f64,
        /// Upper bound.
        max: f64,
    },
    /// A scale of zero: every true value would be zero.
    #[error(
        "parameter {parameter:?}: its scale is zero; the true value is value * scale, so the scale must not be zero"
    )]
    ZeroScale {
        /// Name of the parameter.
        parameter: String,
    },
    /// A negative error (uncertainty).
    #[error("parameter {parameter:?}: its error is {error:?}; an error must be zero or positive")]
    NegativeError {
        /// Name of the parameter.
        parameter: String,
        /// The error.
        error: f64,
    },
    /// A prior that cannot be.
    #[error("prior: {reason}")]
    InvalidPrior {
        /// What is wrong and what to do.
        reason: String,
    },
    /// A declination or latitude outside [-90, 90].
    #[error("{what} is {value} deg; it must lie within [-90, 90] deg")]
    InvalidLatitude {
        /// Which angle: declination or galactic latitude.
        what: &'static str,
        /// Its value in degrees.
        value: f64,
    },
    /// No spectrum of this type is known.
    #[error("unknown spectrum type {name:?}; the nearest known types are {}", nearest.join(", "))]
    UnknownSpectrum {
        /// The type that was asked for.
        name: String,
        /// Known types, most similar first.
        nearest: Vec<String>,
    },
    /// No spatial model of this type is known.
    #[error("unknown spatial model type {name:?}; the nearest known types are {}", nearest.join(", "))]
    UnknownSpatialModel {
        /// The type that was asked for.
        name: String,
        /// Known types, most similar first.
        nearest: Vec<String>,
    },
    /// A function lacks one of its parameters.
    #[error("{function}: parameter {parameter:?} is missing; it needs {}", expected.join(", "))]
    MissingParameter {
        /// Type of the spectrum or spatial model.
        function: String,
        /// The missing parameter.
        parameter: String,
        /// All parameters of the function, in declaration order.
        expected: Vec<String>,
    },
    /// A function has no parameter of this name.
    #[error("{function}: it has no parameter {parameter:?}; it has {}", expected.join(", "))]
    UnknownParameter {
        /// Type of the spectrum or spatial model.
        function: String,
        /// The parameter in question.
        parameter: String,
        /// All parameters of the function, in declaration order.
        expected: Vec<String>,
    },
    /// A parameter is given twice.
    #[error("{function}: parameter {parameter:?} is given twice; keep one")]
    DuplicateParameter {
        /// Type of the spectrum or spatial model.
        function: String,
        /// The parameter in question.
        parameter: String,
    },
    /// The parameters of a function contradict each other.
    #[error("{function}: {reason}")]
    InvalidFunction {
        /// Type of the spectrum or spatial model.
        function: String,
        /// What is wrong and what to do.
        reason: String,
    },
    /// A function needs a file, or must not have one.
    #[error("{function}: {reason}")]
    File {
        /// Type of the spectrum or spatial model.
        function: String,
        /// What is wrong and what to do.
        reason: String,
    },
    /// A table of numbers cannot be used.
    #[error("{table}, {place}: {reason}")]
    InvalidTable {
        /// What kind of table it is.
        table: &'static str,
        /// The line of its text, or the row of its numbers.
        place: String,
        /// What is wrong and what was expected.
        reason: String,
    },
    /// An energy at which a spectrum is not defined because its table ends.
    #[error(
        "{function}: {energy:?} MeV is outside the energies of its table, [{min:?}, {max:?}] MeV; \
         use a table that covers the energy bins (and the extra bins of the energy dispersion)"
    )]
    EnergyOutsideTable {
        /// Type of the spectrum, with its file.
        function: String,
        /// The energy in MeV.
        energy: f64,
        /// First energy of the table, MeV.
        min: f64,
        /// Last energy of the table, MeV.
        max: f64,
    },
    /// An energy that is no energy.
    #[error("{energy:?} MeV is no energy; energies must be finite and positive")]
    InvalidEnergy {
        /// The number that was given.
        energy: f64,
    },
    /// A spectrum or one of its derivatives is not finite for the present parameters.
    #[error("{function}: {quantity} is not finite at {energy:?} MeV with parameters {parameters}")]
    SpectrumNotFinite {
        /// Type of the spectrum.
        function: String,
        /// Which quantity: dN/dE or a derivative.
        quantity: &'static str,
        /// The energy in MeV.
        energy: f64,
        /// Names and true values of the parameters.
        parameters: String,
    },
    /// A slice has the wrong length.
    #[error("{what} has {found} elements; {expected} are needed")]
    Length {
        /// Which slice.
        what: &'static str,
        /// The length that is needed.
        expected: usize,
        /// The length that was given.
        found: usize,
    },
    /// An index beyond the last element.
    #[error("{what} index {index} does not exist; there are {count}")]
    Index {
        /// What is indexed: source or parameter.
        what: &'static str,
        /// The index.
        index: usize,
        /// How many there are.
        count: usize,
    },
    /// No source of this name.
    #[error("no source named {name:?}{}", nearest_hint(nearest))]
    UnknownSource {
        /// The name that was asked for.
        name: String,
        /// Names of the ROI, most similar first.
        nearest: Vec<String>,
    },
    /// Several sources answer to this name.
    #[error("several sources are named {name:?}: {}; use the full name of one", matches.join(", "))]
    AmbiguousSource {
        /// The name that was asked for.
        name: String,
        /// The sources in question.
        matches: Vec<String>,
    },
    /// Two sources have the same name.
    #[error("two sources are named {name:?}; names must be unique")]
    DuplicateSource {
        /// The name in question.
        name: String,
    },
    /// A source or parameter without a name.
    #[error("a {what} has an empty name; give it one")]
    EmptyName {
        /// Source or parameter.
        what: &'static str,
    },
    /// A source whose spatial model does not fit its type.
    #[error(
        "source {name:?} is a {source_type}, but its spatial model is {spatial}; a PointSource needs SkyDirFunction, a DiffuseSource another one, a CompositeSource none"
    )]
    SourceType {
        /// Name of the source.
        name: String,
        /// Its type.
        source_type: &'static str,
        /// The type of its spatial model.
        spatial: String,
    },
    /// A composite source that cannot be.
    #[error("composite source {name:?}: {reason}")]
    Composite {
        /// Name of the source.
        name: String,
        /// What is wrong and what to do.
        reason: String,
    },
    /// A saved state that belongs to another ROI.
    #[error("the saved state does not fit this ROI: {reason}")]
    StateMismatch {
        /// Where they differ.
        reason: String,
    },
    /// A text that names no set of parameters.
    #[error("{text:?} is no list of parameters; use norm, shape, all, or names separated by commas")]
    InvalidPars {
        /// The text.
        text: String,
    },
    /// Something is wrong with one source.
    #[error("source {name:?}: {error}")]
    InSource {
        /// Name of the source.
        name: String,
        /// What is wrong.
        error: Box<Error>,
    },
    /// Something is wrong at a place of a model file.
    #[error("line {line}, column {column}: {error}")]
    InXml {
        /// Line, from 1.
        line: u32,
        /// Column, from 1.
        column: u32,
        /// What is wrong.
        error: Box<Error>,
    },
    /// The text is no well-formed XML.
    #[error("not well-formed XML: {0}")]
    XmlSyntax(roxmltree::Error),
    /// An XML whose document type holds declarations of its own.
    #[error(
        "its DOCTYPE holds declarations of its own (an internal DTD), which are not read; remove all from '<!DOCTYPE' to ']>'"
    )]
    Doctype,
    /// The XML is well-formed but is no source library.
    #[error("{0}")]
    XmlSchema(String),
    /// The XML could not be written.
    #[error("the model could not be written as XML")]
    XmlWrite(#[from] std::io::Error),
    /// A file that a model names could not be read.
    #[error("{file:?} could not be read: {error}")]
    Load {
        /// The file, as the model names it.
        file: String,
        /// Why not.
        error: BoxError,
    },
}

impl Error {
    /// The same error, with the name of the source in which it occurred.
    #[must_use]
    pub fn in_source(self, name: &str) -> Self {
        Self::InSource { name: name.to_owned(), error: Box::new(self) }
    }

    /// Whether the present parameter values are at fault: a spectrum that overflows, say. A minimiser may step back from them.
    pub fn depends_on_parameters(&self) -> bool {
        match self {
            Self::SpectrumNotFinite { .. } => true,
            Self::InSource { error, .. } => error.depends_on_parameters(),
            _ => false,
        }
    }
}

/// How many letters a part of a name has at least that counts as meant.
const SHORTEST_PART: usize = 3;

fn nearest_hint(nearest: &[String]) -> String {
    if nearest.is_empty() { String::new() } else { format!("; the nearest names are {}", nearest.join(", ")) }
}

/// `value`, if it is finite; `what` tells the error which number it was.
pub(crate) fn finite(value: f64, what: impl FnOnce() -> String) -> Result<f64> {
    if value.is_finite() { Ok(value) } else { Err(Error::NonFinite { what: what(), value }) }
}

/// The up to three candidates most similar to `name`, best first: by how few letters of the whole names differ. Those that hold `name`, or that it
/// holds, come first: `Crab` for a part of a name.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let wanted = normalized_name(name);
    let similarity = |candidate: &str| {
        let candidate = normalized_name(candidate);
        let (short, long) = if candidate.len() < wanted.len() { (&candidate, &wanted) } else { (&wanted, &candidate) };
        let is_part = short.len() >= SHORTEST_PART && long.contains(short.as_str());
        f64::from(u8::from(is_part)) + strsim::normalized_damerau_levenshtein(&wanted, &candidate)
    };
    let mut ranked: Vec<(f64, &str)> = candidates.into_iter().map(|c| (similarity(c), c)).collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    ranked.into_iter().take(3).map(|(_, c)| c.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn the_nearest_names_are_alike_as_a_whole() {
        // All begin alike; only one of them differs in two digits.
        let names = ["4FGL J0534.5+2200", "4FGL J0535.2+2200", "4FGL J1745.6-2859", "isodiff", "PSR J0534+2200 (Crab)"];
        assert_eq!(nearest("4FGL J1745.6-2895", names)[0], "4FGL J1745.6-2859");
        assert_eq!(nearest("4fglj0534.5+2201", names)[0], "4FGL J0534.5+2200");
        assert_eq!(nearest("crab", names)[0], "PSR J0534+2200 (Crab)");
        assert_eq!(nearest("diffiso", ["galdiff", "isodiff", "dissifo"]).len(), 3);
    }
}
