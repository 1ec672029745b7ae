//! From a configuration to everything a fit needs: the model, and counts and source maps of each component.

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use roi_model::roi::Roi;
use roi_model::sky::SkyDirection;
use roi_model::source::Source;
use roi_model::xml;

use crate::config::{Center, ComponentConfig, Config, nearest};
use crate::counts_cube::{self, CountsCubeFile};
use crate::directory::{Products, candidates, template};
use crate::error::{Error, Result};
use crate::source_maps::SourceMapFile;
use crate::{energy_bounds, file_function, model};

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

/// The data of one component.
#[derive(Debug)]
pub struct Component {
    /// Its name, `00` when there is only one.
    pub name: String,
    /// Counts.
    pub counts: CountsCubeFile,
    /// Source maps, read from the file when asked for.
    pub source_maps: SourceMapFile,
    /// The files.
    pub products: Products,
}

/// Loads a region of interest: reads the configuration, finds the products, reads the model and the counts, opens the source maps, and
/// checks that all of them fit together. Without a source model XML the model is built from section `model`, see [`model::build`].
///
/// # Errors
/// When a file is missing or damaged, products disagree, a source has no source map, or the configuration asks for something that is not
/// supported: energy dispersion (set `gtlike.edisp: false`) and likelihood weights.
///
/// ```no_run
/// let loaded = lat_io::load("config.yaml".as_ref())?;
/// for component in &loaded.observation.components {
///     println!("{}: {} counts", component.name, component.counts.cube.total());
/// }
/// # Ok::<(), lat_io::Error>(())
/// ```
pub fn load(config_path: &Path) -> Result<Loaded> {
    let config = Config::read(config_path)?;
    for component in &config.components {
        refuse_unsupported(&config, component)?;
    }
    let products =
        config.components.iter().map(|component| Products::find(&config, component)).collect::<Result<Vec<_>>>()?;
    let (model, notes) = model_of(&config, &products)?;

    // Collected before the first error is taken, so that the same error is told on every run.
    let components: Vec<Result<Component>> = config
        .components
        .par_iter()
        .zip(products)
        .map(|(component, products)| load_component(component, products, &model.sources))
        .collect();
    let components = components.into_iter().collect::<Result<Vec<_>>>()?;

    let mut notes = [config.notes.clone(), notes].concat();
    for (component, settings) in components.iter().zip(&config.components) {
        notes.extend(remarks(component, settings));
    }
    let center = center(&config, &model.sources, &components)?;
    let mut roi = Roi::new(center, model.sources).map_err(|source| Error::model(&model.path, source))?;
    roi.set_title(model.title);
    Ok(Loaded { config, roi, observation: Observation { components }, notes })
}

fn refuse_unsupported(config: &Config, component: &ComponentConfig) -> Result<()> {
    let refuse =
        |what: String, remedy: &str| Error::Unsupported { path: config.path.clone(), what, remedy: remedy.into() };
    if component.edisp.is_on() {
        let what = format!(
            "energy dispersion (component '{}': gtlike.edisp is true, fermipy's default, and edisp_bins is {})",
            component.name, component.edisp.bins
        );
        return Err(refuse(what, "set gtlike: {edisp: false} to fit without it"));
    }
    if component.files.wmap.is_some() {
        let what = format!("a likelihood weights map (wmap of component '{}')", component.name);
        return Err(refuse(what, "remove wmap to fit without weights"));
    }
    Ok(())
}

/// The model of the XML; built from section `model` when there is none, which a note tells.
fn model_of(config: &Config, products: &[Products]) -> Result<(Model, Vec<String>)> {
    if products.iter().any(|products| products.xml.is_some()) || config.model.is_empty() {
        return Ok((read_model(config, products)?, Vec::new()));
    }
    let roi = model::build(config)?;
    let note = format!("no source model XML: the {} sources of section 'model' are used", roi.sources().len());
    Ok((
        Model { path: config.path.clone(), title: roi.title().to_owned(), sources: roi.sources().to_vec() },
        vec![note],
    ))
}

struct Model {
    path: PathBuf,
    title: String,
    sources: Vec<Source>,
}

/// The model of the first component that has one. All components share one model: the files of the others must describe the same sources
/// with the same spectra; their parameter values are not used, as in fermipy.
fn read_model(config: &Config, products: &[Products]) -> Result<Model> {
    let mut paths = products.iter().filter_map(|products| products.xml.as_ref());
    let Some(first) = paths.next() else {
        let component = config.components.first().map_or("00", |component| component.name.as_str());
        let tried = candidates(&config.outdir, "srcmdl", component, "xml");
        return Err(Error::NoProduct {
            component: component.to_owned(),
            what: "source model",
            tried: tried.iter().map(|path| format!("'{}'", path.display())).collect::<Vec<_>>().join(", "),
            key: "xml",
        });
    };
    let model = read_xml(config, first)?;
    for path in paths.filter(|path| *path != first) {
        if let Some(difference) = difference(&model, &read_xml(config, path)?) {
            return Err(Error::Unsupported {
                path: path.clone(),
                what: format!("a model that differs from '{}' ({difference})", first.display()),
                remedy: "give all components one model: files: {xml: PATH} at the top level".into(),
            });
        }
    }
    Ok(model)
}

