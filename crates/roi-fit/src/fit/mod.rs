//! The verbs that move parameters: fit, optimize, and the update of what is known after them.

pub(crate) mod attempts;
pub(crate) mod climb;
pub(crate) mod fit_free;
pub(crate) mod fit_session;
pub(crate) mod iteration_log;
pub(crate) mod optimize;
pub(crate) mod update;
