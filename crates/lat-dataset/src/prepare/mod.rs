//! Products made from event files: photons selected, livetime, counts and exposure of each component, under fermipy's names.

mod coadd;
mod digests;
mod durations;
mod make;
mod model_file;
mod needs;
mod plan;
mod rules;
mod watching;

pub(crate) use digests::named_event_files;
pub use make::{prepare, prepare_if_wanted};
pub use model_file::write_model;
pub use needs::prepares_events;
pub use plan::{PlannedProduct, Product, ProductState, plan};
pub use watching::{PrepareStep, PrepareWatch};
