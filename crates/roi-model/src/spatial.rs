//! Spatial models, as descriptions: what the XML says, not the sky maps themselves.

use crate::error::{Error, Result};
use crate::parameter::Parameter;
use crate::sky::SkyDirection;

mod kind;

pub use kind::SpatialKind;

/// Where a source shines: a point, a disk, a map, the whole sky.
///
/// | type | parameters | file |
/// |---|---|---|
/// | `SkyDirFunction` | RA, DEC | |
/// | `ConstantValue` (isotropic) | Value | |
/// | `SpatialMap` | Prefactor | FITS image |
/// | `MapCubeFunction` | Normalization | FITS cube |
/// | `RadialDisk` | RA, DEC, Radius | |
/// | `RadialGaussian` | RA, DEC, Sigma | |
/// | `RadialProfile` | Normalization, RA, DEC | text |
///
/// Angles are in degrees. As in the LAT tools, RA and DEC are taken from `value`; their scale is ignored.
///
/// ```
/// use roi_model::{SkyDirection, SpatialKind, SpatialModel};
///
/// let point = SpatialModel::point(SkyDirection::new(83.633, 22.014)?)?;
/// assert_eq!(point.kind(), SpatialKind::Point);
/// assert_eq!(point.direction().map(|d| d.dec()), Some(22.014));
/// # Ok::<(), roi_model::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct SpatialModel {
    kind: SpatialKind,
    file: Option<String>,
    parameters: Vec<Parameter>,
    direction: Option<SkyDirection>,
    attributes: Vec<(String, String)>,
}

impl SpatialModel {
    /// A spatial model of a kind, its parameters in any order, and its file where it has one.
    ///
    /// # Errors
    /// [`Error::UnknownSpatialModel`] for a composite, which is none, [`Error::MissingParameter`], [`Error::UnknownParameter`],
    /// [`Error::DuplicateParameter`], [`Error::File`] for a missing file, or an error of the direction.
    pub fn new(kind: SpatialKind, mut given: Vec<Parameter>, file: Option<String>) -> Result<Self> {
        if kind == SpatialKind::Composite {
            return Err(SpatialKind::unknown(kind.as_str()));
        }
        let (function, names) = (|| kind.as_str().to_owned(), kind.parameter_names());
        let expected = || names.iter().map(|&name| name.to_owned()).collect();
        if kind.needs_file() && file.as_deref().is_none_or(str::is_empty) {
            let reason = "it needs a file; name it in the attribute `file` of spatialModel".to_owned();
            return Err(Error::File { function: function(), reason });
        }
        let mut parameters = Vec::with_capacity(names.len());
        for &name in names {
            let Some(position) = given.iter().position(|p| p.name() == name) else {
                let parameter = name.to_owned();
                return Err(Error::MissingParameter { function: function(), parameter, expected: expected() });
            };
            parameters.push(given.remove(position));
        }
        if let Some(extra) = given.first() {
            let parameter = extra.name().to_owned();
            return Err(if names.contains(&extra.name()) {
                Error::DuplicateParameter { function: function(), parameter }
            } else {
                Error::UnknownParameter { function: function(), parameter, expected: expected() }
            });
        }
        let value = |name: &str| parameters.iter().find(|p| p.name() == name).map(Parameter::value);
        let direction = match (value("RA"), value("DEC")) {
            (Some(ra), Some(dec)) => Some(SkyDirection::new(ra, dec)?),
            _ => None,
        };
        Ok(Self { kind, file, parameters, direction, attributes: Vec::new() })
    }

    /// A point (`SkyDirFunction`).
    ///
    /// # Errors
    /// None for a valid direction.
    pub fn point(direction: SkyDirection) -> Result<Self> {
        Self::new(SpatialKind::Point, vec![right_ascension(direction)?, declination(direction)?], None)
    }

    /// A uniform disk of this radius, degrees (`RadialDisk`).
    ///
    /// # Errors
    /// [`Error::NonFinite`], or [`Error::OutOfBounds`] for a radius outside [0, 180] deg.
    pub fn disk(direction: SkyDirection, radius: f64) -> Result<Self> {
        let radius = Parameter::new("Radius", radius)?.with_bounds(0.0, 180.0)?;
        Self::new(SpatialKind::Disk, vec![right_ascension(direction)?, declination(direction)?, radius], None)
    }

