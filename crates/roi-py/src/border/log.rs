//! Log lines of the engine, handed to `logging` of Python.

use std::fmt::{Debug, Write};
use std::sync::OnceLock;

use pyo3::prelude::*;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// Called with the level, the target and the text of a line.
static FUNCTION: OnceLock<Py<PyAny>> = OnceLock::new();

/// Hands warnings and remarks of the engine to a function of Python, `function(level, target, message)`, with the levels of `logging`. The package
/// calls it once, when it is imported; later calls are without effect.
#[pyfunction]
pub(crate) fn forward_log(function: Py<PyAny>) {
    if FUNCTION.set(function).is_ok() {
        // Where somebody listens already, they go on.
        let _ = tracing::subscriber::set_global_default(ToPython);
    }
}

/// Hands every line on. Spans are of no interest.
struct ToPython;

impl Subscriber for ToPython {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::INFO
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = Text::default();
        event.record(&mut text);
        let level = match *event.metadata().level() {
            Level::ERROR => 40,
            Level::WARN => 30,
            _ => 20,
        };
        // A log that cannot be written must not end a fit.
        let _ = Python::try_attach(|py| {
            let function = FUNCTION.get()?;
            function.call1(py, (level, event.metadata().target(), &text.0)).ok()
        });
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// The text of a line: its message, and what other fields it has.
#[derive(Default)]
struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // Writing to a string does not fail.
        let _ = match (field.name(), self.0.is_empty()) {
            ("message", _) => write!(self.0, "{value:?}"),
            (name, true) => write!(self.0, "{name}={value:?}"),
            (name, false) => write!(self.0, " {name}={value:?}"),
        };
    }
}
