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
    /// The function that watches.
    function: Option<Py<PyAny>>,
}

impl Analysis {
    /// Opens an analysis with a watcher; the work can be stopped.
    pub(crate) fn opened(
        py: Python<'_>,
        function: Option<Py<PyAny>>,
        open: impl FnOnce(Box<Watcher>) -> roi_fit::Result<roi_fit::Analysis> + Send,
    ) -> PyResult<Self> {
        let interrupts = Interrupts::new();
        let told = function.as_ref().map(|function| function.clone_ref(py));
        let watcher = Box::new(Watcher { interrupts: Arc::clone(&interrupts), function: told });
        let opened = while_watched(py, &interrupts, || open(watcher))?;
        if let Some(exception) = interrupts.take() {
            return Err(exception);
        }
        let inner = Mutex::new(opened.map_err(Failure::from)?);
        Ok(Self { inner, worker: Mutex::new(None), interrupts, function })
    }

    /// Works on the analysis for a short while, with the interpreter released; other threads that want it wait.
    pub(crate) fn work<T: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut roi_fit::Analysis) -> Result<T, Failure> + Send,
    ) -> PyResult<T> {
        self.refuse_its_own_worker()?;
        Ok(py.detach(|| self.locked(work))?)
    }

    /// Works on the analysis for as long as it takes, on a thread of its own, while this one lets handlers of signals run. What a handler, or the
    /// function that watches, raises stops the work. If the work has come to a result nevertheless, the analysis has taken it, and the exception
    /// has it as attribute `result`.
    pub(crate) fn long_work<'py, T: Send, O>(
        &self,
        py: Python<'py>,
        work: impl FnOnce(&mut roi_fit::Analysis) -> Result<T, Failure> + Send,
        object: impl FnOnce(T) -> PyResult<Bound<'py, O>>,
    ) -> PyResult<Bound<'py, O>> {
        self.refuse_its_own_worker()?;
        let result = while_watched(py, &self.interrupts, || {
            self.locked(|analysis| {
                self.interrupts.reset();
                work(analysis)
            })
        })?;
        match (self.interrupts.take(), result) {
            (None, result) => object(result?),
            (Some(exception), Ok(result)) => {
                exception.value(py).setattr("result", object(result)?.into_any())?;
                Err(exception)
            }
            (Some(exception), Err(_)) => Err(exception),
        }
    }

    /// A function that watches, or a handler of signals, cannot call the analysis that it is called from.
    fn refuse_its_own_worker(&self) -> PyResult<()> {
        // Work on many threads tells of it from any of them.
        if *held(&self.worker) == Some(std::thread::current().id()) || self.interrupts.is_telling() {
            let hint = "the analysis is at work; a function that watches it, or a handler of signals, cannot call it";
            return Err(RoiFitError::new_err(hint));
        }
        Ok(())
    }

    fn locked<T>(&self, work: impl FnOnce(&mut roi_fit::Analysis) -> Result<T, Failure>) -> Result<T, Failure> {
        let mut inner = self.inner.lock().map_err(|_| broken())?;
        let _at_work = AtWork::new(&self.worker, std::thread::current().id());
        work(&mut inner)
    }

    /// One who watches work that asks for a watcher of its own.
    pub(crate) fn watcher(&self, py: Python<'_>) -> Watcher {
        let function = self.function.as_ref().map(|function| function.clone_ref(py));
        Watcher { interrupts: Arc::clone(&self.interrupts), function }
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

/// Works on a thread of its own, while this one lets handlers of signals run; what they raise stops the work.
fn while_watched<T: Send>(py: Python<'_>, interrupts: &Interrupts, work: impl FnOnce() -> T + Send) -> PyResult<T> {
    // The scope waits for its thread, so nobody holds the interpreter here while it does.
    py.detach(|| {
        std::thread::scope(|scope| {
            let (sender, receiver) = channel();
            let spawned = std::thread::Builder::new().name("roifit".into()).spawn_scoped(scope, move || {
                // The receiver waits below.
                let _ = sender.send(work());
            });
            spawned.map_err(|error| RoiFitError::new_err(format!("no thread could be started: {error}")))?;
            loop {
                match receiver.recv_timeout(EVERY) {
                    Ok(result) => return Ok(result),
                    Err(RecvTimeoutError::Disconnected) => return Err(broken()),
                    Err(RecvTimeoutError::Timeout) => {
                        if let Some(Err(exception)) = Python::try_attach(handlers) {
                            interrupts.stop(exception);
                        }
                    }
                }
            }
        })
    })
}

/// Lets the handlers of signals that came run.
fn handlers(py: Python<'_>) -> PyResult<()> {
    py.check_signals()
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
