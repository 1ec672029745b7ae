//! The object that Python holds: an analysis, who works on it, and how work is stopped.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::thread::ThreadId;

use pyo3::prelude::*;
use roi_fit::Session;

use crate::border::exceptions::{Failure, InternalError, RoiFitError};
use crate::border::watcher::{EVERY, Interrupts, Watcher, held};

/// An analysis of one region. `Analysis.open(config)` opens one.
#[pyclass(frozen, module = "roifit._engine")]
pub(crate) struct Analysis {
    inner: Mutex<roi_fit::Analysis>,
    /// The thread that is at work on it.
    worker: Mutex<Option<ThreadId>>,
    interrupts: Arc<Interrupts>,
}

impl Analysis {
    /// Opens an analysis with a watcher; the work can be stopped.
    pub(crate) fn opened(
        py: Python<'_>,
        function: Option<Py<PyAny>>,
        open: impl FnOnce(Box<Watcher>) -> roi_fit::Result<roi_fit::Analysis> + Send,
    ) -> PyResult<Self> {
        let interrupts = Interrupts::new();
        let watcher = Box::new(Watcher { interrupts: Arc::clone(&interrupts), function });
        let opened = py.detach(|| open(watcher));
        if let Some(exception) = interrupts.take() {
            return Err(exception);
        }
        let inner = Mutex::new(opened.map_err(Failure::from)?);
        Ok(Self { inner, worker: Mutex::new(None), interrupts })
    }

    /// Works on the analysis with the interpreter released; other threads that want it wait. An exception of a handler of signals, or of the function
    /// that watches, comes before what the work returned.
    pub(crate) fn work<T: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut roi_fit::Analysis) -> Result<T, Failure> + Send,
    ) -> PyResult<T> {
        let me = std::thread::current().id();
        if *held(&self.worker) == Some(me) {
            let hint = "the analysis is at work; a function that watches it, or a handler of signals, cannot call it";
            return Err(RoiFitError::new_err(hint));
        }
        let result = py.detach(|| {
            let mut inner = self.inner.lock().map_err(|_| broken())?;
            let _at_work = AtWork::new(&self.worker, me);
            self.interrupts.reset();
            work(&mut inner)
        });
        match self.interrupts.take() {
            Some(exception) => Err(exception),
            None => Ok(result?),
        }
    }

    /// One who watches work that asks for a watcher of its own.
    pub(crate) fn watcher(&self) -> Watcher {
        Watcher { interrupts: Arc::clone(&self.interrupts), function: None }
    }

    /// Reads from the analysis.
    pub(crate) fn read<T: Send>(
        &self,
        py: Python<'_>,
        read: impl FnOnce(&roi_fit::Analysis) -> T + Send,
    ) -> PyResult<T> {
        self.work(py, |analysis| Ok(read(analysis)))
    }

    /// Works on a copy of model and data, on another thread; the analysis is free meanwhile. At Ctrl-C the exception comes at once, and what was begun
    /// ends unseen.
    pub(crate) fn beside<T: Send + 'static>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&Session) -> Result<T, Failure> + Send + 'static,
    ) -> PyResult<T> {
        let session = self.read(py, |analysis| analysis.session().clone())?;
        let (sender, receiver) = channel();
        let spawned = std::thread::Builder::new().name("roifit".into()).spawn(move || {
            // Nobody waits any more after Ctrl-C.
            let _ = sender.send(work(&session));
        });
        spawned.map_err(|error| RoiFitError::new_err(format!("no thread could be started: {error}")))?;
        // The interpreter is released by what may go to another thread; nobody else has it.
        let receiver = Mutex::new(receiver);
        loop {
            match py.detach(|| held(&receiver).recv_timeout(EVERY)) {
                Ok(result) => return Ok(result?),
                Err(RecvTimeoutError::Timeout) => py.check_signals()?,
                Err(RecvTimeoutError::Disconnected) => return Err(broken()),
            }
        }
    }
}

fn broken() -> PyErr {
    InternalError::new_err(
        "a call ended in a defect of roifit, which its message on standard error tells; open the analysis anew",
    )
}

/// Says who works, as long as it lives.
struct AtWork<'a>(&'a Mutex<Option<ThreadId>>);

impl<'a> AtWork<'a> {
    fn new(worker: &'a Mutex<Option<ThreadId>>, thread: ThreadId) -> Self {
        *held(worker) = Some(thread);
        Self(worker)
    }
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        *held(self.0) = None;
    }
}
