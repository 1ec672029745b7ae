//! An entry of `model.sources`: a source written out in the configuration.

use roi_model::{Given, SkyDirection, SpatialKind, spectrum_parameter_names};

use super::keys::Keys;
use super::refusals::{unknown, wrong};
use super::yaml::{Entry, Node, Value};
use crate::error::{Error, Result};
use lat_response::Frame;

/// A source of `model.sources`, as written.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceConfig {
    /// Line of the configuration.
    pub line: u64,
    /// Its name.
    pub name: String,
    /// Its position; the centre of the region when absent.
    pub direction: Option<SkyDirection>,
    /// `SpectrumType`; default `PowerLaw`.
    pub spectrum_type: String,
    /// What `SpatialModel` stands for; default a point.
    pub spatial_kind: SpatialKind,
    /// `SpatialWidth`: radius of 68 % containment in degrees.
    pub spatial_width: Option<f64>,
    /// `Spectrum_Filename` (also `file` and `filefunction`).
    pub spectrum_file: Option<String>,
    /// `Spatial_Filename` (also `mapcube`).
    pub spatial_file: Option<String>,
    /// Parameters of the spectrum that the entry gives.
    pub spectral: Vec<(String, Given)>,
    /// Parameters of the spatial model that the entry gives.
    pub spatial: Vec<(String, Given)>,
}

/// The keys of an entry besides the parameters.
const KEYS: [&str; 22] = [
    "name",
    "Source_Name",
    "SpectrumType",
    "SpatialModel",
    "SpatialType",
    "SpatialWidth",
    "SourceType",
    "Spectrum_Filename",
    "Spatial_Filename",
    "file",
    "filefunction",
    "mapcube",
    "ra",
    "dec",
    "glon",
    "glat",
    "RAJ2000",
    "DEJ2000",
    "GLON",
    "GLAT",
    "spectral_pars",
    "spatial_pars",
];

pub(super) fn source(keys: &Keys<'_>, node: &Node, label: &str) -> Result<SourceConfig> {
    let fields = Fields { keys, node, label };
    let bad = |node: &Node, key: &str, expected: &str| fields.bad(node, key, expected);
    if !matches!(node.value, Value::Map(_)) {
        return Err(bad(node, "", "a mapping: {name: NAME, ra: RA, dec: DEC, SpectrumType: TYPE, ...}"));
    }
    let text = |names: &[&str]| fields.text(names);
    let name = text(&["name", "Source_Name"])?.ok_or_else(|| bad(node, "name", "a name for the source"))?;
    let spectrum_type = text(&["SpectrumType"])?.unwrap_or_else(|| "PowerLaw".to_owned());
    let in_source = |source: roi_model::Error| Error::CatalogSource {
        path: keys.path.to_owned(),
        name: name.clone(),
        source: Box::new(source),
    };
    let names: Vec<&str> = node.entries().iter().map(|entry| entry.key.as_str()).collect();
    let spectral_names = spectrum_parameter_names(&spectrum_type, &names).map_err(in_source)?;
    let spatial_kind = spatial_kind(text(&["SpatialModel", "SpatialType"])?.as_deref()).map_err(in_source)?;
    let spatial_names = spatial_kind.parameter_names();

    let (mut spectral, mut spatial) = (Vec::new(), Vec::new());
    for entry in node.entries() {
        let key = entry.key.as_str();
        if KEYS.contains(&key) {
            continue;
        }
        let taken = parameter(&entry.node).ok_or_else(|| bad(&entry.node, key, PARAMETER))?;
        if spectral_names.iter().any(|name| name == key) {
            spectral.push((key.to_owned(), taken));
        } else if spatial_names.contains(&key) {
            spatial.push((key.to_owned(), taken));
        } else {
            let known =
                KEYS.into_iter().chain(spectral_names.iter().map(String::as_str)).chain(spatial_names.iter().copied());
            return Err(unknown(keys.path, entry, format!("source '{name}' with spectrum {spectrum_type}"), known));
        }
    }
    for (section, into) in [("spectral_pars", &mut spectral), ("spatial_pars", &mut spatial)] {
        for Entry { key, node, .. } in node.get(section).map_or(&[][..], Node::entries) {
            let taken = parameter(node).ok_or_else(|| bad(node, &format!("{section}.{key}"), PARAMETER))?;
            into.push((key.clone(), taken));
        }
    }
    let coordinates = fields.coordinates()?;
    let direction = coordinates.map(|(frame, [x, y])| frame.direction(x, y)).transpose().map_err(in_source)?;
    Ok(SourceConfig {
        line: node.line,
        direction,
        spectrum_type,
        spatial_kind,
        spatial_width: fields.number("SpatialWidth")?,
        spectrum_file: text(&["Spectrum_Filename", "filefunction", "file"])?,
        spatial_file: text(&["Spatial_Filename", "mapcube"])?,
        spectral,
        spatial,
        name,
    })
}

