//! The result dictionaries of `fit`, `optimize` and `loglike`, with the documented keys.
//!
//! `values`, `errors` and `covariance` are in units of the parameters' `value` (their scale not applied; the documentation's
//! "unscaled"); `true_values`, `true_errors` and `true_covariance` have the scale applied. Rows are in the region's order of free
//! parameters: sources by name, parameters in the order of their spectrum.

pub(crate) mod dictionary;
pub(crate) mod fit_result;
mod keys;
pub(crate) mod loglike_result;
pub(crate) mod optimize_result;
