//! Names at the border: how they are compared, and how a parameter is written.

use std::fmt::{Display, Formatter};

/// A name as names are compared: without white space and in lower case, as fermipy does. Two names are the same when these are.
///
/// ```
/// assert_eq!(roi_model::normalized_name("4FGL J0534.5+2200"), roi_model::normalized_name("4fglj0534.5+2200"));
/// ```
pub fn normalized_name(name: &str) -> String {
    name.split_whitespace().collect::<String>().to_lowercase()
}

/// A parameter by the name of its source and its own, written `SOURCE:PAR`. [`Roi::parameter_name`](crate::Roi::parameter_name) makes it
/// of a [`ParameterId`](crate::ParameterId).
///
/// ```
/// assert_eq!(roi_model::ParameterName { source: "Crab", parameter: "Index" }.to_string(), "Crab:Index");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParameterName<'a> {
    /// The source.
    pub source: &'a str,
    /// The parameter.
    pub parameter: &'a str,
}

impl Display for ParameterName<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.source, self.parameter)
    }
}
