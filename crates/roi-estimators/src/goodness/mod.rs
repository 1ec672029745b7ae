//! How well the counts agree with the model: deviances and pulls, each with what Poisson counts would give.

pub(crate) mod deviance;
pub(crate) mod goodness_result;
pub(crate) mod goodness_verb;
pub(crate) mod pull_histogram;
