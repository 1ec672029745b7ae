//! A region built from a configuration: catalogs and diffuse components, without any product.

use std::sync::Arc;

use roi_model::parameter::Parameter;
use roi_model::roi::Roi;
use roi_model::sky::{Frame as SkyFrame, SkyDirection};
use roi_model::source::{Source, SourceType};
use roi_model::spatial::SpatialModel;
use roi_model::spectrum::Spectrum;
use roi_model::xml;

use crate::catalog::{Catalog, Entry};
use crate::config::{Center, Config, Diffuse};
use crate::directory::template;
use crate::error::{Error, Result};
use crate::file_function;
use crate::wcs_header::Frame;

/// Builds the region that section `model` describes around the centre of the configuration: the sources of `catalogs` within
/// `src_radius` and within the square of width `src_roiwidth` (in `binning.coordsys`), `galdiff` and `isodiff`. All parameters are fixed.
///
/// # Errors
/// When the configuration tells no centre, a file is missing or damaged, or the section asks for what is not supported.
///
/// ```no_run
/// let config = lat_io::Config::read("config.yaml".as_ref())?;
/// let roi = lat_io::model::build(&config)?;
/// println!("{} sources", roi.sources().len());
/// # Ok::<(), lat_io::Error>(())
/// ```
pub fn build(config: &Config) -> Result<Roi> {
    if !config.model.unsupported.is_empty() {
        return Err(Error::Unsupported {
            path: config.path.clone(),
            what: format!("building a model with {}", config.model.unsupported.join(", ")),
            remedy: "write the model as XML and name it: files: {xml: PATH}".into(),
        });
    }
    let catalogs = config.model.catalogs.iter().map(|name| read(config, name)).collect::<Result<Vec<_>>>()?;
    let center = center(config, &catalogs)?;
    let mut sources = Vec::new();
    for (key, components) in [("isodiff", &config.model.isodiff), ("galdiff", &config.model.galdiff)] {
        for (number, component) in components.iter().enumerate() {
            let usual = if components.len() == 1 { key.to_owned() } else { format!("{key}{number:02}") };
            sources.push(diffuse(config, component, component.name.as_deref().unwrap_or(&usual))?);
        }
    }
    let extdir = match &config.model.extdir {
        Some(path) => Some(template(config, &config.path, &path.to_string_lossy())?),
        None => None,
    };
    for catalog in &catalogs {
        for entry in catalog.entries().iter().filter(|entry| is_inside(config, &center, entry)) {
            merge(config, &mut sources, catalog.source(entry, extdir.as_deref())?, entry)?;
        }
    }
    Roi::new(center, sources).map_err(|source| Error::model(&config.path, source))
}

fn read(config: &Config, name: &str) -> Result<Catalog> {
    let path = template(config, &config.path, name)?;
    if !path.exists() {
        return Err(Error::NotFound { path });
    }
    if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("xml")) {
        let text = file_function::read_text(&path)?;
        let load = |name: &str| Ok(file_function::read(&template(config, &path, name)?)?);
        let library = xml::read(&text, &load).map_err(|source| Error::model(&path, source))?;
        return Ok(Catalog::from_sources(&path, library.sources));
    }
    Catalog::read(&path, &config.model.assoc_xmatch_columns)
}

/// Names are compared without regard to case and blanks, as in fermipy.
fn squashed(text: &str) -> String {
    text.split_whitespace().collect::<String>().to_lowercase()
}

fn center(config: &Config, catalogs: &[Catalog]) -> Result<SkyDirection> {
    let missing =
        |what: String, remedy: &str| Error::Unsupported { path: config.path.clone(), what, remedy: remedy.into() };
    match &config.center {
        Some(Center::Direction(direction)) => Ok(*direction),
        Some(Center::Target(target)) => {
            let wanted = squashed(target);
            let is_target = |entry: &&Entry| {
                squashed(entry.name()) == wanted || entry.aliases().iter().any(|alias| squashed(alias) == wanted)
            };
            let found = catalogs.iter().flat_map(Catalog::entries).find(is_target).and_then(Entry::direction);
            found.ok_or_else(|| {
                missing(
                    format!("selection.target '{target}', which no catalog knows,"),
                    "name a source of model.catalogs, or give selection.ra and selection.dec",
                )
            })
        }
        None => {
            Err(missing("a model without centre".into(), "give selection.ra and selection.dec, or selection.target"))
        }
    }
}

