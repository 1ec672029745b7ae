//! One file a question: what is drawn and fitted, what the page says of it, which laws must hold.

pub(super) mod coverage;
pub(super) mod map_maximum;
pub(super) mod null_statistics;
pub(super) mod places;
pub(super) mod pulls;
pub(super) mod settings;
pub(super) mod toy_coverage;