    /// A Gaussian of this sigma, degrees (`RadialGaussian`).
    ///
    /// # Errors
    /// [`Error::NonFinite`], or [`Error::OutOfBounds`] for a sigma outside [0, 180] deg.
    pub fn gaussian(direction: SkyDirection, sigma: f64) -> Result<Self> {
        let sigma = Parameter::new("Sigma", sigma)?.with_bounds(0.0, 180.0)?;
        Self::new(SpatialKind::Gaussian, vec![right_ascension(direction)?, declination(direction)?, sigma], None)
    }

    /// The whole sky (`ConstantValue`).
    ///
    /// # Errors
    /// None.
    pub fn isotropic() -> Result<Self> {
        Self::new(SpatialKind::Isotropic, vec![Parameter::new("Value", 1.0)?.with_bounds(0.0, 10.0)?], None)
    }

    /// A map cube (`MapCubeFunction`) read from this file.
    ///
    /// # Errors
    /// [`Error::File`] for an empty file name.
    pub fn map_cube(file: impl Into<String>) -> Result<Self> {
        let norm = Parameter::new("Normalization", 1.0)?.with_bounds(0.0, 1000.0)?;
        Self::new(SpatialKind::MapCube, vec![norm], Some(file.into()))
    }

    /// A map (`SpatialMap`) read from this file.
    ///
    /// # Errors
    /// [`Error::File`] for an empty file name.
    pub fn map(file: impl Into<String>) -> Result<Self> {
        let norm = Parameter::new("Prefactor", 1.0)?.with_bounds(0.001, 1000.0)?;
        Self::new(SpatialKind::Map, vec![norm], Some(file.into()))
    }

    /// A radial profile (`RadialProfile`) read from this file.
    ///
    /// # Errors
    /// [`Error::File`] for an empty file name.
    pub fn profile(direction: SkyDirection, file: impl Into<String>) -> Result<Self> {
        let norm = Parameter::new("Normalization", 1.0)?.with_bounds(0.0, 10.0)?;
        let parameters = vec![norm, right_ascension(direction)?, declination(direction)?];
        Self::new(SpatialKind::Profile, parameters, Some(file.into()))
    }

    /// What a composite source has in place of a spatial model.
    pub(crate) fn composite() -> Self {
        Self {
            kind: SpatialKind::Composite,
            file: None,
            parameters: Vec::new(),
            direction: None,
            attributes: Vec::new(),
        }
    }

    pub(crate) fn with_attributes(mut self, attributes: Vec<(String, String)>) -> Self {
        self.attributes = attributes;
        self
    }

    /// Its kind.
    pub fn kind(&self) -> SpatialKind {
        self.kind
    }

    /// Its type, as in the XML.
    pub fn type_name(&self) -> &'static str {
        self.kind.as_str()
    }

    /// Its file, as in the XML.
    pub fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }

    /// Its parameters in declaration order; a fit never varies them.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// The parameter of this name.
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|p| p.name() == name)
    }

    /// Its position, or centre, for the types that have RA and DEC.
    pub fn direction(&self) -> Option<SkyDirection> {
        self.direction
    }

    /// Whether it is a point.
    pub fn is_point(&self) -> bool {
        self.kind == SpatialKind::Point
    }

    /// Whether it is a diffuse background: isotropic or a map cube. Extended sources are not.
    pub fn is_diffuse_background(&self) -> bool {
        self.kind.is_diffuse_background()
    }

    /// Integral of the template over the sky, by which `dN/dE` times is the source's flux: 1 for points, disks and Gaussians, `4 pi` for
    /// the isotropic template (its `Value` ignored, as in the LAT tools), `None` for maps and profiles, whose files must be integrated.
    pub fn angular_integral(&self) -> Option<f64> {
        match self.kind {
            SpatialKind::Point | SpatialKind::Disk | SpatialKind::Gaussian => Some(1.0),
            SpatialKind::Isotropic => Some(4.0 * std::f64::consts::PI),
            SpatialKind::Map | SpatialKind::MapCube | SpatialKind::Profile | SpatialKind::Composite => None,
        }
    }

    /// Attributes of the XML element that this crate does not know, in their order.
    pub fn attributes(&self) -> &[(String, String)] {
        &self.attributes
    }
}

fn right_ascension(direction: SkyDirection) -> Result<Parameter> {
    Parameter::new("RA", direction.ra())?.with_bounds(-360.0, 360.0)
}

fn declination(direction: SkyDirection) -> Result<Parameter> {
    Parameter::new("DEC", direction.dec())?.with_bounds(-90.0, 90.0)
}
