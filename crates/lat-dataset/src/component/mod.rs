//! One component: its products, its source maps kept or made, energy dispersion and weights.

pub(crate) mod assemble;
pub(crate) mod instrument;
pub(crate) mod map_file;
pub(crate) mod map_maker;
pub(crate) mod memory;
pub(crate) mod own_templates;
pub(crate) mod template_files;

pub use assemble::Component;
pub use map_file::NewMapFile;
pub use memory::MakingSize;
pub use own_templates::ComponentModel;
pub use template_files::Templates;
