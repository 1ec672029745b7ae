//! From a configuration to everything a fit needs: the model, and counts and source maps of each component.

use std::path::{Path, PathBuf};

use likelihood_core::{Dispersion, DispersionMode, Settings, SourceMap};
use ndarray::Array3;
use rayon::prelude::*;
use roi_model::roi::Roi;
use roi_model::sky::SkyDirection;
use roi_model::source::Source;
use roi_model::xml::{self, SourceLibrary};

use crate::component_model::{self, ComponentModel};
use crate::config::{Center, ComponentConfig, Config, ExposureScaling, nearest};
use crate::counts_cube::{self, CountsCubeFile};
use crate::directory::{Products, candidates, template};
use crate::error::{Error, Result};
use crate::source_maps::SourceMapFile;
use crate::tables::TableFiles;
use crate::{detector_response, energy_bounds, file_function, likelihood_weights, model, priors};

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
    /// Energy dispersion and likelihood weights.
    pub settings: Settings,
    /// Corrections of the exposure.
    pub exposure: ExposureScaling,
    /// The files.
    pub products: Products,
    /// The templates that the component does not share with the others.
    pub model: ComponentModel,
    /// What the user should know of its products.
    notes: Vec<String>,
}

impl Component {
    /// Reads the map of a source of the region, ready for the region's spectrum (see [`ComponentModel::adapted`]) and multiplied by the
    /// correction of the exposure if there is one. Where the component lacks the source the map is zero.
    ///
    /// # Errors
    /// As [`SourceMapFile::read`] and [`ComponentModel::adapted`]; when the map in the file was multiplied by zero and is wanted
    /// otherwise.
    pub fn source_map(&self, source: &Source) -> Result<SourceMap> {
        if self.model.is_absent(source.name()) {
            let (_, ny, nx) = self.counts.cube.counts().dim();
            let extra = self.settings.dispersion.as_ref().map_or(0, Dispersion::n_extra);
            let planes = Array3::zeros((self.counts.cube.axis().edges().len() + 2 * extra, ny, nx));
            return SourceMap::new(planes)
                .map_err(|error| Error::data(self.source_maps.path(), source.name().into(), error));
        }
        self.model.adapted(source, self.counts.cube.axis(), self.scaled_map(source.name())?)
    }

    /// Reads a map and multiplies it by the correction of the exposure. What fermipy has multiplied it by already (keyword `EXPSCALE`) is
    /// taken into account.
    fn scaled_map(&self, name: &str) -> Result<SourceMap> {
        let map = self.source_maps.read(name)?;
        let present = self.source_maps.exposure_scale(name);
        let Some(factor) = self.exposure.of(name).filter(|wanted| *wanted != present) else { return Ok(map) };
        let bad =
            |reason: String| Error::BadFits { path: self.products.srcmap.clone(), hdu: format!("'{name}'"), reason };
        if !(present.is_finite() && present > 0.0) {
            return Err(bad(format!(
                "its exposure was multiplied by EXPSCALE = {present}, gtlike asks for {factor}; make the map anew"
            )));
        }
        #[expect(clippy::cast_possible_truncation, reason = "source maps are single precision")]
        let scaled = map.planes().mapv(|value| (f64::from(value) * (factor / present)) as f32);
        SourceMap::new(scaled).map_err(|source| Error::data(&self.products.srcmap, format!("'{name}'"), source))
    }
}

