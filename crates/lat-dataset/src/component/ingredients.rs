//! What the configuration and the model have to say of a component.

use std::path::Path;

use roi_model::Source;

use crate::config::{ComponentConfig, Config};

/// The configuration of a component, and the model that its maps are of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ingredients<'a> {
    pub(crate) config: &'a Config,
    pub(crate) settings: &'a ComponentConfig,
    /// The file of the model, beside which its templates are looked for.
    pub(crate) model_path: &'a Path,
    /// The sources of the region.
    pub(crate) sources: &'a [Source],
}
