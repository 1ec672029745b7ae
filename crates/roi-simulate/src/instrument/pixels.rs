//! The pixels on the sky.

use lat_response::{Frame, UnitVector, WcsGrid, WcsHeader};
use roi_model::SkyDirection;

use crate::error::Result;
use crate::options::SimulationOptions;

/// Right ascension and declination of the centre of every simulated region: the Crab nebula's, near the Galactic anticentre.
pub(crate) const CENTER: [f64; 2] = [83.63, 22.01];

/// A unit vector.
pub(crate) type Vector = [f64; 3];

/// Hammer-Aitoff pixels around [`CENTER`], in celestial coordinates. Per-pixel numbers are in the order `[y][x]`.
pub(crate) struct Grid {
    pub(crate) wcs: WcsGrid,
    /// Directions of the pixel centres.
    pub(crate) directions: Vec<SkyDirection>,
    /// The same as unit vectors.
    pub(crate) centers: Vec<Vector>,
    /// Unit vectors of the corners, `[ny + 1][nx + 1]`.
    corners: Vec<Vector>,
    /// Solid angles, sr.
    pub(crate) solid_angles: Vec<f64>,
}

impl Grid {
    pub(crate) fn new(options: &SimulationOptions) -> Result<Self> {
        let n = options.npix;
        let header = WcsHeader::centered([n, n], options.binsz, Frame::Celestial, "AIT", CENTER);
        let mut grid = Self {
            wcs: WcsGrid::new(header)?,
            directions: Vec::new(),
            centers: Vec::new(),
            corners: Vec::new(),
            solid_angles: Vec::new(),
        };
        for y in 0..n {
            for x in 0..n {
                let direction = grid.direction(x as f64, y as f64)?;
                grid.directions.push(direction);
                grid.centers.push(vector(direction));
            }
        }
        for y in 0..=n {
            for x in 0..=n {
                grid.corners.push(vector(grid.direction(x as f64 - 0.5, y as f64 - 0.5)?));
            }
        }
        grid.solid_angles =
            (0..n * n).map(|pixel| UnitVector::quadrangle(grid.corners_of(pixel).map(UnitVector))).collect();
        Ok(grid)
    }

    /// The direction at pixel coordinates that count from 0 at the centre of the first pixel.
    pub(crate) fn direction(&self, x: f64, y: f64) -> Result<SkyDirection> {
        self.wcs.to_direction(x + 1.0, y + 1.0).ok_or_else(|| {
            let projection = self.wcs.header().projection();
            let reason = format!("pixel ({x}, {y}), counted from 0, is off the {projection} projection");
            lat_response::Error::Projection { reason }.into()
        })
    }

    /// Pixels on a side.
    pub(crate) fn side(&self) -> usize {
        self.wcs.size()[0]
    }

    /// Width of a pixel in radians.
    pub(crate) fn pixel_width(&self) -> f64 {
        self.wcs.header().cdelt[1].to_radians()
    }

    /// The corners of a pixel, around it.
    pub(crate) fn corners_of(&self, pixel: usize) -> [Vector; 4] {
        let n = self.side();
        let first = pixel / n * (n + 1) + pixel % n;
        [first, first + 1, first + n + 2, first + n + 1].map(|corner| self.corners[corner])
    }
}

/// The unit vector of a direction.
pub(crate) fn vector(direction: SkyDirection) -> Vector {
    UnitVector::from(direction).0
}

/// The square of the chord between two unit vectors; for small angles the square of the angle in radians.
pub(crate) fn squared_chord(a: Vector, b: Vector) -> f64 {
    let [dx, dy, dz] = [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
    dx * dx + dy * dy + dz * dz
}

/// The angle in radians that a squared chord spans.
pub(crate) fn angle(squared_chord: f64) -> f64 {
    2.0 * (squared_chord.sqrt() / 2.0).min(1.0).asin()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(npix: usize, binsz: f64) -> Grid {
        Grid::new(&SimulationOptions { npix, binsz, ..SimulationOptions::default() }).unwrap()
    }

    #[test]
    fn pixels_of_the_equal_area_projection_have_equal_areas() {
        // Sides are great circles here, not the curves of the projection: that shows in large pixels of large regions.
        for (npix, binsz, tolerance) in [(10, 0.1f64, 1e-6), (100, 0.1, 1e-6), (20, 2.0, 3e-4)] {
            let expected = binsz.to_radians().powi(2);
            let solid_angles = grid(npix, binsz).solid_angles;
            for &omega in &solid_angles {
                approx::assert_relative_eq!(omega, expected, max_relative = tolerance);
            }
        }
    }

    #[test]
    fn directions_agree_with_wcslib() {
        // astropy 7 (wcslib) for the same header: pixel (x, y), counted from 0, and its RA and DEC.
        let grid = grid(100, 0.1);
        for (x, y, ra, dec) in [
            (49.5, 49.5, 83.63, 22.01),
            (0.0, 0.0, 88.801_633_545_679_01, 16.975_697_688_349_38),
            (99.0, 0.0, 78.458_366_454_320_98, 16.975_697_688_349_38),
            (0.0, 99.0, 89.176_114_161_703_71, 26.870_384_739_717_55),
            (99.5, 99.5, 78.025_531_747_597_82, 26.918_526_420_478_46),
            (12.25, 80.0, 87.739_760_866_540_79, 25.009_849_018_900_834),
        ] {
            let direction = grid.direction(x, y).unwrap();
            let expected = SkyDirection::new(ra, dec).unwrap();
            assert!(direction.separation(&expected) < 1e-9, "({x}, {y}): {direction:?}");
        }
    }

    #[test]
    fn chords_and_angles() {
        let a = SkyDirection::new(10.0, 0.0).unwrap();
        for separation in [1e-6, 0.1, 30.0, 120.0] {
            let b = SkyDirection::new(10.0 + separation, 0.0).unwrap();
            let found = angle(squared_chord(vector(a), vector(b))).to_degrees();
            approx::assert_relative_eq!(found, separation, max_relative = 1e-8);
        }
        assert_eq!(angle(4.0 + 1e-12), std::f64::consts::PI);
    }
}
