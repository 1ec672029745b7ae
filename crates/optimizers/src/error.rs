//! What can go wrong: misuse and fatal errors of the objective.
//!
//! A minimisation that merely does not converge is no error: it returns a [`Minimum`](crate::Minimum) whose
//! [`Status`](crate::Status) tells why.

/// Result with the crate's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

/// A boxed error of the caller's own code.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why an objective gave no number at a point.
#[derive(Debug, thiserror::Error)]
pub enum EvalError {
    /// The value or a derivative is not finite here. The optimizer steps back and tries elsewhere.
    #[error("the objective is not finite at this point")]
    NotFinite,
    /// The objective cannot go on, wherever it is evaluated; the minimisation ends with [`Error::Objective`].
    #[error("the objective failed: {0}")]
    Fatal(#[source] BoxError),
}

/// Misuse, or a fatal error of the objective.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No optimizer of this name is registered.
    #[error("unknown optimizer {name:?}; known are {}", known.join(", "))]
    UnknownOptimizer {
        /// The name that was asked for.
        name: String,
        /// Every registered name.
        known: Vec<String>,
    },
    /// The name of an optimizer to be registered is taken.
    #[error("an optimizer named {name:?} is registered already; choose another name")]
    DuplicateOptimizer {
        /// The name in question.
        name: String,
    },
    /// The objective and the problem disagree on the number of parameters.
    #[error("the objective has {objective} parameters but the problem lists {problem}; both must list the same ones")]
    Dimension {
        /// `Objective::dim`.
        objective: usize,
        /// Number of parameters of the problem, fixed ones included.
        problem: usize,
    },
    /// A parameter of the problem cannot be used as it stands.
    #[error("parameter {index} ({name:?}): {reason}")]
    InvalidParameter {
        /// Its position in the problem.
        index: usize,
        /// Its name.
        name: String,
        /// What is wrong and what to do.
        reason: String,
    },
    /// An option or argument has a value that makes no sense.
    #[error("{name} = {value}: {reason}")]
    InvalidOption {
        /// Name of the option or argument.
        name: &'static str,
        /// Its value, in words.
        value: String,
        /// What was expected.
        reason: &'static str,
    },
    /// The algorithm needs something that the objective does not offer.
    #[error("{optimizer} needs an objective that offers {needed}; choose another optimizer or implement it")]
    NotOffered {
        /// Name of the optimizer.
        optimizer: String,
        /// What is missing.
        needed: &'static str,
    },
    /// The objective reported a fatal error.
    #[error("the objective failed fatally: {0}")]
    Objective(#[source] BoxError),
}
