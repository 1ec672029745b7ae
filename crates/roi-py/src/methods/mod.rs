//! The methods of an analysis, a file a theme.

mod estimating;
mod fitting;
mod freeing;
mod lightcurve;
mod mapping;
pub(crate) mod opening;
mod parameters;
mod photons;
mod placing;
mod reporting;
mod saving;
pub(crate) mod selecting;
pub(crate) mod sources;
