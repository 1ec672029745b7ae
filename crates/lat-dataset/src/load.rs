//! From a configuration to everything a fit needs: the model, and counts and source maps of each component.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;
use roi_model::{Roi, SkyDirection, Source, SourceLibrary};

use crate::component::assemble::Component;
use crate::component::ingredients::Ingredients;
use crate::component::map_maker::Digests;
use crate::component::own_templates::{self, ComponentModel};
use crate::config::{ComponentConfig, Config, Files};
use crate::error::{Error, Result};
use crate::problems::{Problems, Subject};
use crate::products::{Products, candidates, find_products, listed, template};
use crate::region::{among_sources, compose, enrich};
use crate::unheeded::unheeded;
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
/// checks that all of them fit together. Without a source model XML the model is built from section `model`, see [`build_region`](crate::build_region).
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
    load_with(config_path, |_| ())
}

/// The model, as soon as it is known: before the counts and source maps are read.
#[derive(Clone, Copy, Debug)]
pub struct ModelRead<'a> {
    /// The resolved configuration.
    pub config: &'a Config,
    /// The file of the model, relative to which it names templates: the configuration where that holds the model.
    pub path: &'a Path,
    /// Its sources.
    pub sources: &'a [Source],
}

/// As [`load()`]; `at_model` is called once the model is known, so that what it names may be read beside the data.
///
/// # Errors
/// As [`load()`].
pub fn load_with(config_path: &Path, mut at_model: impl FnMut(ModelRead<'_>)) -> Result<Loaded> {
    let config = Config::read(config_path)?;
    let Parts { roi, components, notes, .. } = put_together(&config, &mut Problems::first(), &mut at_model)?;
    let components: Option<Vec<Component>> = components.into_iter().collect();
    match (roi, components) {
        (Some(roi), Some(components)) => {
            let notes = [config.notes.clone(), notes].concat();
            Ok(Loaded { config, roi, observation: Observation { components }, notes })
        }
        _ => Err(Error::Internal { what: "a part of the data set is missing, and no problem was told" }),
    }
}

/// What a configuration comes to; `None` where a problem keeps it from being had.
pub(crate) struct Parts {
    pub(crate) roi: Option<Roi>,
    /// In the order of the configuration.
    pub(crate) components: Vec<Option<Component>>,
    /// The files of each component.
    pub(crate) files: Vec<Files>,
    /// What the user should know, but for the notes of the configuration itself.
    pub(crate) notes: Vec<String>,
}

/// Reads the model, opens the products of every component and checks that all of them fit together.
pub(crate) fn put_together(
    config: &Config,
    problems: &mut Problems,
    at_model: &mut dyn FnMut(ModelRead<'_>),
) -> Result<Parts> {
    let mut files = Vec::with_capacity(config.components.len());
    let mut products = Vec::with_capacity(config.components.len());
    for component in &config.components {
        let found = find_products(config, component, problems)?;
        let with_counts = found.clone().with_counts(config, component);
        products.push(problems.take(&Subject::component(&component.name), with_counts)?);
        files.push(found);
    }
    let model = model_of(config, &files, problems);
    let model = problems.take(&Subject::Model, model)?;
    if let Some(Model { path, sources, .. }) = &model {
        at_model(ModelRead { config, path, sources });
    }
    let components = open_components(config, products, model.as_ref(), problems)?;
    let mut notes = model.as_ref().map(|model| model.notes.clone()).unwrap_or_default();
    for (component, settings) in components.iter().zip(&config.components) {
        notes.extend(component.iter().flat_map(|component| component.remarks(settings)));
    }
    let roi = match model {
        None => None,
        Some(model) => {
            let roi = region_of(model, components.first().and_then(Option::as_ref));
            problems.take(&Subject::Model, roi)?.flatten()
        }
    };
    if let Some(roi) = &roi {
        let xml = files.iter().find_map(|files| files.xml.as_ref()).map(|path| path.display().to_string());
        notes.extend(unheeded(config, roi, &components, xml.as_deref()));
    }
    let mut parts = Parts { roi, components, files, notes };
    if let (Some(roi), Some(path)) = (&mut parts.roi, parts.files.iter().find_map(|files| files.priors.as_ref())) {
        // As the parameters, the priors of the first component are those of all.
        problems.take(&Subject::Model, lat_io::read_priors(path, roi).map_err(Error::from))?;
    }
    Ok(parts)
}

/// Opens the products of all components that have counts, side by side.
fn open_components(
    config: &Config,
    products: Vec<Option<Products>>,
    model: Option<&Model>,
    problems: &mut Problems,
) -> Result<Vec<Option<Component>>> {
    let digests = Digests::default();
    let sources = model.map_or(&[][..], |model| model.sources.as_slice());
    let model_path = model.map_or(config.path.as_path(), |model| model.path.as_path());
    let alike = || problems.alike();
    // Collected before the first error is taken, so that the same error is told on every run.
    let opened: Vec<(Result<Option<Component>>, Problems)> = config
        .components
        .par_iter()
        .zip(products)
        .enumerate()
        .map(|(index, (settings, products))| {
            let mut problems = alike();
            let Some(products) = products else { return (Ok(None), problems) };
            let own = model.and_then(|model| model.components.get(index)).cloned().unwrap_or_default();
            let of = Ingredients { config, settings, model_path, sources };
            (Component::load(&of, products, own, Arc::clone(&digests), &mut problems), problems)
        })
        .collect();
    let mut components = Vec::with_capacity(opened.len());
    for (component, own) in opened {
        problems.extend(own);
        components.push(component?);
    }
    Ok(components)
}

/// The region of a model around the centre that it has, else around the reference direction of the first counts cube; `None`
/// without either.
fn region_of(model: Model, first: Option<&Component>) -> Result<Option<Roi>> {
    let center = match (model.center, first) {
        (Some(center), _) => center,
        (None, Some(component)) => component.counts.grid.reference_direction()?,
        (None, None) => return Ok(None),
    };
    let mut roi = Roi::new(center, model.sources).map_err(|source| Error::model(&model.path, source))?;
    roi.set_title(model.title);
    Ok(Some(roi))
}

/// The model of the XML; built from section `model` when there is none, which a note tells.
fn model_of(config: &Config, files: &[Files], problems: &mut Problems) -> Result<Model> {
    let nothing_to_build = config.components.iter().all(|component| component.model.is_empty());
    if files.iter().any(|files| files.xml.is_some()) || nothing_to_build {
        let mut model = read_model(config, files)?;
        model.notes = enrich(config, config.first_component()?, &mut model.sources);
        model.center = among_sources(config, &model.sources)?;
        return Ok(model);
    }
    let region = compose(config, problems)?;
    let note = format!("no source model XML: the {} sources of section 'model' are used", region.roi.sources().len());
    Ok(Model {
        path: config.path.clone(),
        title: region.roi.title().to_owned(),
        center: Some(region.roi.center()),
        sources: region.roi.sources().to_vec(),
        components: region.components,
        notes: vec![note],
    })
}

struct Model {
    path: PathBuf,
    title: String,
    /// The centre of the region, where the configuration tells one.
    center: Option<SkyDirection>,
    sources: Vec<Source>,
    /// What each component has of its own.
    components: Vec<ComponentModel>,
    /// What the user should know of it.
    notes: Vec<String>,
}

/// The models of the XML files. Components share one model: parameter values are those of the first file, as in fermipy; the others may name
/// other templates. A component without a file has the model of the first.
fn read_model(config: &Config, files: &[Files]) -> Result<Model> {
    let Some(first) = files.iter().find_map(|files| files.xml.as_ref()) else {
        let component = config.first_component()?.name.as_str();
        let tried = candidates(&config.outdir, "srcmdl", component, "xml");
        return Err(Error::NoProduct {
            component: component.to_owned(),
            what: "source model",
            tried: listed(&tried),
            key: "xml",
            events: None,
        });
    };
    let mut title = String::new();
    let mut by_component = Vec::with_capacity(files.len());
    for (component, files) in config.components.iter().zip(files).rev() {
        let library = read_xml(config, component, files.xml.as_ref().unwrap_or(first))?;
        title = library.title;
        by_component.insert(0, library.sources);
    }
    let (sources, components) = own_templates::combine(first, &by_component)?;
    Ok(Model { path: first.clone(), title, center: None, sources, components, notes: Vec::new() })
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
