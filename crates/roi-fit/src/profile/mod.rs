//! Profiles and test statistics: of one parameter, of many norms at once.

pub(crate) mod crossings;
pub(crate) mod flux_coordinate;
pub(crate) mod known_maximum;
pub(crate) mod many_norms;
pub(crate) mod one;
pub(crate) mod profile_options;
pub(crate) mod quadratic;
pub(crate) mod refit_curve;
pub(crate) mod refitted_limits;
pub(crate) mod test_statistic;
pub(crate) mod walk;
