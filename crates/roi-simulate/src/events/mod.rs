//! Photons one by one: an orbit, the response functions, and what a model of the sky sends through them.

mod builtin_response;
mod draw_photons;
mod emitter;
mod energy_proposal;
mod event_options;
mod event_region;
mod geography;
mod observe;
mod orbit;
mod sky_vectors;

pub use builtin_response::write_builtin_response;
pub use event_options::EventOptions;
pub use event_region::{ResponseFiles, write_event_region};
pub use observe::{ObservedEvents, observe};
