//! Values over the sky at several energies: diffuse intensities, exposure, weights.

use ndarray::Array2;
use roi_model::SkyDirection;

use super::map_integral::{MapIntegral, PlaneEnergies, check_energies};
use crate::error::{Error, Result};
use crate::geometry::SkyGrid;

/// Planes of values over one pixel grid, at increasing energies.
#[derive(Clone, Debug)]
pub struct SkyCube {
    energies: PlaneEnergies,
    grid: SkyGrid,
    planes: Array2<f32>,
}

impl SkyCube {
    /// A cube of shape `[energy, pixel]` at `energies` in MeV (one for a map without energies); `what` names it in messages.
    ///
    /// # Errors
    /// [`Error::Shape`] when the planes do not fit grid and energies, [`Error::BadValue`] for a value that is not finite or energies that do
    /// not increase.
    pub fn new(what: impl Into<String>, grid: SkyGrid, energies: Vec<f64>, planes: Array2<f32>) -> Result<Self> {
        let what = what.into();
        if planes.dim() != (energies.len(), grid.n_pixels()) || energies.is_empty() {
            return Err(Error::Shape {
                what,
                found: format!("{:?}", planes.shape()),
                expected: format!("[{} energies (at least 1), {} pixels]", energies.len(), grid.n_pixels()),
            });
        }
        check_energies(&what, &energies)?;
        if let Some(((plane, pixel), &value)) = planes.indexed_iter().find(|(_, v)| !v.is_finite()) {
            let what = format!("{what}, plane {plane}, pixel {pixel}");
            return Err(Error::BadValue { what, value: f64::from(value), expected: "a finite number" });
        }
        let planes = if planes.is_standard_layout() { planes } else { planes.as_standard_layout().into_owned() };
        Ok(Self { energies: PlaneEnergies::new(what, energies), grid, planes })
    }

    /// What it is, for messages.
    pub fn what(&self) -> &str {
        self.energies.what()
    }

    /// The pixels.
    pub fn grid(&self) -> &SkyGrid {
        &self.grid
    }

    /// Energies of the planes, MeV.
    pub fn energies(&self) -> &[f64] {
        self.energies.values()
    }

    /// The planes, `[energy, pixel]`.
    pub fn planes(&self) -> &Array2<f32> {
        &self.planes
    }

    /// The plane at this energy index.
    pub fn plane(&self, index: usize) -> Option<&[f32]> {
        (index < self.energies().len()).then(|| self.planes.row(index).to_slice()).flatten()
    }

    /// Value at a direction (bilinear between pixel centres) and an energy: a power law between the two planes around it, the outermost two
    /// beyond the range; `None` off the map. A map with one plane has the same value at every energy.
    ///
    /// As in the LAT tools: both values 0 give 0; where one is 0 the value is linear in energy, and 0 beyond the range on that side.
    ///
    /// # Errors
    /// [`Error::BadValue`] for a negative value between planes, which a power law cannot pass.
    pub fn value(&self, direction: &SkyDirection, energy: f64) -> Result<Option<f64>> {
        let at = self.grid.interpolation(direction);
        let plane = |index: usize| self.plane(index).and_then(|plane| at.apply(plane));
        let (low, high) = self.planes_around(energy);
        let (Some(a), Some(b)) = (plane(low), plane(high)) else { return Ok(None) };
        self.between(low, high, a, b, energy).map(Some)
    }

    /// Indices of the two planes that an energy lies between; the same index twice on a plane, or for a map with one.
    pub fn planes_around(&self, energy: f64) -> (usize, usize) {
        self.energies.around(energy)
    }

    /// The value at `energy` from the values `a`, `b` at the planes `low`, `high` of [`SkyCube::planes_around`].
    ///
    /// # Errors
    /// As [`SkyCube::value`].
    pub fn between(&self, low: usize, high: usize, a: f64, b: f64, energy: f64) -> Result<f64> {
        self.energies.between(low, high, a, b, energy)
    }

    /// The integral of every plane over the solid angle of its pixels: for a template in 1/sr what its spectrum is multiplied by in a flux.
    pub fn integral(&self) -> MapIntegral {
        let n = self.energies().len();
        let mut sums = vec![0.0; n];
        for (pixel, values) in self.planes.columns().into_iter().enumerate() {
            let solid_angle = self.grid.solid_angle(pixel);
            for (sum, &value) in sums.iter_mut().zip(values) {
                *sum += f64::from(value) * solid_angle;
            }
        }
        MapIntegral::new(self.energies.clone(), sums)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Frame, WcsGrid, WcsHeader};

