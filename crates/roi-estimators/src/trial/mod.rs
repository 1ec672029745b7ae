//! A source that is tried elsewhere, or wider.

pub(crate) mod freedom;
pub(crate) mod memory;
pub(crate) mod place;
pub(crate) mod settle;
pub(crate) mod slopes;
pub(crate) mod together;
pub(crate) mod trial_session;
