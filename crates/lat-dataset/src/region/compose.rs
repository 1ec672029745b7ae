//! Section `model` of every component, and what they come to together.

use roi_model::{Roi, SkyDirection, Source};

use super::catalogs::{Catalogs, Found};
use super::{center, diffuse, written};
use crate::component::own_templates::{self, ComponentModel};
use crate::config::{ComponentConfig, Config};
use crate::error::{Error, Result};
use crate::products::template;

/// A region and what its components have of their own.
#[derive(Clone, Debug)]
pub struct RegionModel {
    /// The sources. Where components name different templates, those of the first that has the source.
    pub roi: Roi,
    /// The templates of each component, in the order of the configuration.
    pub components: Vec<ComponentModel>,
}

/// Builds the region that section `model` describes around the centre of the configuration: `isodiff`, `galdiff`, `limbdiff`, `diffuse` and
/// `diffuse_xml`; the sources of `catalogs` within `src_radius` and within the square of width `src_roiwidth` (in `binning.coordsys`); and
/// `sources`. Parameters of catalog and diffuse sources are fixed; the normalisation of a source written out is free unless it says otherwise.
///
/// Components may name different templates for a source; parameters are shared.
///
/// # Errors
/// When the configuration tells no centre, a file is missing or damaged, an entry cannot be understood, or components disagree on more than
/// templates.
///
/// ```no_run
/// let config = lat_dataset::Config::read("config.yaml".as_ref())?;
/// let region = lat_dataset::build_region(&config)?;
/// println!("{} sources", region.roi.sources().len());
/// # Ok::<(), lat_dataset::Error>(())
/// ```
pub fn build_region(config: &Config) -> Result<RegionModel> {
    let mut catalogs = Catalogs::default();
    let center = center::of_model(config, &mut catalogs)?;
    let mut by_component = Vec::with_capacity(config.components.len());
    for component in &config.components {
        by_component.push(sources(config, component, &center, &mut catalogs)?);
    }
    let (shared, components) = own_templates::combine(&config.path, &by_component)?;
    let roi = Roi::new(center, shared).map_err(|source| Error::model(&config.path, source))?;
    Ok(RegionModel { roi, components })
}

/// The sources of one component, in fermipy's order of loading.
fn sources(
    config: &Config,
    component: &ComponentConfig,
    center: &SkyDirection,
    catalogs: &mut Catalogs,
) -> Result<Vec<Source>> {
    let model = &component.model;
    let mut found = Found::new(config, component);
    for source in diffuse::sources(config, component)? {
        found.add(source)?;
    }
    let extdir = match &model.extdir {
        Some(path) => Some(template(config, component, &config.path, &path.to_string_lossy())?),
        None => None,
    };
    for name in &model.catalogs {
        let catalog = catalogs.get(config, component, name)?;
        found.add_catalog(catalog, center, extdir.as_deref())?;
    }
    for entry in &model.sources {
        found.add(written::source(config, component, entry, center)?)?;
    }
    Ok(found.sources)
}
