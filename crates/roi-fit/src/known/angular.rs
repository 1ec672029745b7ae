//! The angular integrals that turn `dN/dE` into fluxes. Those of maps and profiles are read from the template files when a flux is first asked
//! for, once a file: a Galactic cube holds half a gigabyte, which a fit without fluxes need not read. Who knows that fluxes will be asked for has
//! them read beside the source maps.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use lat_dataset::{Config, find_template};
use lat_response::MapIntegral;
use roi_model::{Parameter, Source, SpatialKind, SpatialModel, Spectrum};

/// The integral of a template over the sky.
#[derive(Clone, Debug)]
pub(crate) enum Angular {
    /// The same at every energy.
    Constant(f64),
    /// A factor times that of a cube.
    Cube(f64, Arc<MapIntegral>),
}

/// What integrates over energy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Integral {
    Photons,
    Energy,
}

/// A flux that results have: its key and what it is the integral of, over a range in MeV.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NamedFlux {
    pub(crate) name: String,
    pub(crate) integral: Integral,
    pub(crate) range: (f64, f64),
}

impl NamedFlux {
    /// `None` where the spectrum or the angular integral is not defined over the whole range.
    pub(crate) fn of(&self, spectrum: &Spectrum, angular: &Angular) -> Option<f64> {
        let (emin, emax) = self.range;
        match self.integral {
            Integral::Photons => angular.flux(spectrum, emin, emax),
            Integral::Energy => angular.energy_flux(spectrum, emin, emax),
        }
    }

    /// Derivatives with respect to the `value` of some parameters.
    pub(crate) fn gradient(
        &self,
        spectrum: &Spectrum,
        angular: &Angular,
        wanted: &[usize],
    ) -> roi_model::Result<Vec<f64>> {
        match self.integral {
            Integral::Photons => angular.flux_gradient(spectrum, self.range, wanted),
            Integral::Energy => angular.energy_flux_gradient(spectrum, self.range, wanted),
        }
    }
}

impl Angular {
    /// The integral at an energy in MeV; NaN where a cube has none, which no flux survives.
    fn at(&self, energy: f64) -> f64 {
        match self {
            Self::Constant(integral) => *integral,
            Self::Cube(factor, integral) => integral.at(energy).map_or(f64::NAN, |integral| factor * integral),
        }
    }

    /// The integral of a spectrum times this; `None` where the spectrum or the cube is not defined over the whole range.
    pub(crate) fn flux(&self, spectrum: &Spectrum, emin: f64, emax: f64) -> Option<f64> {
        match self {
            Self::Constant(integral) => Some(spectrum.flux(emin, emax).ok()? * integral),
            Self::Cube(..) => spectrum.weighted_flux(emin, emax, |energy| self.at(energy)).ok(),
        }
    }

    /// The same of the energy flux.
    pub(crate) fn energy_flux(&self, spectrum: &Spectrum, emin: f64, emax: f64) -> Option<f64> {
        match self {
            Self::Constant(integral) => Some(spectrum.energy_flux(emin, emax).ok()? * integral),
            Self::Cube(..) => spectrum.weighted_flux(emin, emax, |energy| energy * self.at(energy)).ok(),
        }
    }

    /// Derivatives of the flux.
    pub(crate) fn flux_gradient(
        &self,
        spectrum: &Spectrum,
        range: (f64, f64),
        wanted: &[usize],
    ) -> roi_model::Result<Vec<f64>> {
        spectrum.weighted_flux_gradient(range.0, range.1, wanted, |energy| self.at(energy))
    }

    /// Derivatives of the energy flux.
    pub(crate) fn energy_flux_gradient(
        &self,
        spectrum: &Spectrum,
        range: (f64, f64),
        wanted: &[usize],
    ) -> roi_model::Result<Vec<f64>> {
        spectrum.weighted_flux_gradient(range.0, range.1, wanted, |energy| energy * self.at(energy))
    }
}

