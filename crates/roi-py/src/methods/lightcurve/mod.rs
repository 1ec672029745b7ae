//! The flux of a source in time bins.

mod chosen_bins;
mod keywords_of_bins;
mod lightcurve_method;