/// The keys of an entry besides its parameters.
struct Fields<'a> {
    keys: &'a Keys<'a>,
    node: &'a Node,
    /// How messages name the entry.
    label: &'a str,
}

impl Fields<'_> {
    fn bad(&self, node: &Node, key: &str, expected: &str) -> Error {
        let key = if key.is_empty() { self.label.to_owned() } else { format!("{}.{key}", self.label) };
        wrong(self.keys.path, node, &key, &node.value, expected)
    }

    /// The first of the names that is given.
    fn text(&self, names: &[&str]) -> Result<Option<String>> {
        for name in names {
            if let Some(found) = self.node.get(name) {
                return found.value.text().map(Some).ok_or_else(|| self.bad(found, name, "text"));
            }
        }
        Ok(None)
    }

    fn number(&self, name: &str) -> Result<Option<f64>> {
        let Some(found) = self.node.get(name) else { return Ok(None) };
        let finite = found.value.number().filter(|x| x.is_finite());
        finite.map(Some).ok_or_else(|| self.bad(found, name, "a finite number"))
    }

    /// The first pair of coordinates that is given.
    fn coordinates(&self) -> Result<Option<(Frame, [f64; 2])>> {
        let mut first = None;
        for (lon, lat, frame) in [
            ("ra", "dec", Frame::Celestial),
            ("glon", "glat", Frame::Galactic),
            ("RAJ2000", "DEJ2000", Frame::Celestial),
            ("GLON", "GLAT", Frame::Galactic),
        ] {
            match (self.number(lon)?, self.number(lat)?) {
                (Some(x), Some(y)) => first = first.or(Some((frame, [x, y]))),
                (None, None) => {}
                (Some(_), None) => return Err(self.bad(self.node, lat, &format!("a number, as {lon} is given"))),
                (None, Some(_)) => return Err(self.bad(self.node, lon, &format!("a number, as {lat} is given"))),
            }
        }
        Ok(first)
    }
}

const PARAMETER: &str = "a number, or {value, scale, min, max, error, free}";

/// A number alone is a value.
fn parameter(node: &Node) -> Option<Given> {
    if !matches!(node.value, Value::Map(_)) {
        return Some(Given { value: Some(node.value.number().filter(|x| x.is_finite())?), ..Given::default() });
    }
    let mut parameter = Given::default();
    for Entry { key, node, .. } in node.entries().iter().filter(|entry| !entry.node.is_null()) {
        let place = match key.as_str() {
            "value" => &mut parameter.value,
            "scale" => &mut parameter.scale,
            "min" => &mut parameter.min,
            "max" => &mut parameter.max,
            "error" => {
                // fermipy writes NaN for no error.
                parameter.error = node.value.number().filter(|x| x.is_finite());
                continue;
            }
            "free" => {
                parameter.free = Some(node.value.flag().or(node.value.whole().map(|n| n != 0))?);
                continue;
            }
            "name" => continue,
            _ => return None,
        };
        *place = Some(node.value.number().filter(|x| x.is_finite())?);
    }
    Some(parameter)
}

/// fermipy's names of spatial models, besides the types of the XML.
fn spatial_kind(model: Option<&str>) -> roi_model::Result<SpatialKind> {
    match model {
        None | Some("" | "PointSource" | "PSFSource") => Ok(SpatialKind::Point),
        Some("GaussianSource" | "Gaussian") => Ok(SpatialKind::Gaussian),
        Some("DiskSource") => Ok(SpatialKind::Disk),
        Some("MapCubeSource") => Ok(SpatialKind::MapCube),
        Some("IsoSource") => Ok(SpatialKind::Isotropic),
        Some(other) => other.parse(),
    }
}
