//! Products made from event files: photons selected, livetime, counts and exposure of each component, under fermipy's names.

mod coadd;
mod digests;
mod dry_run;
mod durations;
mod make;
mod model_file;
mod needs;
mod plan;
mod planned_product;
mod rules;
mod watching;

pub(crate) use digests::{named_event_files, spacecraft_files};
pub use dry_run::plan;
pub use make::{prepare, prepare_and_hold, prepare_if_wanted};
pub use model_file::write_model;
pub use needs::prepares_events;
pub use planned_product::{PlannedProduct, Product, ProductState};
pub(crate) use rules::livetime_options;
pub use watching::{PrepareStep, PrepareWatch};
