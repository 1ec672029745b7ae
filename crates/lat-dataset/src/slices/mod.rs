//! The data of an analysis in bins of time, made in memory: counts and livetime of all bins from one reading of each file, exposure, PSF and source
//! maps of a bin when it is asked for.

mod bin_response;
mod component_slices;
mod exposure_pixels;
mod ground;
mod opening;
mod slice_component;
mod slice_source;
mod time_slices;
mod watched_files;

pub use slice_component::{SliceComponent, SliceMapsMade};
pub use time_slices::{NoData, Slice, SliceInputs, TimeSlices};
pub use watched_files::{SliceStep, SliceWatch};
