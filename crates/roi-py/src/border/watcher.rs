//! Who watches work: Ctrl-C stops it between two evaluations, and a function of Python may be told how it goes.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use roi_fit::{Event, Progress, StopSignal};

/// How often the interpreter is asked whether a signal came.
pub(crate) const EVERY: Duration = Duration::from_millis(50);

/// Whether work shall stop, and the exception that says why. Handlers of signals run on the main thread of Python alone, which waits for the work and
/// asks for them; what works looks at the flag.
pub(crate) struct Interrupts {
    is_stopped: AtomicBool,
    exception: Mutex<Option<PyErr>>,
    /// The threads on which the function that watches is being called.
    tellers: Mutex<Vec<ThreadId>>,
}

impl Interrupts {
    pub(crate) fn new() -> Arc<Self> {
        let (is_stopped, exception) = (AtomicBool::new(false), Mutex::new(None));
        Arc::new(Self { is_stopped, exception, tellers: Mutex::default() })
    }

    /// Whether this thread is in a call of the function that watches.
    pub(crate) fn is_telling(&self) -> bool {
        held(&self.tellers).contains(&thread::current().id())
    }

    /// Calls the function that watches.
    fn tell(&self, function: &Py<PyAny>, event: &Event) {
        let teller = thread::current().id();
        held(&self.tellers).push(teller);
        let told = Python::try_attach(|py| function.call1(py, (dictionary(py, event)?,)).map(|_| ()));
        held(&self.tellers).retain(|other| *other != teller);
        if let Some(Err(exception)) = told {
            self.stop(exception);
        }
    }

    /// New work begins.
    pub(crate) fn reset(&self) {
        self.is_stopped.store(false, Ordering::SeqCst);
        *held(&self.exception) = None;
    }

    /// The exception that stopped the work.
    pub(crate) fn take(&self) -> Option<PyErr> {
        held(&self.exception).take()
    }

    /// Stops the work; the first exception counts.
    pub(crate) fn stop(&self, exception: PyErr) {
        held(&self.exception).get_or_insert(exception);
        self.is_stopped.store(true, Ordering::SeqCst);
    }

    fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::SeqCst)
    }
}

/// What a lock holds. A thread that panicked while it wrote a flag or an exception has left it whole.
pub(crate) fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The watcher of an analysis.
pub(crate) struct Watcher {
    pub(crate) interrupts: Arc<Interrupts>,
    /// Called with a dictionary an event; what it raises stops the work.
    pub(crate) function: Option<Py<PyAny>>,
}

impl Progress for Watcher {
    fn event(&mut self, event: &Event) -> ControlFlow<()> {
        if let Some(function) = &self.function {
            self.interrupts.tell(function, event);
        }
        if self.interrupts.is_stopped() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn is_cancelled(&self) -> bool {
        self.interrupts.is_stopped()
    }

    fn stop_signal(&self) -> StopSignal {
        let interrupts = Arc::clone(&self.interrupts);
        StopSignal::new(move || interrupts.is_stopped())
    }
}

/// An event as a dictionary.
fn dictionary<'py>(py: Python<'py>, event: &Event) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    let kind = match event {
        Event::Iteration { algorithm, iteration, log_likelihood, edm } => {
            dict.set_item("algorithm", algorithm)?;
            dict.set_item("iteration", iteration)?;
            dict.set_item("loglike", log_likelihood)?;
            dict.set_item("edm", edm)?;
            "iteration"
        }
        Event::SubFit { step, sources, done, total, log_likelihood } => {
            dict.set_item("step", step)?;
            dict.set_item("sources", sources)?;
            dict.set_item("loglike", log_likelihood)?;
            counted(&dict, *done, *total)?;
            "fit"
        }
        Event::Update { source, done, total } => {
            dict.set_item("source", source)?;
            counted(&dict, *done, *total)?;
            "update"
        }
        Event::SkyMap { map, done, total } => {
            dict.set_item("map", map)?;
            counted(&dict, *done, *total)?;
            "sky_map"
        }
        Event::Estimate { verb, source, done, total } => {
            dict.set_item("verb", verb)?;
            dict.set_item("source", source)?;
            counted(&dict, *done, *total)?;
            "estimate"
        }
        Event::Toys { source, norm, tested, done, total } => {
            dict.set_item("source", source)?;
            dict.set_item("norm", norm)?;
            dict.set_item("tested", tested)?;
            counted(&dict, *done, *total)?;
            "toys"
        }
        Event::Peak { iteration, sqrt_ts, found } => {
            dict.set_item("iteration", iteration)?;
            dict.set_item("sqrt_ts", sqrt_ts)?;
            dict.set_item("found", found)?;
            "peak"
        }
        other => of_files(&dict, other)?,
    };
    dict.set_item("event", kind)?;
    Ok(dict)
}

/// What is told while files are read and made.
fn of_files(dict: &Bound<'_, PyDict>, event: &Event) -> PyResult<&'static str> {
    Ok(match event {
        Event::Product { component, product, done, total, bytes } => {
            dict.set_item("component", component)?;
            dict.set_item("product", product)?;
            dict.set_item("bytes", bytes)?;
            counted(dict, *done, *total)?;
            "product"
        }
        Event::Reading { what, read, bytes } => {
            dict.set_item("what", what)?;
            dict.set_item("read", read)?;
            dict.set_item("bytes", bytes)?;
            "reading"
        }
        Event::SourceMap { component, source, done, total } => {
            dict.set_item("component", component)?;
            dict.set_item("source", source)?;
            counted(dict, *done, *total)?;
            "source_map"
        }
        _ => "other",
    })
}

fn counted(dict: &Bound<'_, PyDict>, done: usize, total: usize) -> PyResult<()> {
    dict.set_item("done", done)?;
    dict.set_item("total", total)
}
