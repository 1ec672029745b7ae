//! Values over the sky at several energies: diffuse intensities, exposure, weights.

use ndarray::Array2;
use roi_model::sky::SkyDirection;

use crate::error::{Error, Result};
use crate::geometry::SkyGrid;

/// Planes of values over one pixel grid, at increasing energies.
#[derive(Clone, Debug)]
pub struct SkyCube {
    what: String,
    grid: SkyGrid,
    energies: Vec<f64>,
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
        let mut previous = 0.0;
        for &energy in &energies {
            if !energy.is_finite() || energy <= previous {
                let expected = "energies in MeV that are positive and increase";
                return Err(Error::BadValue { what: format!("{what}, energies"), value: energy, expected });
            }
            previous = energy;
        }
        if let Some(((plane, pixel), &value)) = planes.indexed_iter().find(|(_, v)| !v.is_finite()) {
            let what = format!("{what}, plane {plane}, pixel {pixel}");
            return Err(Error::BadValue { what, value: f64::from(value), expected: "a finite number" });
        }
        let planes = if planes.is_standard_layout() { planes } else { planes.as_standard_layout().into_owned() };
        Ok(Self { what, grid, energies, planes })
    }

    /// What it is, for messages.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// The pixels.
    pub fn grid(&self) -> &SkyGrid {
        &self.grid
    }

    /// Energies of the planes, MeV.
    pub fn energies(&self) -> &[f64] {
        &self.energies
    }

    /// The planes, `[energy, pixel]`.
    pub fn planes(&self) -> &Array2<f32> {
        &self.planes
    }

    /// The plane at this energy index.
    pub fn plane(&self, index: usize) -> Option<&[f32]> {
        (index < self.energies.len()).then(|| self.planes.row(index).to_slice()).flatten()
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
        let n = self.energies.len();
        if n == 1 {
            return (0, 0);
        }
        if let Some(exact) = self.energies.iter().position(|&e| e == energy) {
            return (exact, exact);
        }
        let low = self.energies.partition_point(|&e| e < energy).saturating_sub(1).min(n - 2);
        (low, low + 1)
    }

    /// The value at `energy` from the values `a`, `b` at the planes `low`, `high` of [`SkyCube::planes_around`].
    ///
    /// # Errors
    /// As [`SkyCube::value`].
    pub fn between(&self, low: usize, high: usize, a: f64, b: f64, energy: f64) -> Result<f64> {
        if low == high {
            return Ok(a);
        }
        let energy_of = |index: usize| self.energies.get(index).copied().unwrap_or(f64::NAN);
        let (e_a, e_b) = (energy_of(low), energy_of(high));
        if a > 0.0 && b > 0.0 {
            return Ok(a * ((b / a).ln() * (energy / e_a).ln() / (e_b / e_a).ln()).exp());
        }
        if a < 0.0 || b < 0.0 {
            let what = format!("{} between {e_a} and {e_b} MeV", self.what);
            return Err(Error::BadValue { what, value: a.min(b), expected: "values of at least 0" });
        }
        // One or both are zero.
        let linear = a + (b - a) * (energy - e_a) / (e_b - e_a);
        Ok(linear.max(0.0))
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
