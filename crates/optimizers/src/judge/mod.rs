//! The judgement of a point, and what every optimizer does around its search.

pub(crate) mod confirm;
pub(crate) mod covariance;
pub(crate) mod driver;
pub(crate) mod elsewhere;
pub(crate) mod hesse;
pub(crate) mod second_look;
pub(crate) mod settle;
pub(crate) mod verdict;
