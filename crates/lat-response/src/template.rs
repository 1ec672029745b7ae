//! What a source looks like on the sky before the instrument sees it.

use std::sync::Arc;

use ndarray::{Axis, Slice};
use roi_model::sky::SkyDirection;
use roi_model::source::Source;

use crate::error::{Error, Result};
use crate::sky_cube::SkyCube;

/// Where the files that spatial models name are read; `lat-io` does it.
pub trait TemplateFiles: Sync {
    /// The map of a `SpatialMap` or `MapCubeFunction`.
    ///
    /// # Errors
    /// When it cannot be read ([`Error::Template`]).
    fn map(&self, file: &str) -> Result<Arc<SkyCube>>;

    /// The table of a `RadialProfile`.
    ///
    /// # Errors
    /// When it cannot be read ([`Error::Template`]).
    fn profile(&self, file: &str) -> Result<RadialProfile>;
}

/// For regions without files.
impl TemplateFiles for () {
    fn map(&self, file: &str) -> Result<Arc<SkyCube>> {
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
        cube: Arc<SkyCube>,
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
        let kind = spatial.type_name();
        let file = spatial.file().unwrap_or_default();
        let what = |parameter: &str| format!("source '{}', {kind}, {parameter}", source.name());
        let parameter = |name: &str| spatial.parameter(name);
        let norm = |name: &str| parameter(name).map_or(1.0, roi_model::parameter::Parameter::true_value);
        let center = || {
            let unknown = || Error::BadValue { what: what("RA, DEC"), value: f64::NAN, expected: "a position" };
            spatial.direction().ok_or_else(unknown)
        };
        // As in the LAT tools, sizes are taken from `value`; their scale is ignored.
        let size = |name: &str| {
            let value = parameter(name).map_or(f64::NAN, roi_model::parameter::Parameter::value);
            let bad = || Error::BadValue { what: what(name), value, expected: "a size above 0 and at most 90 deg" };
            (value > 0.0 && value <= 90.0).then_some(value).ok_or_else(bad)
        };
        match kind {
            "SkyDirFunction" => Ok(Self::Point(center()?)),
            "ConstantValue" => Ok(Self::Isotropic(norm("Value"))),
            "MapCubeFunction" => Ok(Self::Map { cube: files.map(file)?, norm: norm("Normalization") }),
            "SpatialMap" => {
                let cube = files.map(file)?;
                // Only the first plane of a map counts.
                let cube = if cube.energies().len() == 1 {
                    cube
                } else {
                    let first = cube.planes().slice_axis(Axis(0), Slice::from(..1)).to_owned();
                    let energies = cube.energies().iter().copied().take(1).collect();
                    Arc::new(SkyCube::new(cube.what(), cube.grid().clone(), energies, first)?)
                };
                Ok(Self::Map { cube, norm: norm("Prefactor") })
            }
            "RadialDisk" => Ok(Self::Disk { center: center()?, radius: size("Radius")? }),
            "RadialGaussian" => Ok(Self::Gaussian { center: center()?, sigma: size("Sigma")? }),
            "RadialProfile" => Ok(Self::Profile { center: center()?, profile: files.profile(file)? }),
            _ => Err(Error::Unsupported {
                what: format!("a source map of '{}', a {}", source.name(), source.source_type().as_str()),
                remedy: "make the maps of its members, and sum them times the members' spectra".into(),
            }),
        }
    }
}

/// Intensity against the separation from a centre.
#[derive(Clone, Debug)]
pub struct RadialProfile {
    thetas: Vec<f64>,
    values: Vec<f64>,
}

impl RadialProfile {
    /// A table of intensities (1/sr) at increasing separations (degrees).
    ///
    /// # Errors
    /// [`Error::Shape`] for fewer than two rows, [`Error::BadValue`] for separations that do not increase or negative intensities.
    pub fn new(thetas: Vec<f64>, values: Vec<f64>) -> Result<Self> {
        if thetas.len() < 2 || thetas.len() != values.len() {
            return Err(Error::Shape {
                what: "radial profile".into(),
                found: format!("{} separations, {} values", thetas.len(), values.len()),
                expected: "at least two rows of separation and value".into(),
            });
        }
        if let Some(pair) = thetas.windows(2).find(|w| !(w[0] >= 0.0 && w[0] < w[1] && w[1] <= 180.0)) {
            let expected = "separations from 0 to 180 deg that increase";
            return Err(Error::BadValue { what: "radial profile, separation".into(), value: pair[1], expected });
        }
        if let Some(&value) = values.iter().find(|v| !(v.is_finite() && **v >= 0.0)) {
            let expected = "a finite number of at least 0";
            return Err(Error::BadValue { what: "radial profile, value".into(), value, expected });
        }
        Ok(Self { thetas, values })
    }

    /// The intensity at a separation in degrees: linear between rows; beyond them the outermost line goes on, but not below 0.
    pub fn value(&self, theta: f64) -> f64 {
        let last = self.thetas.len() - 1;
        let low = self.thetas.partition_point(|&t| t <= theta).clamp(1, last) - 1;
        let (t0, t1) = (self.thetas[low], self.thetas[low + 1]);
        let (a, b) = (self.values[low], self.values[low + 1]);
        (a + (b - a) * (theta - t0) / (t1 - t0)).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_linear_and_never_negative() {
        let profile = RadialProfile::new(vec![0.0, 1.0, 2.0], vec![4.0, 3.0, 1.0]).unwrap();
        for (theta, expected) in [(0.0, 4.0), (0.5, 3.5), (1.0, 3.0), (2.0, 1.0), (2.25, 0.5), (3.0, 0.0)] {
            approx::assert_relative_eq!(profile.value(theta), expected);
        }
        assert!(RadialProfile::new(vec![0.0], vec![1.0]).is_err());
        assert!(RadialProfile::new(vec![0.0, 0.0], vec![1.0, 1.0]).is_err());
        assert!(RadialProfile::new(vec![0.0, 1.0], vec![1.0, -1.0]).is_err());
    }
}