fn read_xml(config: &Config, path: &Path) -> Result<Model> {
    let text = file_function::read_text(path)?;
    let load = |name: &str| Ok(file_function::read(&template(config, path, name)?)?);
    let library = xml::read(&text, &load).map_err(|source| Error::model(path, source))?;
    Ok(Model { path: path.to_owned(), title: library.title, sources: library.sources })
}

/// How two models differ in what the components must share.
fn difference(a: &Model, b: &Model) -> Option<String> {
    let outline = |model: &Model| -> Vec<_> {
        let spectrum = |source: &Source| {
            let spectrum = source.spectrum();
            (source.name().to_owned(), spectrum.type_name().to_owned(), spectrum.file().map(str::to_owned))
        };
        model.sources.iter().map(spectrum).collect()
    };
    let (a, b) = (outline(a), outline(b));
    let only_one = a.iter().find(|source| !b.contains(source)).or_else(|| b.iter().find(|source| !a.contains(source)));
    only_one.map(|(name, kind, file)| {
        let file = file.as_ref().map_or_else(String::new, |file| format!(" of '{file}'"));
        format!("source '{name}' with spectrum {kind}{file} is not in both")
    })
}

fn load_component(settings: &ComponentConfig, products: Products, sources: &[Source]) -> Result<Component> {
    let counts = counts_cube::read(&products.ccube)?;
    let source_maps = SourceMapFile::open(&products.srcmap)?;
    energy_bounds::check(&products.srcmap, source_maps.axis(), &products.ccube, counts.cube.axis())?;
    if let Some(what) = source_maps.grid().difference(&counts.grid) {
        return Err(Error::PixelMismatch { path: products.srcmap, other: products.ccube, what });
    }
    if let Some(source) = sources.iter().find(|source| !source_maps.contains(source.name())) {
        let near =
            nearest(source.name(), source_maps.names().iter().map(String::as_str)).filter(|(alike, _)| *alike > 0.6);
        return Err(Error::MissingSourceMap {
            component: settings.name.clone(),
            path: products.srcmap,
            name: source.name().to_owned(),
            near: near.map(|(_, name)| name.to_owned()),
        });
    }
    Ok(Component { name: settings.name.clone(), counts, source_maps, products })
}

/// What the user may have expected otherwise.
fn remarks(component: &Component, settings: &ComponentConfig) -> Vec<String> {
    let mut notes = Vec::new();
    let mut note = |text: String| notes.push(format!("component '{}': {text}", component.name));
    if component.products.ccube == component.products.srcmap {
        note(format!("the counts are those of the source map file '{}'", component.products.srcmap.display()));
    } else if component.source_maps.read_counts().is_ok_and(|counts| counts != component.counts.cube.counts()) {
        note(format!(
            "the counts of '{}' are used; '{}' holds other counts: were its source maps made for this counts cube?",
            component.products.ccube.display(),
            component.products.srcmap.display()
        ));
    }
    let edges = component.counts.cube.axis().edges();
    for (key, wanted, edge) in [("emin", settings.emin, edges.first()), ("emax", settings.emax, edges.last())] {
        if let (Some(wanted), Some(&edge)) = (wanted, edge)
            && (wanted - edge).abs() > energy_bounds::EDGE_TOLERANCE * edge
        {
            note(format!("selection.{key} is {wanted} MeV, the counts cube has {edge} MeV; all its bins are used"));
        }
    }
    let frame = component.counts.grid.frame();
    if let Some(wanted) = settings.coordsys
        && wanted != frame
    {
        note(format!("binning.coordsys says {wanted:?}, the counts cube is {frame:?}; the cube's own frame is used"));
    }
    notes
}

/// The centre that the configuration tells, else the reference direction of the first counts cube.
fn center(config: &Config, sources: &[Source], components: &[Component]) -> Result<SkyDirection> {
    match &config.center {
        Some(Center::Direction(direction)) => Ok(*direction),
        Some(Center::Target(target)) => {
            // fermipy matches names without regard to case and blanks.
            let squash = |text: &str| text.split_whitespace().collect::<String>().to_lowercase();
            let is_target = |source: &&Source| {
                squash(source.name()) == squash(target)
                    || source.aliases().iter().any(|alias| squash(alias) == squash(target))
            };
            sources.iter().find(is_target).and_then(Source::direction).ok_or_else(|| Error::Unsupported {
                path: config.path.clone(),
                what: format!("selection.target '{target}', which is no source with a position in the model,"),
                remedy: "name such a source, or give selection.ra and selection.dec".into(),
            })
        }
        None => components.first().map_or_else(
            || {
                let reason = "no component to take the centre of the region from".into();
                Err(lat_response::Error::Projection { reason }.into())
            },
            |component| Ok(component.counts.grid.reference_direction()?),
        ),
    }
}
