//! One time bin: what is fitted in it, and what came of that.

pub(crate) mod fit_time_bin;
pub(crate) mod flux_limit;
pub(crate) mod hypotheses;
pub(crate) mod ladder;
pub(crate) mod plan;
pub(crate) mod posterior_limit;
pub(crate) mod room;
pub(crate) mod time_bin;