/// As in fermipy both limits hold, and an absent one limits nothing.
fn is_inside(config: &Config, center: &SkyDirection, entry: &Entry) -> bool {
    let Some(direction) = entry.direction() else { return true };
    let frame = match config.components.first().and_then(|component| component.coordsys) {
        Some(Frame::Galactic) => SkyFrame::Galactic,
        _ => SkyFrame::Icrs,
    };
    let in_circle = config.model.src_radius.is_none_or(|radius| center.separation(&direction) < radius);
    let in_square = config.model.src_roiwidth.is_none_or(|width| {
        let (x, y) = center.aitoff_offset(&direction, frame);
        x.abs().max(y.abs()) < 0.5 * width
    });
    in_circle && in_square
}

/// Adds a source; one that is there already, by name or association, is replaced or kept.
fn merge(config: &Config, sources: &mut Vec<Source>, mut source: Source, entry: &Entry) -> Result<()> {
    let columns = config.model.assoc_xmatch_columns.iter();
    let names: Vec<String> =
        columns.filter_map(|column| entry.association(column)).chain([entry.name()]).map(squashed).collect();
    let is_same = |present: &&mut Source| {
        std::iter::once(present.name())
            .chain(present.aliases().iter().map(String::as_str))
            .any(|name| names.contains(&squashed(name)))
    };
    let mut same = sources.iter_mut().filter(is_same);
    let Some(present) = same.next() else {
        drop(same);
        sources.push(source);
        return Ok(());
    };
    if let Some(second) = same.next() {
        let matches = vec![present.name().to_owned(), second.name().to_owned()];
        let error = roi_model::Error::AmbiguousSource { name: entry.name().to_owned(), matches };
        return Err(Error::model(&config.path, error));
    }
    if config.model.merge_sources {
        let old: Vec<String> =
            std::iter::once(present.name().to_owned()).chain(present.aliases().iter().cloned()).collect();
        for alias in old {
            if alias != source.name() && !source.aliases().contains(&alias) {
                source.add_alias(alias);
            }
        }
        *present = source;
    }
    Ok(())
}

/// A text file is an isotropic spectrum, anything else a map cube, as in fermipy.
fn diffuse(config: &Config, component: &Diffuse, name: &str) -> Result<Source> {
    let path = template(config, &config.path, &component.file)?;
    let text = path.to_string_lossy().into_owned();
    let is_text = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("txt"));
    let source = if is_text {
        let table = Arc::new(file_function::read(&path)?);
        isotropic(name, &text, table)
    } else {
        map_cube(name, &text)
    };
    let mut source = source.map_err(|source| Error::model(&config.path, source))?;
    if let Some(stem) = path.file_name().and_then(|file| file.to_str()).and_then(|file| file.split(".fit").next()) {
        source.add_alias(stem.trim_end_matches(".txt"));
    }
    Ok(source)
}

fn isotropic(name: &str, file: &str, table: Arc<roi_model::spectrum::FileTable>) -> roi_model::Result<Source> {
    let norm = Parameter::new("Normalization", 1.0)?.with_bounds(1e-3, 1e3)?;
    let spectrum = Spectrum::file_function(norm, file, table)?;
    Source::new(name, SourceType::Diffuse, spectrum, SpatialModel::isotropic()?)
}

fn map_cube(name: &str, file: &str) -> roi_model::Result<Source> {
    let spectrum = Spectrum::new(
        "PowerLaw",
        vec![
            Parameter::new("Prefactor", 1.0)?.with_bounds(0.1, 10.0)?,
            Parameter::new("Index", 0.0)?.with_scale(-1.0)?.with_bounds(-1.0, 1.0)?,
            Parameter::new("Scale", 1000.0)?.with_bounds(1000.0, 1000.0)?,
        ],
    )?;
    Source::new(name, SourceType::Diffuse, spectrum, SpatialModel::map_cube(file)?)
}
