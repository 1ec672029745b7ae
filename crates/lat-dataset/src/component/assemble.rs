//! One component: its counts, its settings, and its source maps, read or made.

use std::path::{Path, PathBuf};

use likelihood_core::{Dispersion, DispersionMode, Settings};
use roi_model::Source;

use super::ingredients::Ingredients;
use super::instrument::Instrument;
use super::map_maker::{Digests, MapMaker};
use super::own_templates::ComponentModel;
use super::template_files::Templates;
use super::{dispersion, recipe, weights};
use crate::config::{ComponentConfig, ExposureScaling, nearest};
use crate::error::{Error, Result};
use crate::problems::{Problems, Subject};
use crate::products::{Products, template};
use lat_io::{CountsCubeFile, SourceMapFile};

/// The data of one component.
#[derive(Debug)]
pub struct Component {
    /// Its name, `00` when there is only one.
    pub name: String,
    /// Counts.
    pub counts: CountsCubeFile,
    /// The source map file, if there is one; maps are read when asked for.
    pub source_maps: Option<SourceMapFile>,
    /// Energy dispersion, likelihood weights and the integration over energy.
    pub settings: Settings,
    /// Corrections of the exposure.
    pub exposure: ExposureScaling,
    /// The files.
    pub products: Products,
    /// The templates that the component does not share with the others.
    pub model: ComponentModel,
    pub(crate) maker: MapMaker,
    /// The output directory, which is made when something is written into it.
    pub(super) outdir: PathBuf,
    /// What the user should know of its products.
    pub(super) notes: Vec<String>,
}

impl Component {
    /// Opens the products of a component and checks that they fit together; `None` where problems are gathered and there are no counts.
    pub(crate) fn load(
        of: &Ingredients<'_>,
        products: Products,
        model: ComponentModel,
        digests: Digests,
        problems: &mut Problems,
    ) -> Result<Option<Self>> {
        let Ingredients { config, settings, sources, .. } = *of;
        let subject = |product, path| product_of(settings, product, path);
        let Some((counts, source_maps)) = open_maps(of, &products, problems)? else { return Ok(None) };
        let mut notes = Vec::new();
        let instrument = Instrument::new(config, settings, products.ltcube.clone(), products.irfs.clone());
        let dispersion = dispersion::dispersion(of, &products, &instrument, &counts, &mut notes);
        let dispersion = problems.take(&subject("drm", products.drm.as_ref()), dispersion)?.flatten();
        let weights = weights::weights(&products, source_maps.as_ref(), &counts, &mut notes);
        let weights = problems.take(&subject("wmap", products.wmap.as_ref()), weights)?.flatten();
        let recipe = recipe::followed(&products, &counts, instrument.is_first_pass_7(), &mut notes);
        let maker = MapMaker {
            component: settings.name.clone(),
            exposure: products.bexpmap.clone(),
            psf: products.psf.clone(),
            instrument,
            extra: extra_planes(dispersion.as_ref()),
            recipe,
            dispersion: dispersion.clone(),
            options: recipe::options(settings, recipe),
            templates: templates(of),
            digests,
        };
        let component = Self {
            name: settings.name.clone(),
            counts,
            source_maps,
            settings: Settings::default()
                .with_dispersion(dispersion)
                .with_weights(weights)
                .with_energy_integration(settings.energy_integration),
            exposure: settings.exposure.of_sources(sources),
            outdir: config.outdir.clone(),
            products,
            model,
            maker,
            notes,
        };
        for source in sources {
            let about = Subject::Source { component: component.name.clone(), source: source.name().to_owned() };
            problems.take(&about, component.check_map(settings, source))?;
        }
        Ok(Some(component))
    }

