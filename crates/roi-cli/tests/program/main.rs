//! The program from outside, one module a theme, in one binary: what it takes to run it is written once, in [`support`].

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod support;

#[cfg(unix)]
mod at_once;
mod batch;
mod collisions;
mod commands;
mod edits_and_tables;
mod empty;
mod energies_and_added_sources;
mod estimators;
#[cfg(target_os = "linux")]
mod faults;
#[cfg(unix)]
mod interrupts;
mod keys;
#[cfg(unix)]
mod kills;
mod light_curves;
mod limits;
mod newcomers;
mod outputs_and_usage;
mod positions_and_widths;
mod prepare;
mod profile_and_model;
mod report;
mod simulate;
mod sky_maps;
mod spectrum_and_state;
mod verbosity;
