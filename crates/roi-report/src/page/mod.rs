//! What the template shows, and the verbs that fill and write it.

pub(crate) mod fit_status;
pub(crate) mod goodness_rows;
pub(crate) mod links;
pub(crate) mod origin;
pub(crate) mod packed;
pub(crate) mod report_verb;
pub(crate) mod shown;
pub(crate) mod source_panel;
pub(crate) mod source_rows;
pub(crate) mod source_tables;
