//! Section `model` of every component, and what they come to together.

use roi_model::{Roi, SkyDirection, Source};

use super::catalogs::{Catalogs, Found, extdir};
use super::{center, diffuse, written};
use crate::component::own_templates::{self, ComponentModel};
use crate::config::{ComponentConfig, Config};
use crate::error::{Error, Result};
use crate::problems::{Problems, Subject};

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
    compose(config, &mut Problems::first())
}

/// The region of [`build_region`]; where problems are gathered it lacks the sources that could not be had.
pub(crate) fn compose(config: &Config, problems: &mut Problems) -> Result<RegionModel> {
    let mut catalogs = Catalogs::default();
    let center = center::of_model(config, &mut catalogs)?;
    let mut by_component = Vec::with_capacity(config.components.len());
    for component in &config.components {
        let mut making = Making { config, component, center: &center, problems: &mut *problems };
        by_component.push(making.sources(&mut catalogs)?);
    }
    let (shared, components) = own_templates::combine(&config.path, &by_component)?;
    let roi = Roi::new(center, shared).map_err(|source| Error::model(&config.path, source))?;
    Ok(RegionModel { roi, components })
}

/// The sources of one component, while they are made.
struct Making<'a> {
    config: &'a Config,
    component: &'a ComponentConfig,
    center: &'a SkyDirection,
    problems: &'a mut Problems,
}

impl Making<'_> {
    /// All sources, in fermipy's order of loading.
    fn sources(&mut self, catalogs: &mut Catalogs) -> Result<Vec<Source>> {
        let (config, component, center) = (self.config, self.component, self.center);
        let model = &component.model;
        let mut found = Found::new(config, component);
        for one in diffuse::entries(component) {
            for source in self.take(diffuse::sources(config, component, &one))?.into_iter().flatten() {
                self.take(found.add(source))?;
            }
        }
        let extdir = extdir(config, component);
        for name in &model.catalogs {
            if let Some(catalog) = self.take(catalogs.get(config, component, name))? {
                found.add_catalog(catalog, center, extdir.as_deref(), self.problems)?;
            }
        }
        let place = written::Place { config, component, path: &config.path };
        for entry in &model.sources {
            if let Some(source) = self.take(written::source(&place, entry, center))? {
                self.take(found.add(source))?;
            }
        }
        Ok(found.sources)
    }

    fn take<T>(&mut self, result: Result<T>) -> Result<Option<T>> {
        self.problems.take(&Subject::Model, result)
    }
}
