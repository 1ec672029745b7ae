//! From a configuration to everything a fit needs: the model, and counts and source maps of each component.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;
use roi_model::{Roi, SkyDirection, Source, SourceLibrary};

use crate::component::assemble::Component;
use crate::component::ingredients::Ingredients;
use crate::component::map_maker::Digests;
use crate::component::own_templates::{self, ComponentModel};
use crate::config::{ComponentConfig, Config};
use crate::error::{Error, Result};
use crate::products::{Products, candidates, listed, template};
use crate::region::{among_sources, build_region, enrich};
use lat_io::TableFiles;

/// A region of interest as it lies on disk.
#[derive(Debug)]
pub struct Loaded {
    /// The resolved configuration.
    pub config: Config,
    /// The source model.
    pub roi: Roi,
    /// The data.
    pub observation: Observation,
    /// What the user should know: ignored keys, products found in another place than usual.
    pub notes: Vec<String>,
}

/// The data of all components.
#[derive(Debug)]
pub struct Observation {
    /// At least one component, in the order of the configuration.
    pub components: Vec<Component>,
}

/// Loads a region of interest: reads the configuration, finds the products, reads the model and the counts, opens the source maps, and
/// checks that all of them fit together. Without a source model XML the model is built from section `model`, see [`build_region`].
///
/// # Errors
/// When a file is missing or damaged, products disagree, a source has no source map or too few planes in it, or energy dispersion is on
/// (fermipy's default) and there is no detector response matrix, nor livetime and response functions to compute it from.
///
/// ```no_run
/// let loaded = lat_dataset::load("config.yaml".as_ref())?;
/// for component in &loaded.observation.components {
///     println!("{}: {} counts", component.name, component.counts.cube.total());
/// }
/// # Ok::<(), lat_dataset::Error>(())
/// ```
pub fn load(config_path: &Path) -> Result<Loaded> {
    let config = Config::read(config_path)?;
    let products =
        config.components.iter().map(|component| Products::find(&config, component)).collect::<Result<Vec<_>>>()?;
    let (model, notes) = model_of(&config, &products)?;
    let priors: Vec<PathBuf> = products.iter().filter_map(|products| products.priors.clone()).collect();

    let digests = Digests::default();
    // Collected before the first error is taken, so that the same error is told on every run.
    let components: Vec<Result<Component>> = config
        .components
        .par_iter()
        .zip(products)
        .zip(model.components.clone())
        .map(|((component, products), own)| {
            let (model_path, sources) = (model.path.as_path(), model.sources.as_slice());
            let of = Ingredients { config: &config, settings: component, model_path, sources };
            Component::load(&of, products, own, Arc::clone(&digests))
        })
        .collect();
    let components = components.into_iter().collect::<Result<Vec<_>>>()?;

    let mut notes = [config.notes.clone(), notes].concat();
    for (component, settings) in components.iter().zip(&config.components) {
        notes.extend(component.remarks(settings));
    }
    let center = center(&config, &model.sources, &components)?;
    let mut roi = Roi::new(center, model.sources).map_err(|source| Error::model(&model.path, source))?;
    roi.set_title(model.title);
    // As the parameters, the priors of the first component are those of all.
    if let Some(path) = priors.first() {
        lat_io::read_priors(path, &mut roi)?;
    }
    Ok(Loaded { config, roi, observation: Observation { components }, notes })
}

/// The model of the XML; built from section `model` when there is none, which a note tells.
fn model_of(config: &Config, products: &[Products]) -> Result<(Model, Vec<String>)> {
    let nothing_to_build = config.components.iter().all(|component| component.model.is_empty());
    if products.iter().any(|products| products.xml.is_some()) || nothing_to_build {
        let mut model = read_model(config, products)?;
        let notes = enrich(config, config.first_component()?, &mut model.sources);
        return Ok((model, notes));
    }
    let region = build_region(config)?;
    let note = format!("no source model XML: the {} sources of section 'model' are used", region.roi.sources().len());
    let model = Model {
        path: config.path.clone(),
        title: region.roi.title().to_owned(),
        sources: region.roi.sources().to_vec(),
        components: region.components,
    };
    Ok((model, vec![note]))
}

struct Model {
    path: PathBuf,
    title: String,
    sources: Vec<Source>,
    /// What each component has of its own.
    components: Vec<ComponentModel>,
}

/// The models of the XML files. Components share one model: parameter values are those of the first file, as in fermipy; the others may name
/// other templates. A component without a file has the model of the first.
fn read_model(config: &Config, products: &[Products]) -> Result<Model> {
    let Some(first) = products.iter().find_map(|products| products.xml.as_ref()) else {
        let component = config.first_component()?.name.as_str();
        let tried = candidates(&config.outdir, "srcmdl", component, "xml");
        return Err(Error::NoProduct {
            component: component.to_owned(),
            what: "source model",
            tried: listed(&tried),
            key: "xml",
        });
    };
    let mut title = String::new();
    let mut by_component = Vec::with_capacity(products.len());
    for (component, products) in config.components.iter().zip(products).rev() {
        let library = read_xml(config, component, products.xml.as_ref().unwrap_or(first))?;
        title = library.title;
        by_component.insert(0, library.sources);
    }
    let (sources, components) = own_templates::combine(first, &by_component)?;
    Ok(Model { path: first.clone(), title, sources, components })
}

/// Reads another source model XML for a configuration: its title and its sources. Tables that it names are looked for as [`load`] does.
///
/// # Errors
/// When the file or a table is missing or damaged.
pub fn read_model_file(config: &Config, path: &Path) -> Result<(String, Vec<Source>)> {
    let library = read_xml(config, config.first_component()?, path)?;
    Ok((library.title, library.sources))
}

fn read_xml(config: &Config, component: &ComponentConfig, path: &Path) -> Result<SourceLibrary> {
    let text = lat_io::read_text(path)?;
    let tables = TableFiles::new(|name: &str| template(config, component, path, name));
    roi_model::read_xml_with(&text, &tables).map_err(|source| Error::model(path, source))
}

/// The centre that the configuration tells, else the reference direction of the first counts cube.
fn center(config: &Config, sources: &[Source], components: &[Component]) -> Result<SkyDirection> {
    match (among_sources(config, sources)?, components.first()) {
        (Some(center), _) => Ok(center),
        (None, Some(component)) => Ok(component.counts.grid.reference_direction()?),
        (None, None) => Err(config.no_component()),
    }
}
