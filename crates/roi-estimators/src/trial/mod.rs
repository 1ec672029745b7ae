//! A source that is tried elsewhere, or wider.

pub(crate) mod place;
pub(crate) mod slopes;
pub(crate) mod trial_session;
