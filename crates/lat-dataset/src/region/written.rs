//! Sources of `model.sources`, and of files that are written as it is.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use roi_model::TableReader as _;
use roi_model::{
    Bounds, Given, Parameter, SkyDirection, Source, SourceType, SpatialKind, SpatialModel, Spectrum, Tables,
};

use crate::config::{ComponentConfig, Config, SourceConfig, sources_of_file};
use crate::error::Error;
use crate::products::template;
use lat_io::{R68_OF_RADIUS, R68_OF_SIGMA, TableFiles};

/// The parameter that numbers a model of the extragalactic background light.
const EBL_MODEL: &str = "ebl_model";

/// Where entries stand, and so where the files that they name are looked for.
pub(super) struct Place<'a> {
    pub(super) config: &'a Config,
    pub(super) component: &'a ComponentConfig,
    /// The file of the entries: the configuration, or another.
    pub(super) path: &'a Path,
}

impl Place<'_> {
    fn file(&self, name: &str) -> crate::error::Result<PathBuf> {
        template(self.config, self.component, self.path, name)
    }
}

/// The sources of a file that is written as `model.sources` of a configuration is: one source, or a list of them. Files that they name are looked for
/// as those of the configuration are, and beside the file; a source without a position stands at `center`.
///
/// # Errors
/// When the file cannot be read, or an entry cannot be understood or become a source.
pub fn read_sources(config: &Config, path: &Path, center: &SkyDirection) -> crate::error::Result<Vec<Source>> {
    let place = Place { config, component: config.first_component()?, path };
    sources_of_file(path)?.iter().map(|entry| source(&place, entry, center)).collect()
}

/// A source as fermipy makes it from its dictionary: the normalisation is free unless the entry says otherwise, a number alone is split into a value
/// and a power of ten as scale, and a source without position stands at the centre.
pub(super) fn source(place: &Place<'_>, entry: &SourceConfig, center: &SkyDirection) -> crate::error::Result<Source> {
    let build = || -> Result<Source> {
        let direction = entry.direction.unwrap_or(*center);
        let spectrum = spectrum_of(place, entry)?;
        let spatial = spatial_of(place, entry, direction)?;
        let kind = if spatial.is_point() { SourceType::Point } else { SourceType::Diffuse };
        let has_center = spatial.direction().is_none() && !spatial.is_diffuse_background();
        let mut source = Source::new(&entry.name, kind, spectrum, spatial).map_err(wrap)?;
        if has_center && entry.direction.is_some() {
            source.set_center(direction);
        }
        Ok(source)
    };
    build().map_err(|problem| match problem {
        Problem::Model(source) => {
            Error::CatalogSource { path: place.path.to_owned(), name: entry.name.clone(), source }
        }
        Problem::Other(error) => error,
    })
}

/// What is wrong with an entry: the model of it, to which its name is added, or a file.
enum Problem {
    Model(Box<roi_model::Error>),
    Other(Error),
}

type Result<T> = std::result::Result<T, Problem>;

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

fn wrap(source: roi_model::Error) -> Problem {
    Problem::Model(Box::new(source))
}

fn spectrum_of(place: &Place<'_>, entry: &SourceConfig) -> Result<Spectrum> {
    let kind = entry.spectrum_type.as_str();
    let given: Vec<(&str, Given)> = entry.spectral.iter().map(|(name, given)| (name.as_str(), *given)).collect();
    let mut parameters = roi_model::usual_parameters(kind, &given, Bounds::Usual).map_err(wrap)?;
    let needs = roi_model::spectrum_needs(kind).map_err(wrap)?;
    let tables = TableFiles::new(|name: &str| place.file(name));
    let loaded = |file: &str, error| wrap(roi_model::Error::Load { file: file.to_owned(), error });
    let mut found = Tables::default();
    if let Some(file) = &entry.spectrum_file {
        let path = place.file(file)?;
        found.file = Some(path.to_string_lossy().into_owned());
    }
    let file = found.file.clone();
    if let (true, Some(file)) = (needs.spectrum, &file) {
        found.spectrum = Some(Arc::new(tables.spectrum(file).map_err(|error| loaded(file, error))?));
    }
    if needs.dark_matter {
        let table = tables.dark_matter(file.as_deref());
        found.dark_matter = Some(Arc::new(table.map_err(|error| loaded(file.as_deref().unwrap_or(kind), error))?));
    }
    if needs.ebl {
        let model = parameters.iter().find(|p| p.name() == EBL_MODEL).map(Parameter::true_value).ok_or_else(|| {
            wrap(roi_model::Error::MissingParameter {
                function: kind.to_owned(),
                parameter: EBL_MODEL.to_owned(),
                expected: vec![EBL_MODEL.to_owned()],
            })
        })?;
        #[expect(clippy::cast_possible_truncation, reason = "an absurd number saturates, and no table answers to it")]
        let table = tables.ebl(model as i64);
        found.ebl = Some(Arc::new(table.map_err(|error| loaded(kind, error))?));
    }
    // Which parameter is the normalisation only the spectrum knows.
    let spectrum = Spectrum::with_tables(kind, parameters.clone(), &found).map_err(wrap)?;
    if let Some(norm) = spectrum.norm_index() {
        let said =
            given.iter().rfind(|(name, _)| *name == spectrum.parameters()[norm].name()).and_then(|(_, g)| g.free);
        parameters[norm].set_free(said.unwrap_or(true));
    }
    Spectrum::with_tables(kind, parameters, &found).map_err(wrap)
}

fn spatial_of(place: &Place<'_>, entry: &SourceConfig, direction: SkyDirection) -> Result<SpatialModel> {
    let kind = entry.spatial_kind;
    let given = |name: &str| entry.spatial.iter().rfind(|(given, _)| given == name).map(|(_, given)| *given);
    let value = |name: &str| given(name).and_then(|given| Some(given.value? * given.scale.unwrap_or(1.0)));
    let width = |r68_of_size: f64| entry.spatial_width.map(|width| width / r68_of_size);
    let size = |name: &str, r68_of_size: f64| {
        width(r68_of_size).or(value(name)).ok_or_else(|| {
            wrap(roi_model::Error::MissingParameter {
                function: kind.to_string(),
                parameter: format!("SpatialWidth (or {name})"),
                expected: vec!["SpatialWidth".to_owned(), name.to_owned()],
            })
        })
    };
    let file = || -> Result<String> {
        let reason = "it needs a file; name it as Spatial_Filename".to_owned();
        let missing = || wrap(roi_model::Error::File { function: kind.to_string(), reason });
        let name = entry.spatial_file.as_deref().ok_or_else(missing)?;
        Ok(place.file(name)?.to_string_lossy().into_owned())
    };
    let spatial = match kind {
        SpatialKind::Point => SpatialModel::point(direction),
        SpatialKind::Disk => SpatialModel::disk(direction, size("Radius", R68_OF_RADIUS)?),
        SpatialKind::Gaussian => SpatialModel::gaussian(direction, size("Sigma", R68_OF_SIGMA)?),
        SpatialKind::Isotropic => SpatialModel::isotropic(),
        SpatialKind::MapCube => SpatialModel::map_cube(file()?),
        SpatialKind::Map => SpatialModel::map(file()?),
        SpatialKind::Profile => SpatialModel::profile(direction, file()?),
        _ => SpatialModel::new(kind, Vec::new(), None),
    };
    spatial.map_err(wrap)
}
