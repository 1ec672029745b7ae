//! The pixels of a counts map in the form that sums over the sky need: unit vectors and solid angles, computed once for all sources.

use rayon::prelude::*;
use roi_model::SkyDirection;

use crate::geometry::{UnitVector, WcsGrid};

/// Centres, corners and solid angles of a projected image's pixels.
#[derive(Debug)]
pub(crate) struct Pixels {
    grid: WcsGrid,
    /// Unit vector of each pixel's centre; `None` off the projection.
    centers: Vec<Option<UnitVector>>,
    /// Unit vectors of the pixels' corners, `(ny + 1) x (nx + 1)`.
    corners: Vec<Option<UnitVector>>,
    /// sr; 0 where a corner is off the projection.
    solid_angles: Vec<f64>,
}

impl Pixels {
    pub(crate) fn new(grid: &WcsGrid) -> Self {
        let [nx, ny] = grid.size();
        let vector = |x: f64, y: f64| grid.to_direction(x, y).map(UnitVector::from);
        let centers =
            (0..nx * ny).into_par_iter().map(|p| vector((p % nx) as f64 + 1.0, (p / nx) as f64 + 1.0)).collect();
        let nodes = (nx + 1) * (ny + 1);
        let corners: Vec<Option<UnitVector>> = (0..nodes)
            .into_par_iter()
            .map(|node| vector((node % (nx + 1)) as f64 + 0.5, (node / (nx + 1)) as f64 + 0.5))
            .collect();
        let mut pixels = Self { grid: grid.clone(), centers, corners, solid_angles: Vec::new() };
        pixels.solid_angles = (0..nx * ny)
            .map(|pixel| pixels.corners_of(pixel).map_or(0.0, |[a, b, c, d]| UnitVector::quadrangle([a, b, d, c])))
            .collect();
        pixels
    }

    pub(crate) fn grid(&self) -> &WcsGrid {
        &self.grid
    }

    pub(crate) fn center(&self, pixel: usize) -> Option<UnitVector> {
        self.centers.get(pixel).copied().flatten()
    }

    /// Angles between a direction and the centres of all pixels, radians; not numbers off the projection.
    pub(crate) fn angles(&self, direction: &SkyDirection) -> Vec<f64> {
        let source = UnitVector::from(*direction);
        let angle = |center: &Option<UnitVector>| center.map_or(f64::NAN, |center| center.angle(source));
        self.centers.par_iter().with_min_len(512).map(angle).collect()
    }

    pub(crate) fn solid_angle(&self, pixel: usize) -> f64 {
        self.solid_angles.get(pixel).copied().unwrap_or(0.0)
    }

    /// Corners of a pixel: lower left, lower right, upper left, upper right.
    pub(crate) fn corners_of(&self, pixel: usize) -> Option<[UnitVector; 4]> {
        let nx = self.grid.size()[0];
        let low = pixel / nx * (nx + 1) + pixel % nx;
        let at = |node: usize| self.corners.get(node).copied().flatten();
        Some([at(low)?, at(low + 1)?, at(low + nx + 1)?, at(low + nx + 2)?])
    }

    /// The smallest separation, degrees, between a direction and the corners on the outer boundary of the image.
    pub(crate) fn to_boundary(&self, direction: &SkyDirection) -> f64 {
        let [nx, ny] = self.grid.size();
        let source = UnitVector::from(*direction);
        let on_boundary = |node: usize| {
            let (x, y) = (node % (nx + 1), node / (nx + 1));
            x == 0 || x == nx || y == 0 || y == ny
        };
        let corners = self.corners.iter().enumerate().filter(|(node, _)| on_boundary(*node));
        let angles = corners.filter_map(|(_, corner)| corner.map(|corner| source.angle(corner)));
        angles.fold(f64::INFINITY, f64::min).to_degrees()
    }

    /// The largest separation, degrees, of a pixel's centre from a direction.
    pub(crate) fn radius(&self, direction: &SkyDirection) -> f64 {
        let source = UnitVector::from(*direction);
        self.centers.iter().flatten().map(|center| source.angle(*center)).fold(0.0, f64::max).to_degrees()
    }
}
