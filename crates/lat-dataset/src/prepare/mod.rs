//! Products made from event files: photons selected, livetime, counts and exposure of each component, under fermipy's names.

mod digests;
mod durations;
mod make;
mod needs;
mod plan;
mod rules;

pub(crate) use digests::named_event_files;
pub use make::{PrepareStep, prepare, prepare_if_wanted};
pub use needs::prepares_events;
pub use plan::{PlannedProduct, Product, ProductState, plan};
