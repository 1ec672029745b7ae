//! What an analysis promises, on a small simulated region.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod any_data;
mod components;
mod edit;
mod faults;
mod fit;
mod fit_faults;
mod kept;
mod optimize;
mod profile;
mod properties;
mod range_and_stop;
mod refitted_limits;
mod region;
mod saved_tables;
mod state;
mod template_fluxes;
mod trials;
