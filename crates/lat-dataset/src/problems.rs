//! Problems that show while a data set is put together: the first one ends it, or all are gathered.

use std::path::PathBuf;

use serde::{Serialize, Serializer};

use crate::error::{Error, Result};

/// What a problem is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Subject {
    /// The configuration itself: its text, keys and values.
    Configuration,
    /// The model of the region, which all components share.
    Model,
    /// One component: what belongs to it is not there, or does not belong together.
    Component {
        /// Its name.
        component: String,
    },
    /// A file of a component.
    File {
        /// The component.
        component: String,
        /// What it is under section `files`: `ccube`, `drm`, ...
        product: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// A source of the model.
    Source {
        /// The component.
        component: String,
        /// The source.
        source: String,
    },
}

impl Subject {
    /// A component of this name.
    pub(crate) fn component(name: &str) -> Self {
        Self::Component { component: name.to_owned() }
    }
}

/// Something that keeps a configuration from being used. It serializes as its subject and `message`.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct Problem {
    /// What it is about.
    pub subject: Subject,
    /// What is wrong, and what to do.
    #[serde(rename = "message", serialize_with = "as_text")]
    pub error: Error,
}

fn as_text<S: Serializer>(error: &Error, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_str(error)
}

/// What is done with a problem.
#[derive(Debug)]
pub(crate) struct Problems {
    gathers: bool,
    found: Vec<Problem>,
}

impl Problems {
    /// The first problem is the error of what is done.
    pub(crate) fn first() -> Self {
        Self { gathers: false, found: Vec::new() }
    }

    /// All problems are gathered, and what can be done without what is missing goes on.
    pub(crate) fn all() -> Self {
        Self { gathers: true, found: Vec::new() }
    }

    /// Empty, and of the same way.
    pub(crate) fn alike(&self) -> Self {
        Self { gathers: self.gathers, found: Vec::new() }
    }

    /// A value; where problems are gathered `None` in the place of one that could not be had.
    ///
    /// # Errors
    /// The problem, where the first one ends it.
    pub(crate) fn take<T>(&mut self, subject: &Subject, result: Result<T>) -> Result<Option<T>> {
        if self.gathers { Ok(self.gather(subject, result)) } else { result.map(Some) }
    }

    /// A value, or `None`: the problem is gathered in any case.
    pub(crate) fn gather<T>(&mut self, subject: &Subject, result: Result<T>) -> Option<T> {
        result.map_err(|error| self.add(subject.clone(), error)).ok()
    }

    /// Adds a problem, unless the same was told already.
    fn add(&mut self, subject: Subject, error: Error) {
        if !self.found.iter().any(|known| is_same(&known.error, &error)) {
            self.found.push(Problem { subject, error });
        }
    }

    /// Adds those of another.
    pub(crate) fn extend(&mut self, other: Self) {
        for Problem { subject, error } in other.found {
            self.add(subject, error);
        }
    }

    pub(crate) fn into_found(self) -> Vec<Problem> {
        self.found
    }
}

/// Whether two errors say the same. A value of the configuration that is wrong is wrong once, however the key is called.
fn is_same(one: &Error, other: &Error) -> bool {
    match (one, other) {
        (Error::ConfigValue { line, found, .. }, Error::ConfigValue { line: same, found: alike, .. }) => {
            line == same && found == alike
        }
        _ => one.to_string() == other.to_string(),
    }
}
