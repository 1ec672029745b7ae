//! New sources, found on TS maps.

pub(crate) mod candidates;
pub(crate) mod find_options;
pub(crate) mod find_result;
pub(crate) mod find_verb;
mod kept_map;
mod names;
pub(crate) mod peaks;