/// Loads a region of interest: reads the configuration, finds the products, reads the model and the counts, opens the source maps, and
/// checks that all of them fit together. Without a source model XML the model is built from section `model`, see [`model::build`].
///
/// # Errors
/// When a file is missing or damaged, products disagree, a source has no source map or too few planes in it, or energy dispersion is on
/// (fermipy's default) and there is no detector response matrix.
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
    let products =
        config.components.iter().map(|component| Products::find(&config, component)).collect::<Result<Vec<_>>>()?;
    let (model, notes) = model_of(&config, &products)?;
    let priors: Vec<PathBuf> = products.iter().filter_map(|products| products.priors.clone()).collect();

    // Collected before the first error is taken, so that the same error is told on every run.
    let components: Vec<Result<Component>> = config
        .components
        .par_iter()
        .zip(products)
        .zip(model.components.clone())
        .map(|((component, products), own)| load_component(&config, component, products, &model.sources, own))
        .collect();
    let components = components.into_iter().collect::<Result<Vec<_>>>()?;

    let mut notes = [config.notes.clone(), notes].concat();
    for (component, settings) in components.iter().zip(&config.components) {
        notes.extend(remarks(component, settings));
    }
    let center = center(&config, &model.sources, &components)?;
    let mut roi = Roi::new(center, model.sources).map_err(|source| Error::model(&model.path, source))?;
    roi.set_title(model.title);
    // As the parameters, the priors of the first component are those of all.
    if let Some(path) = priors.first() {
        priors::read(path, &mut roi)?;
    }
    Ok(Loaded { config, roi, observation: Observation { components }, notes })
}