    /// A map on file must have the planes that are wanted; one that is not there must be makeable.
    fn check_map(&self, settings: &ComponentConfig, source: &Source) -> Result<()> {
        if self.model.is_absent(source.name()) {
            return Ok(());
        }
        let file = self.source_maps.as_ref();
        let Some(file) = file.filter(|file| file.contains(source.name())) else {
            if self.maker.can_make() {
                return Ok(());
            }
            let Some(file) = file else { return self.maker.check(source.name()) };
            let names = file.names().iter().map(String::as_str);
            let near = nearest(source.name(), names).filter(|(alike, _)| *alike > 0.6);
            return Err(Error::MissingSourceMap {
                component: self.name.clone(),
                path: file.path().to_owned(),
                name: source.name().to_owned(),
                near: near.map(|(_, name)| name.to_owned()),
                missing: self.maker.instrument.missing(),
            });
        };
        if self.maker.extra == 0 || !self.maker.is_dispersed(source) {
            return Ok(());
        }
        // A map that was made here is made anew with the planes that it lacks.
        let needed = file.axis().edges().len() + 2 * self.maker.extra;
        // A map whose planes cannot be counted is refused when it is read.
        let Some(found) = file.n_planes(source.name()) else { return Ok(()) };
        if found >= needed || file.inputs(source.name()).is_some() {
            return Ok(());
        }
        Err(Error::TooFewPlanes {
            component: self.name.clone(),
            path: file.path().to_owned(),
            name: source.name().to_owned(),
            found,
            needed,
            edisp_bins: settings.edisp.bins,
        })
    }
}

/// What a problem with a product of a component is about.
fn product_of(settings: &ComponentConfig, product: &'static str, path: Option<&PathBuf>) -> Subject {
    match path {
        Some(path) => Subject::File { component: settings.name.clone(), product, path: path.clone() },
        None => Subject::component(&settings.name),
    }
}

/// The counts and the file of source maps, which have the same bins; `None` where problems are gathered and there are no counts.
fn open_maps(
    of: &Ingredients<'_>,
    products: &Products,
    problems: &mut Problems,
) -> Result<Option<(CountsCubeFile, Option<SourceMapFile>)>> {
    let settings = of.settings;
    let counts = lat_io::read_counts_cube(&products.ccube).map_err(Error::from);
    let counts = problems.take(&product_of(settings, "ccube", Some(&products.ccube)), counts)?;
    let of_maps = product_of(settings, "srcmap", products.srcmap.as_ref());
    let source_maps = products.srcmap.as_deref().map(SourceMapFile::open).transpose().map_err(Error::from);
    let source_maps = problems.take(&of_maps, source_maps)?.flatten();
    let Some(counts) = counts else { return Ok(None) };
    if let Some(file) = &source_maps {
        problems.take(&of_maps, check_same_bins(file, &products.ccube, &counts))?;
        if file.names().is_empty() && settings.files.srcmap.is_some() && !of.sources.is_empty() {
            let found = format!("counts in {} energy bins", file.axis().n_bins());
            let (component, path) = (settings.name.clone(), file.path().to_owned());
            problems.take(&of_maps, Err::<(), _>(Error::NoSourceMaps { component, path, found }))?;
        }
    }
    Ok(Some((counts, source_maps)))
}

/// A source map file must be made for the bins of the counts.
fn check_same_bins(file: &SourceMapFile, ccube: &Path, counts: &CountsCubeFile) -> Result<()> {
    lat_io::check_energy_edges(file.path(), file.axis(), ccube, counts.cube.axis())?;
    match file.grid().difference(&counts.grid) {
        None => Ok(()),
        Some(what) => Err(Error::PixelMismatch { path: file.path().to_owned(), other: ccube.to_owned(), what }),
    }
}

/// Planes beyond the edges on each side that energy dispersion over a window needs.
fn extra_planes(dispersion: Option<&Dispersion>) -> usize {
    match dispersion {
        Some(dispersion) if dispersion.mode() == DispersionMode::Window => dispersion.n_extra(),
        _ => 0,
    }
}

/// The templates that the model of a component names.
fn templates(of: &Ingredients<'_>) -> Templates {
    let (config, settings, model_path) = (of.config.clone(), of.settings.clone(), of.model_path.to_owned());
    Templates::new(move |file: &str| template(&config, &settings, &model_path, file))
}
