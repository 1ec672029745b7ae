//! What a source looks like on the sky before the instrument sees it.

use std::sync::Arc;

use roi_model::{SkyDirection, Source, SpatialKind};

use super::radial_profile::RadialProfile;
use super::sky_planes::{FirstPlane, SkyPlanes};
use crate::error::{Error, Result};

/// Where the files that spatial models name are read; `lat-io` does it.
pub trait TemplateFiles: Sync {
    /// The map of a `SpatialMap` or `MapCubeFunction`. Its planes are asked for while its source map is made.
    ///
    /// # Errors
    /// When it cannot be read ([`Error::Template`]).
    fn map(&self, file: &str) -> Result<Arc<dyn SkyPlanes>>;

    /// The table of a `RadialProfile`.
    ///
    /// # Errors
    /// When it cannot be read ([`Error::Template`]).
    fn profile(&self, file: &str) -> Result<RadialProfile>;
}

/// For regions without files.
impl TemplateFiles for () {
    fn map(&self, file: &str) -> Result<Arc<dyn SkyPlanes>> {
        Err(Error::Template { file: file.to_owned(), reason: "this region was given no template files".into() })
    }

    fn profile(&self, file: &str) -> Result<RadialProfile> {
        Err(Error::Template { file: file.to_owned(), reason: "this region was given no template files".into() })
    }
}

/// A spatial model with what its file holds.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Template {
    /// A point.
    Point(SkyDirection),
    /// The same intensity everywhere.
    Isotropic(f64),
    /// A map or a cube, times a constant.
    Map {
        /// Intensity, 1/sr, or dN/dE/dOmega where the spectrum has no unit.
        cube: Arc<dyn SkyPlanes>,
        /// The constant.
        norm: f64,
    },
    /// A uniform disk of this radius in degrees, of integral 1.
    Disk {
        /// Its centre.
        center: SkyDirection,
        /// Degrees.
        radius: f64,
    },
    /// A Gaussian of this sigma in degrees, of integral 1.
    Gaussian {
        /// Its centre.
        center: SkyDirection,
        /// Degrees.
        sigma: f64,
    },
    /// A radial profile.
    Profile {
        /// Its centre.
        center: SkyDirection,
        /// Intensity against separation.
        profile: RadialProfile,
    },
}

impl Template {
    /// The template of a source.
    ///
    /// # Errors
    /// [`Error::Template`] for a file that cannot be read, [`Error::BadValue`] for a size that cannot be, [`Error::Unsupported`] for a
    /// composite source, whose members have templates of their own.
    pub fn of(source: &Source, files: &dyn TemplateFiles) -> Result<Self> {
        let spatial = source.spatial();
        let kind = spatial.kind();
        let file = spatial.file().unwrap_or_default();
        let what = |parameter: &str| format!("source '{}', {kind}, {parameter}", source.name());
        let parameter = |name: &str| spatial.parameter(name);
        let norm = |name: &str| parameter(name).map_or(1.0, roi_model::Parameter::true_value);
        let center = || {
            let unknown = || Error::BadValue { what: what("RA, DEC"), value: f64::NAN, expected: "a position" };
            spatial.direction().ok_or_else(unknown)
        };
        // As in the LAT tools, sizes are taken from `value`; their scale is ignored.
        let size = |name: &str| {
            let value = parameter(name).map_or(f64::NAN, roi_model::Parameter::value);
            let bad = || Error::BadValue { what: what(name), value, expected: "a size above 0 and at most 90 deg" };
            (value > 0.0 && value <= 90.0).then_some(value).ok_or_else(bad)
        };
        match kind {
            SpatialKind::Point => Ok(Self::Point(center()?)),
            SpatialKind::Isotropic => Ok(Self::Isotropic(norm("Value"))),
            SpatialKind::MapCube => Ok(Self::Map { cube: files.map(file)?, norm: norm("Normalization") }),
            SpatialKind::Map => {
                let cube = files.map(file)?;
                // Only the first plane of a map counts.
                let cube = if cube.energies().len() == 1 { cube } else { Arc::new(FirstPlane(cube)) };
                Ok(Self::Map { cube, norm: norm("Prefactor") })
            }
            SpatialKind::Disk => Ok(Self::Disk { center: center()?, radius: size("Radius")? }),
            SpatialKind::Gaussian => Ok(Self::Gaussian { center: center()?, sigma: size("Sigma")? }),
            SpatialKind::Profile => Ok(Self::Profile { center: center()?, profile: files.profile(file)? }),
            _ => Err(Error::Unsupported {
                what: format!("a template of '{}', a {}", source.name(), source.source_type().as_str()),
                remedy: "take the templates of its members".into(),
            }),
        }
    }
}