/// The model of the XML; built from section `model` when there is none, which a note tells.
fn model_of(config: &Config, products: &[Products]) -> Result<(Model, Vec<String>)> {
    let nothing_to_build = config.components.iter().all(|component| component.model.is_empty());
    if products.iter().any(|products| products.xml.is_some()) || nothing_to_build {
        let mut model = read_model(config, products)?;
        let notes = config.components.first().map(|component| model::enrich(config, component, &mut model.sources));
        return Ok((model, notes.unwrap_or_default()));
    }
    let region = model::build(config)?;
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
        let component = config.components.first().map_or("00", |component| component.name.as_str());
        let tried = candidates(&config.outdir, "srcmdl", component, "xml");
        return Err(Error::NoProduct {
            component: component.to_owned(),
            what: "source model",
            tried: tried.iter().map(|path| format!("'{}'", path.display())).collect::<Vec<_>>().join(", "),
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
    let (sources, components) = component_model::combine(first, &by_component)?;
    Ok(Model { path: first.clone(), title, sources, components })
}

/// Reads another source model XML for a configuration: its title and its sources. Tables that it names are looked for as [`load`] does.
///
/// # Errors
/// When the file or a table is missing or damaged.
pub fn read_model_file(config: &Config, path: &Path) -> Result<(String, Vec<Source>)> {
    // A configuration has at least one component.
    let Some(component) = config.components.first() else { return Ok((String::new(), Vec::new())) };
    let library = read_xml(config, component, path)?;
    Ok((library.title, library.sources))
}

fn read_xml(config: &Config, component: &ComponentConfig, path: &Path) -> Result<SourceLibrary> {
    let text = file_function::read_text(path)?;
    let tables = TableFiles::new(|name: &str| template(config, component, path, name));
    xml::read_with(&text, &tables).map_err(|source| Error::model(path, source))
}

fn load_component(
    config: &Config,
    settings: &ComponentConfig,
    products: Products,
    sources: &[Source],
    model: ComponentModel,
) -> Result<Component> {
    let counts = counts_cube::read(&products.ccube)?;
    let source_maps = SourceMapFile::open(&products.srcmap)?;
    energy_bounds::check(&products.srcmap, source_maps.axis(), &products.ccube, counts.cube.axis())?;
    if let Some(what) = source_maps.grid().difference(&counts.grid) {
        return Err(Error::PixelMismatch { path: products.srcmap, other: products.ccube, what });
    }
    if let Some(source) =
        sources.iter().find(|source| !model.is_absent(source.name()) && !source_maps.contains(source.name()))
    {
        let near =
            nearest(source.name(), source_maps.names().iter().map(String::as_str)).filter(|(alike, _)| *alike > 0.6);
        return Err(Error::MissingSourceMap {
            component: settings.name.clone(),
            path: products.srcmap,
            name: source.name().to_owned(),
            near: near.map(|(_, name)| name.to_owned()),
        });
    }
    let mut notes = Vec::new();
    let dispersion = dispersion(config, settings, &products, &counts, sources, &mut notes)?;
    if let Some(dispersion) = &dispersion {
        check_planes(settings, dispersion, &source_maps, sources)?;
    }
    let weights = match &products.wmap {
        Some(_) if source_maps.has_weights() => {
            notes.push(format!("the likelihood weights are those of '{}'", products.srcmap.display()));
            source_maps.read_weights()?
        }
        Some(path) => {
            let read = likelihood_weights::read(path, &counts)?;
            notes.extend(read.notes);
            Some(read.weights)
        }
        None => None,
    };
    Ok(Component {
        name: settings.name.clone(),
        counts,
        source_maps,
        settings: Settings { dispersion, weights },
        exposure: settings.exposure.clone(),
        products,
        model,
        notes,
    })
}

/// The energy dispersion of a component, if it is on.
fn dispersion(
    config: &Config,
    settings: &ComponentConfig,
    products: &Products,
    counts: &CountsCubeFile,
    sources: &[Source],
    notes: &mut Vec<String>,
) -> Result<Option<Dispersion>> {
    if !settings.edisp.is_on() {
        return Ok(None);
    }
    let disabled = |source: &Source| {
        let named = |name: &str| settings.edisp.disable.iter().any(|entry| entry == name);
        named(source.name()) || source.aliases().iter().any(|alias| named(alias))
    };
    for entry in &settings.edisp.disable {
        if !sources.iter().any(|s| s.name() == entry || s.aliases().contains(entry)) {
            notes.push(format!("gtlike.edisp_disable names '{entry}', which is no source of the model"));
        }
    }
    let Some(path) = &products.drm else {
        let tried = candidates(&config.outdir, "drm", &settings.name, "fits");
        return Err(Error::NoResponse {
            path: config.path.clone(),
            component: settings.name.clone(),
            edisp_bins: settings.edisp.bins,
            tried: tried.iter().map(|path| format!("'{}'", path.display())).collect::<Vec<_>>().join(", "),
        });
    };
    let response = detector_response::read(path, counts.cube.axis())?;
    let dispersion = Dispersion::from_bins(&response, settings.edisp.bins)
        .map_err(|source| Error::data(path, "'DRM'".into(), source))?;
    let except = sources.iter().filter(|source| disabled(source)).map(|source| source.name().to_owned());
    Ok(dispersion.map(|dispersion| dispersion.except(except)))
}

/// Energy dispersion over a window of bins needs planes beyond the energies of the counts cube.
fn check_planes(
    settings: &ComponentConfig,
    dispersion: &Dispersion,
    source_maps: &SourceMapFile,
    sources: &[Source],
) -> Result<()> {
    if dispersion.mode() != DispersionMode::Window {
        return Ok(());
    }
    let needed = source_maps.axis().edges().len() + 2 * dispersion.n_extra();
    let dispersed = sources.iter().filter(|source| source.apply_edisp() && !dispersion.excepts(source.name()));
    for source in dispersed {
        let found = source_maps.n_planes(source.name()).unwrap_or(0);
        if found < needed {
            return Err(Error::TooFewPlanes {
                component: settings.name.clone(),
                path: source_maps.path().to_owned(),
                name: source.name().to_owned(),
                found,
                needed,
                edisp_bins: settings.edisp.bins,
            });
        }
    }
    Ok(())
}

/// What the user may have expected otherwise.
fn remarks(component: &Component, settings: &ComponentConfig) -> Vec<String> {
    let mut notes = Vec::new();
    let mut note = |text: String| notes.push(format!("component '{}': {text}", component.name));
    component.notes.iter().for_each(|text| note(text.clone()));
    if component.settings.weights.is_none() && component.source_maps.has_weights() {
        note(format!(
            "'{}' holds likelihood weights, which are not used; set gtlike.wmap (or files.wmap) to fit with weights",
            component.products.srcmap.display()
        ));
    }
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
