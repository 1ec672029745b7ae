//! The closed set of spatial models.

use std::fmt::{Display, Formatter};
use std::str::FromStr;

use serde::Serialize;

use crate::error::{Error, nearest};

/// What kind of template a source has. Inside it is this, at the border the name of the XML: [`FromStr`] reads it, [`Display`] writes it.
///
/// ```
/// use roi_model::SpatialKind;
///
/// let kind: SpatialKind = "RadialDisk".parse()?;
/// assert_eq!((kind, kind.as_str()), (SpatialKind::Disk, "RadialDisk"));
/// assert_eq!(kind.parameter_names(), ["RA", "DEC", "Radius"]);
/// # Ok::<(), roi_model::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(into = "&'static str")]
#[non_exhaustive]
pub enum SpatialKind {
    /// `SkyDirFunction`: a point.
    Point,
    /// `ConstantValue`: the whole sky.
    Isotropic,
    /// `SpatialMap`: a map from a file.
    Map,
    /// `MapCubeFunction`: a map with a plane an energy, from a file.
    MapCube,
    /// `RadialDisk`: a uniform disk.
    Disk,
    /// `RadialGaussian`: a Gaussian.
    Gaussian,
    /// `RadialProfile`: a radial profile from a file.
    Profile,
    /// What a composite source has instead, `CompositeSource`; it is no type of the XML and is never read.
    Composite,
}

impl SpatialKind {
    /// Every kind that the XML can name.
    pub const ALL: [Self; 7] =
        [Self::Point, Self::Isotropic, Self::Map, Self::MapCube, Self::Disk, Self::Gaussian, Self::Profile];

    /// Its name in the XML.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Point => "SkyDirFunction",
            Self::Isotropic => "ConstantValue",
            Self::Map => "SpatialMap",
            Self::MapCube => "MapCubeFunction",
            Self::Disk => "RadialDisk",
            Self::Gaussian => "RadialGaussian",
            Self::Profile => "RadialProfile",
            Self::Composite => "CompositeSource",
        }
    }

    /// The names of its parameters in declaration order.
    pub fn parameter_names(self) -> &'static [&'static str] {
        match self {
            Self::Point => &["RA", "DEC"],
            Self::Isotropic => &["Value"],
            Self::Map => &["Prefactor"],
            Self::MapCube => &["Normalization"],
            Self::Disk => &["RA", "DEC", "Radius"],
            Self::Gaussian => &["RA", "DEC", "Sigma"],
            Self::Profile => &["Normalization", "RA", "DEC"],
            Self::Composite => &[],
        }
    }

    /// Whether its template stands in a file.
    pub fn needs_file(self) -> bool {
        matches!(self, Self::Map | Self::MapCube | Self::Profile)
    }

    /// Whether it is a diffuse background: isotropic or a map cube. Extended sources are not.
    pub fn is_diffuse_background(self) -> bool {
        matches!(self, Self::Isotropic | Self::MapCube)
    }

    /// The error that there is no such type.
    pub(crate) fn unknown(name: &str) -> Error {
        Error::UnknownSpatialModel { name: name.to_owned(), nearest: nearest(name, Self::ALL.map(Self::as_str)) }
    }
}

impl Display for SpatialKind {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

impl From<SpatialKind> for &'static str {
    fn from(kind: SpatialKind) -> Self {
        kind.as_str()
    }
}

impl FromStr for SpatialKind {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name).ok_or_else(|| Self::unknown(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read_back_from_its_name_and_a_composite_from_none() {
        for kind in SpatialKind::ALL {
            assert_eq!(kind.to_string().parse::<SpatialKind>().unwrap(), kind);
        }
        let error = SpatialKind::Composite.to_string().parse::<SpatialKind>().unwrap_err();
        assert!(matches!(error, Error::UnknownSpatialModel { .. }), "{error}");
    }
}
