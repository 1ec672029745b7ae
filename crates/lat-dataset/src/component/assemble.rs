//! One component: its counts, its settings, and its source maps, read or made.

use std::path::{Path, PathBuf};

use lat_response::{Recipe, SkyGrid, SourceMapOptions};
use likelihood_core::{Dispersion, DispersionMode, LikelihoodWeights, Settings, SourceMap};
use ndarray::Array3;
use roi_model::Source;

use crate::component::instrument::Instrument;
use crate::component::map_maker::{Digests, MapMaker};
use crate::component::memory::{self, MakingSize};
use crate::component::own_templates::ComponentModel;
use crate::component::template_files::Templates;
use crate::config::{ComponentConfig, Config, ExposureScaling, nearest};
use crate::error::{Error, Result};
use crate::products::{Products, candidates, template};
use lat_io::{self, CountsCubeFile, SourceMapFile};

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
    maker: MapMaker,
    /// What the user should know of its products.
    notes: Vec<String>,
}

impl Component {
    /// Opens the products of a component and checks that they fit together.
    pub(crate) fn load(
        config: &Config,
        settings: &ComponentConfig,
        products: Products,
        model_path: &Path,
        sources: &[Source],
        model: ComponentModel,
        digests: Digests,
    ) -> Result<Self> {
        let counts = lat_io::read_counts_cube(&products.ccube)?;
        let source_maps = products.srcmap.as_deref().map(SourceMapFile::open).transpose()?;
        if let Some(file) = &source_maps {
            lat_io::check_energy_edges(file.path(), file.axis(), &products.ccube, counts.cube.axis())?;
            if let Some(what) = file.grid().difference(&counts.grid) {
                let other = products.ccube;
                return Err(Error::PixelMismatch { path: file.path().to_owned(), other, what });
            }
        }
        let mut notes = Vec::new();
        let instrument = Instrument::new(config, settings, &products);
        let dispersion = dispersion(config, settings, &products, &instrument, &counts, sources, &mut notes)?;
        let weights = weights(&products, source_maps.as_ref(), &counts, &mut notes)?;
        let window = |dispersion: &&Dispersion| dispersion.mode() == DispersionMode::Window;
        let extra = dispersion.as_ref().filter(window).map_or(0, Dispersion::n_extra);
        let find = {
            let (config, settings, model_path) = (config.clone(), settings.clone(), model_path.to_owned());
            move |file: &str| template(&config, &settings, &model_path, file)
        };
        let recipe = match (&products.psf, &counts.grid) {
            (None, SkyGrid::Wcs(_)) if instrument.is_there() && instrument.is_first_pass_7() => {
                notes.push(
                    "source maps made from Pass 7 response functions follow the LAT tools of their time; `roi-fit srcmaps --accurate` makes \
                     others"
                        .into(),
                );
                Recipe::science_tools()
            }
            _ => Recipe::default(),
        };
        let maker = MapMaker {
            component: settings.name.clone(),
            exposure: products.bexpmap.clone(),
            psf: products.psf.clone(),
            instrument,
            extra,
            recipe,
            dispersion: dispersion.clone(),
            options: map_options(settings, recipe),
            templates: Templates::new(find),
            digests,
        };
        let component = Self {
            name: settings.name.clone(),
            counts,
            source_maps,
            settings: Settings { dispersion, weights, energy_integration: settings.energy_integration },
            exposure: settings.exposure.clone(),
            products,
            model,
            maker,
            notes,
        };
        for source in sources {
            component.check_map(settings, source)?;
        }
        Ok(component)
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
        let found = file.n_planes(source.name()).unwrap_or(0);
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

    /// The sources of the region, as the component has them, whose maps have to be made: those without a map in the file, and those whose map
    /// was made here from something that has changed since. Maps of gtsrcmaps are taken as they are.
    ///
    /// # Errors
    /// When a file that a map was made from cannot be read any more.
    pub fn unmade(&self, sources: &[Source]) -> Result<Vec<Source>> {
        let mut unmade = Vec::new();
        for shared in sources.iter().filter(|source| !self.model.is_absent(source.name())) {
            let source = self.model.source(shared)?;
            let file = self.source_maps.as_ref().filter(|file| file.contains(source.name()));
            let stands = match file.map(|file| file.inputs(source.name())) {
                None => false,
                // What cannot be made anew is taken as it is.
                Some(None) => true,
                Some(Some(_)) if !self.maker.can_make() => true,
                Some(Some(inputs)) => {
                    let n_planes = file.and_then(|file| file.n_planes(source.name())).unwrap_or(0);
                    self.maker.stands(inputs, n_planes, &self.counts, &source)?
                }
            };
            if !stands {
                unmade.push(source);
            }
        }
        Ok(unmade)
    }

    /// Makes the maps of sources of the component ([`Component::unmade`]) and gives each to `take`, in their order; at most one map a thread is
    /// alive at a time, and a few of diffuse sources. `progress` is told each name when its map is done.
    ///
    /// # Errors
    /// [`Error::NoInstrument`] without exposure or PSF, and without livetime and response functions to compute them from; when these or a
    /// template do not cover what is needed; the first error of `take`.
    pub fn make_source_maps<E: From<Error>>(
        &self,
        sources: &[Source],
        progress: &(dyn Fn(&str) + Sync),
        take: impl FnMut(&Source, SourceMap) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        if sources.is_empty() { Ok(()) } else { self.maker.make(&self.counts, sources, progress, take) }
    }

    /// How many planes the map of a source has, or will have when it is made; 0 where the component lacks the source.
    pub fn n_planes(&self, source: &Source) -> usize {
        if self.model.is_absent(source.name()) {
            return 0;
        }
        let stored = self.source_maps.as_ref().and_then(|file| file.n_planes(source.name()));
        stored.unwrap_or_else(|| self.counts.cube.axis().edges().len() + 2 * self.maker.extra_of(source))
    }

    /// About how much memory it takes at most to make maps of these sources ([`Component::unmade`]), told from the sizes of the files.
    ///
    /// # Errors
    /// When the region cannot be projected.
    pub fn making(&self, unmade: &[Source]) -> Result<MakingSize> {
        if unmade.is_empty() {
            return Ok(MakingSize::default());
        }
        memory::of(&self.maker, &self.counts, unmade)
    }

    /// The digest of all that the map of a source of the component is made from.
    pub(crate) fn inputs(&self, source: &Source) -> Result<String> {
        self.maker.inputs(&self.counts, source)
    }

    /// Makes maps as accurate as the inputs ([`lat_response::Recipe::accurate`]) instead of those that gtsrcmaps would make.
    pub fn make_accurate(&mut self) {
        self.maker.options.recipe = Recipe::accurate();
    }

    /// Where maps that were made are kept, so that they need not be made again: a new file under fermipy's name, or the present one when all
    /// its maps were made here. A file of gtsrcmaps is not touched.
    pub fn map_cache(&self, config: &Config) -> Option<PathBuf> {
        match &self.source_maps {
            None => candidates(&config.outdir, "srcmap", &self.name, "fits").into_iter().next(),
            Some(file) => {
                let own = |name: &String| file.inputs(name).is_some();
                (!file.names().is_empty() && file.names().iter().all(own)).then(|| file.path().to_owned())
            }
        }
    }

    /// The map of this name as the source map file has it.
    ///
    /// # Errors
    /// As [`SourceMapFile::read`]; [`Error::NoInstrument`] when there is no file.
    pub fn stored_map(&self, name: &str) -> Result<SourceMap> {
        let file = self.source_maps.as_ref().ok_or_else(|| Error::NoInstrument {
            component: self.name.clone(),
            source_name: name.to_owned(),
            what: "source map file (it was not made yet)",
            key: "srcmap",
            missing: self.maker.instrument.missing(),
        })?;
        Ok(file.read(name)?)
    }

    /// The map of a source of the region, ready for the region's spectrum (see [`ComponentModel::adapted`]) and multiplied by the
    /// correction of the exposure if there is one: `made`, or that of the file. Where the component lacks the source the map is zero.
    ///
    /// # Errors
    /// As [`SourceMapFile::read`] and [`ComponentModel::adapted`]; when the map in the file was multiplied by zero and is wanted
    /// otherwise.
    pub fn source_map(&self, source: &Source, made: Option<SourceMap>) -> Result<SourceMap> {
        if self.model.is_absent(source.name()) {
            let (_, ny, nx) = self.counts.cube.counts().dim();
            let planes = Array3::zeros((self.counts.cube.axis().edges().len() + 2 * self.maker.extra, ny, nx));
            return SourceMap::new(planes)
                .map_err(|error| Error::data(&self.products.ccube, source.name().into(), error));
        }
        let map = if let Some(map) = made {
            self.scaled(source.name(), map, 1.0)?
        } else {
            let present = self.source_maps.as_ref().map_or(1.0, |file| file.exposure_scale(source.name()));
            self.scaled(source.name(), self.stored_map(source.name())?, present)?
        };
        self.model.adapted(source, self.counts.cube.axis(), map)
    }

    /// A map multiplied by the correction of the exposure. What fermipy has multiplied it by already (keyword `EXPSCALE`, `present`) is
    /// taken into account.
    fn scaled(&self, name: &str, map: SourceMap, present: f64) -> Result<SourceMap> {
        let Some(factor) = self.exposure.of(name).filter(|wanted| *wanted != present) else { return Ok(map) };
        let path = self.products.srcmap.as_ref().unwrap_or(&self.products.ccube);
        if !(present.is_finite() && present > 0.0) {
            return Err(lat_io::Error::BadFits {
                path: path.clone(),
                hdu: format!("'{name}'"),
                reason: format!(
                    "its exposure was multiplied by EXPSCALE = {present}, gtlike asks for {factor}; make the map anew"
                ),
            }
            .into());
        }
        #[expect(clippy::cast_possible_truncation, reason = "source maps are single precision")]
        let scaled = map.planes().mapv(|value| (f64::from(value) * (factor / present)) as f32);
        SourceMap::new(scaled).map_err(|source| Error::data(path, format!("'{name}'"), source))
    }

    /// What the user may have expected otherwise.
    pub(crate) fn remarks(&self, settings: &ComponentConfig) -> Vec<String> {
        let mut notes = Vec::new();
        let mut note = |text: String| notes.push(format!("component '{}': {text}", self.name));
        self.notes.iter().for_each(|text| note(text.clone()));
        if let Some(file) = &self.source_maps {
            let path = file.path().display();
            if self.settings.weights.is_none() && file.has_weights() {
                note(format!(
                    "'{path}' holds likelihood weights, which are not used; set gtlike.wmap (or files.wmap) to fit with weights"
                ));
            }
            let own = file.names().iter().any(|name| file.inputs(name).is_some());
            if let Some(gone) = self.maker.gone().filter(|_| own) {
                note(format!(
                    "source maps of '{path}' were made here and are used as they are: there is no {gone} to tell whether they still hold"
                ));
            }
            if self.products.ccube == file.path() {
                note(format!("the counts are those of the source map file '{path}'"));
            } else if file.read_counts().is_ok_and(|counts| counts != self.counts.cube.counts()) {
                note(format!(
                    "the counts of '{}' are used; '{path}' holds other counts: were its source maps made for this counts cube?",
                    self.products.ccube.display()
                ));
            }
        }
        let edges = self.counts.cube.axis().edges();
        for (key, wanted, edge) in [("emin", settings.emin, edges.first()), ("emax", settings.emax, edges.last())] {
            if let (Some(wanted), Some(&edge)) = (wanted, edge)
                && (wanted - edge).abs() > lat_io::EDGE_TOLERANCE * edge
            {
                note(format!("selection.{key} is {wanted} MeV, the counts cube has {edge} MeV; all its bins are used"));
            }
        }
        let frame = self.counts.grid.frame();
        if let Some(wanted) = settings.coordsys
            && wanted != frame
        {
            note(format!(
                "binning.coordsys says {wanted:?}, the counts cube is {frame:?}; the cube's own frame is used"
            ));
        }
        notes
    }
}

/// By how much, of their mean, the weights of a source map file may differ from those of the map that is named and still count as made from it:
/// gtsrcmaps interpolates a little differently.
const SAME_WEIGHTS: f64 = 0.01;

/// The likelihood weights, if they are asked for. Those of the source map file are what gtlike takes; but where they are not those of the map that
/// the configuration names, that map is meant. Where that map cannot be read, those of the source map file are taken.
fn weights(
    products: &Products,
    file: Option<&SourceMapFile>,
    counts: &CountsCubeFile,
    notes: &mut Vec<String>,
) -> Result<Option<LikelihoodWeights>> {
    let Some(path) = &products.wmap else { return Ok(None) };
    let stored = file.map(|file| Ok::<_, Error>((file.path(), file.read_weights()?))).transpose()?;
    let stored = stored.and_then(|(file, stored)| Some((file, stored?)));
    let read = || {
        if path.exists() {
            return Ok(lat_io::read_weights(path, counts)?);
        }
        Err(Error::NotFound { path: path.clone() })
    };
    let Some((file, stored)) = stored else {
        let read = read()?;
        notes.extend(read.notes);
        return Ok(Some(read.weights));
    };
    let read = match read() {
        Ok(read) => read,
        Err(error) => {
            notes.push(format!(
                "the likelihood weights are those of '{}', as the map that is named (wmap) cannot be read: {error}",
                file.display()
            ));
            return Ok(Some(stored));
        }
    };
    let of = |weights: &LikelihoodWeights| weights.values().iter().map(|&w| f64::from(w)).sum::<f64>();
    let pairs = stored.values().iter().zip(read.weights.values());
    let difference: f64 = pairs.map(|(&a, &b)| (f64::from(a) - f64::from(b)).abs()).sum();
    if difference <= SAME_WEIGHTS * of(&stored).max(of(&read.weights)) {
        notes.push(format!("the likelihood weights are those of '{}'", file.display()));
        return Ok(Some(stored));
    }
    notes.push(format!(
        "the likelihood weights are those of '{}'; '{}' holds others, which gtlike would take",
        path.display(),
        file.display()
    ));
    notes.extend(read.notes);
    Ok(Some(read.weights))
}

/// The energy dispersion of a component, if it is on.
fn dispersion(
    config: &Config,
    settings: &ComponentConfig,
    products: &Products,
    instrument: &Instrument,
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
    let (path, response) = match &products.drm {
        Some(path) => (path, lat_io::read_detector_response(path, counts.cube.axis())?),
        None if instrument.is_there() => {
            notes.push(format!("the energy dispersion is computed from {}", instrument.description()));
            (&config.path, instrument.response(counts, settings.edisp.bins)?)
        }
        None => {
            let tried = candidates(&config.outdir, "drm", &settings.name, "fits");
            return Err(Error::NoResponse {
                path: config.path.clone(),
                component: settings.name.clone(),
                edisp_bins: settings.edisp.bins,
                tried: tried.iter().map(|path| format!("'{}'", path.display())).collect::<Vec<_>>().join(", "),
                missing: instrument.missing(),
            });
        }
    };
    let dispersion = Dispersion::from_bins(&response, settings.edisp.bins)
        .map_err(|source| Error::data(path, "'DRM'".into(), source))?;
    let except = sources.iter().filter(|source| disabled(source)).map(|source| source.name().to_owned());
    Ok(dispersion.map(|dispersion| dispersion.except(except)))
}

fn map_options(settings: &ComponentConfig, recipe: Recipe) -> SourceMapOptions {
    let mut options = SourceMapOptions::default();
    options.recipe = recipe;
    (options.least_template_pixel, options.resample_factor) = (settings.minbinsz, settings.rfactor);
    (options.convolve, options.resample) = (settings.convolve, settings.resample);
    options
}
