//! What a report is made of, asked of the estimators.

pub(crate) mod beside;
pub(crate) mod choice;
pub(crate) mod gather_verb;
pub(crate) mod report_options;
