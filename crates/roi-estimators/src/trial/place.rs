//! Where a source is tried, and how wide.

use lat_io::{R68_OF_RADIUS, R68_OF_SIGMA};
use roi_model::{SkyDirection, Source, SpatialKind, SpatialModel};
use serde::Serialize;

use crate::error::{Error, Result};

/// The shape of a source that can be moved, under fermipy's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub enum TrialShape {
    /// A point.
    #[serde(rename = "PointSource")]
    Point,
    /// A uniform disk.
    #[serde(rename = "RadialDisk")]
    Disk,
    /// A Gaussian.
    #[serde(rename = "RadialGaussian")]
    Gaussian,
}

impl TrialShape {
    /// Its name in fermipy.
    pub fn name(self) -> &'static str {
        match self {
            Self::Point => "PointSource",
            Self::Disk => "RadialDisk",
            Self::Gaussian => "RadialGaussian",
        }
    }

    /// The shape of this name, large or small letters alike.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Point, Self::Disk, Self::Gaussian].into_iter().find(|shape| shape.name().eq_ignore_ascii_case(name))
    }

    /// The 68 % containment radius of the shape for each degree of its size (a disk's radius, a Gaussian's sigma).
    pub fn r68_of_size(self) -> f64 {
        match self {
            Self::Point => 0.0,
            Self::Disk => R68_OF_RADIUS,
            Self::Gaussian => R68_OF_SIGMA,
        }
    }
}

/// A place on the sky, a shape and its size.
///
/// ```
/// use roi_estimators::{TrialPlace, TrialShape};
/// use roi_model::SkyDirection;
/// let place = TrialPlace::point(SkyDirection::new(83.63, 22.01)?);
/// let disk = TrialPlace { shape: TrialShape::Disk, size: 0.3, ..place };
/// assert!((disk.r68() - 0.247).abs() < 1e-3);
/// # Ok::<(), roi_model::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrialPlace {
    /// The centre.
    pub direction: SkyDirection,
    /// The shape.
    pub shape: TrialShape,
    /// A disk's radius or a Gaussian's sigma, degrees; 0 for a point.
    pub size: f64,
}

impl TrialPlace {
    /// A point.
    pub fn point(direction: SkyDirection) -> Self {
        Self { direction, shape: TrialShape::Point, size: 0.0 }
    }

    /// A shape of this 68 % containment radius, degrees.
    pub fn of_r68(direction: SkyDirection, shape: TrialShape, r68: f64) -> Self {
        let size = if shape == TrialShape::Point { 0.0 } else { r68 / shape.r68_of_size() };
        Self { direction, shape, size }
    }

    /// Where a source of a model is.
    ///
    /// # Errors
    /// [`Error::NoPlace`] for a source of another kind.
    pub fn of(source: &Source) -> Result<Self> {
        let spatial = source.spatial();
        let refuse =
            || Error::NoPlace { source_name: source.name().to_owned(), spatial: spatial.type_name().to_owned() };
        let direction = spatial.direction().ok_or_else(refuse)?;
        let size = |name: &str| spatial.parameter(name).map(roi_model::Parameter::true_value).ok_or_else(refuse);
        match spatial.kind() {
            SpatialKind::Point => Ok(Self::point(direction)),
            SpatialKind::Disk => Ok(Self { direction, shape: TrialShape::Disk, size: size("Radius")? }),
            SpatialKind::Gaussian => Ok(Self { direction, shape: TrialShape::Gaussian, size: size("Sigma")? }),
            _ => Err(refuse()),
        }
    }

    /// The 68 % containment radius, degrees.
    pub fn r68(&self) -> f64 {
        self.size * self.shape.r68_of_size()
    }

    /// As a spatial model.
    ///
    /// # Errors
    /// When the size cannot be.
    pub fn spatial(&self) -> Result<SpatialModel> {
        Ok(match self.shape {
            TrialShape::Point => SpatialModel::point(self.direction)?,
            TrialShape::Disk => SpatialModel::disk(self.direction, self.size)?,
            TrialShape::Gaussian => SpatialModel::gaussian(self.direction, self.size)?,
        })
    }

    /// The same, so many degrees to the east and to the north of it.
    ///
    /// # Errors
    /// When the step is not finite.
    pub fn moved(&self, east: f64, north: f64) -> Result<Self> {
        Ok(Self { direction: self.direction.moved(east, north)?, ..*self })
    }
}