    fn cube(values: [f32; 3]) -> SkyCube {
        let header = WcsHeader::centered([4, 4], 1.0, Frame::Galactic, "CAR", [0.0, 0.0]);
        let grid = SkyGrid::Wcs(WcsGrid::new(header).unwrap());
        let planes = Array2::from_shape_fn((3, 16), |(e, _)| values[e]);
        SkyCube::new("template", grid, vec![100.0, 1000.0, 10_000.0], planes).unwrap()
    }

    #[test]
    fn a_power_law_is_met_exactly_inside_and_outside_the_range() {
        let cube = cube([1e-2, 1e-4, 1e-6]);
        let center = SkyDirection::from_galactic(0.3, 0.2).unwrap();
        for energy in [50.0, 100.0, 316.0, 1000.0, 5000.0, 40_000.0] {
            let found = cube.value(&center, energy).unwrap().unwrap();
            approx::assert_relative_eq!(found, 1e-2 * (energy / 100.0f64).powi(-2), max_relative = 1e-6);
        }
        assert_eq!(cube.value(&SkyDirection::from_galactic(30.0, 0.0).unwrap(), 100.0).unwrap(), None);
    }

    #[test]
    fn zeros_are_linear_and_negative_values_are_refused() {
        let center = SkyDirection::from_galactic(0.3, 0.2).unwrap();
        let at = |values, energy| cube(values).value(&center, energy);
        assert_eq!(at([0.0, 0.0, 1.0], 500.0).unwrap(), Some(0.0));
        assert_eq!(at([0.0, 9.0, 1.0], 550.0).unwrap(), Some(4.5));
        assert_eq!(at([0.0, 9.0, 1.0], 50.0).unwrap(), Some(0.0));
        assert!(at([-1.0, 9.0, 1.0], 550.0).unwrap_err().to_string().contains("template"));
    }

    /// The map 1 + 2 sin(latitude) at the first energy, a hundredth of it at the second.
    fn slope(grid: SkyGrid) -> SkyCube {
        #[expect(clippy::cast_possible_truncation, reason = "maps are kept in 32-bit floats")]
        let value = |pixel: usize| {
            let direction = grid.direction(pixel).unwrap();
            (1.0 + 2.0 * direction.dec().to_radians().sin()) as f32
        };
        let planes = Array2::from_shape_fn((2, grid.n_pixels()), |(k, i)| value(i) / [1.0, 100.0][k]);
        SkyCube::new("map", grid, vec![100.0, 1000.0], planes).unwrap()
    }

    #[test]
    fn the_integral_over_the_sphere_is_that_of_the_mean() {
        use crate::geometry::{HealpixGrid, HealpixOrdering};
        use std::f64::consts::PI;
        let healpix = SkyGrid::Healpix(HealpixGrid::new(16, HealpixOrdering::Ring, Frame::Celestial).unwrap());
        let image = |size| {
            let header = WcsHeader::centered(size, 2.0, Frame::Celestial, "CAR", [0.0, 0.0]);
            SkyGrid::wcs(header).unwrap()
        };
        // With 91 rows the poles are the centres of pixels, half of which lie beyond.
        for (grid, tolerance) in [(healpix, 1e-7), (image([180, 90]), 1e-7), (image([180, 91]), 1e-7)] {
            let integral = slope(grid).integral();
            approx::assert_relative_eq!(integral.values()[0], 4.0 * PI, max_relative = tolerance);
            let between = integral.at(100.0 * 10f64.sqrt()).unwrap();
            approx::assert_relative_eq!(between, 0.4 * PI, max_relative = tolerance);
        }
    }

    #[test]
    fn the_integral_of_a_part_is_that_of_its_pixels() {
        use crate::geometry::{HealpixGrid, HealpixOrdering};
        let sphere = HealpixGrid::new(4, HealpixOrdering::Nested, Frame::Galactic).unwrap();
        let grid = SkyGrid::Healpix(sphere.with_pixels(vec![5, 9]).unwrap());
        let cube = SkyCube::new("map", grid, vec![1.0], ndarray::arr2(&[[1.0, 2.0]])).unwrap();
        let expected = 3.0 * 4.0 * std::f64::consts::PI / 192.0;
        approx::assert_relative_eq!(cube.integral().at(77.0).unwrap(), expected, max_relative = 1e-12);
    }

    #[test]
    fn misshapen_cubes_are_refused() {
        let good = cube([1.0; 3]);
        let make = |energies: Vec<f64>, planes| SkyCube::new("map", good.grid().clone(), energies, planes);
        assert!(make(vec![1.0], Array2::zeros((2, 16))).is_err());
        assert!(make(vec![2.0, 1.0], Array2::zeros((2, 16))).is_err());
        assert!(make(vec![1.0], Array2::from_elem((1, 16), f32::NAN)).is_err());
        assert!(make(Vec::new(), Array2::zeros((0, 16))).is_err());
    }
}
