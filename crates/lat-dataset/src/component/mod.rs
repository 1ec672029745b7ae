//! One component: its products, its source maps kept or made, energy dispersion and weights.

pub(crate) mod assemble;
mod dispersion;
pub(crate) mod ingredients;
pub(crate) mod instrument;
mod keep_maps;
mod map_file;
pub(crate) mod map_maker;
mod maps;
mod memory;
pub(crate) mod own_templates;
pub(crate) mod recipe;
mod remarks;
mod responses;
mod template_files;
mod trial_maker;
mod weights;

pub use assemble::Component;
pub use keep_maps::MapKeeper;
pub use map_file::NewMapFile;
pub use maps::MapPlace;
pub use memory::MakingSize;
pub use own_templates::ComponentModel;
pub use template_files::Templates;
pub use trial_maker::TrialMaker;
