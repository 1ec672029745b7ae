//! A request to stop in the middle of an evaluation.

use std::fmt;
use std::sync::Arc;

/// Asked before and during evaluations, from any thread: once it is up they end with [`crate::Error::Stopped`].
///
/// ```
/// use likelihood_core::StopSignal;
/// assert!(!StopSignal::default().is_up());
/// assert!(StopSignal::new(|| true).is_up());
/// ```
#[derive(Clone, Default)]
pub struct StopSignal(Option<Arc<dyn Fn() -> bool + Send + Sync>>);

impl StopSignal {
    /// A signal that is up when this says so; it is asked often.
    pub fn new(is_up: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(is_up)))
    }

    /// Whether it is up; the default one never is.
    pub fn is_up(&self) -> bool {
        self.0.as_ref().is_some_and(|is_up| is_up())
    }
}

impl fmt::Debug for StopSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StopSignal").field("is_up", &self.is_up()).finish()
    }
}