/// Integrals of template files, by the name that the model has for the file.
#[derive(Debug, Default)]
pub(crate) struct TemplateIntegrals {
    /// The source model, relative to which templates are named.
    model: PathBuf,
    /// `None` for a file that could not be read.
    known: BTreeMap<String, Option<Arc<MapIntegral>>>,
    /// Who reads ahead, until somebody asks.
    reader: Option<JoinHandle<ReadAhead>>,
    /// What was read ahead and not yet asked for.
    ahead: ReadAhead,
}

/// What has been read; a copy reads what has not been asked for itself.
impl Clone for TemplateIntegrals {
    fn clone(&self) -> Self {
        Self { known: self.known.clone(), ..Self::of_model(self.model.clone()) }
    }
}

/// Integrals of files, by the name that the model has for the file, or why there is none.
type ReadAhead = BTreeMap<String, lat_dataset::Result<MapIntegral>>;

impl TemplateIntegrals {
    /// Of nothing yet; `model` is the source model, relative to which templates are named.
    pub(crate) fn of_model(model: PathBuf) -> Self {
        Self { model, ..Self::default() }
    }

    /// Begins to read the templates of some sources on a thread of its own, which whoever asks first waits for.
    pub(crate) fn read_ahead(&mut self, config: &Config, sources: &[Source]) {
        let wanted: BTreeMap<String, SpatialKind> = sources
            .iter()
            .map(Source::spatial)
            .filter_map(|spatial| Some((template_of(spatial)?.to_owned(), spatial.kind())))
            .collect();
        if wanted.is_empty() {
            return;
        }
        let (config, model) = (config.clone(), self.model.clone());
        let read = move || {
            let read = |(file, kind): (String, SpatialKind)| {
                let integral = integral_of(&config, &model, (&file, kind));
                (file, integral)
            };
            wanted.into_iter().map(read).collect()
        };
        self.reader = std::thread::Builder::new().name("templates".into()).spawn(read).ok();
    }

    /// The angular integral of a source, if it is known without reading or was read.
    pub(crate) fn of(&self, source: &Source) -> Option<Angular> {
        let spatial = source.spatial();
        if let Some(integral) = spatial.angular_integral() {
            return Some(Angular::Constant(integral));
        }
        let integral = Arc::clone(self.known.get(spatial.file()?)?.as_ref()?);
        let factor = |name: &str| spatial.parameter(name).map_or(1.0, Parameter::true_value);
        match spatial.kind() {
            SpatialKind::MapCube => Some(Angular::Cube(factor("Normalization"), integral)),
            // The first plane counts.
            SpatialKind::Map => Some(Angular::Constant(factor("Prefactor") * integral.values().first()?)),
            // Its normalisation is not applied, as in the LAT tools.
            _ => Some(Angular::Constant(*integral.values().first()?)),
        }
    }

    /// Reads the template of a source. What a file that cannot be read means is returned, once a file.
    pub(crate) fn read(&mut self, config: &Config, source: &Source) -> Option<String> {
        let spatial = source.spatial();
        let file = template_of(spatial).filter(|file| !self.known.contains_key(*file))?.to_owned();
        if let Some(reader) = self.reader.take() {
            // One that did not end has read nothing.
            self.ahead = reader.join().unwrap_or_default();
        }
        let ahead = self.ahead.remove(&file);
        let integral = ahead.unwrap_or_else(|| integral_of(config, &self.model, (&file, spatial.kind())));
        let note = integral.as_ref().err().map(|error| format!("no fluxes of source '{}': {error}", source.name()));
        self.known.insert(file, integral.ok().map(Arc::new));
        note
    }
}

/// The file of a template, as the model names it.
fn template_of(spatial: &SpatialModel) -> Option<&str> {
    spatial.file().filter(|_| spatial.kind().needs_file())
}

fn integral_of(config: &Config, model: &Path, (file, kind): (&str, SpatialKind)) -> lat_dataset::Result<MapIntegral> {
    let path = find_template(config, model, file)?;
    if kind != SpatialKind::Profile {
        return Ok(lat_io::map_cube_integral(&path)?);
    }
    let integral = lat_io::read_radial_profile(&path)?.integral();
    MapIntegral::from_planes(file, vec![1.0], vec![integral])
        .map_err(|source| lat_io::Error::Template { path, source: Box::new(source) }.into())
}
