//! Effective area.

use super::azimuth::AzimuthDependence;
use super::efficiency::Efficiency;
use super::grid::IrfGrid;
use crate::error::{Error, Result};

/// The effective area of an event type.
#[derive(Clone, Debug)]
pub struct EffectiveArea {
    grid: IrfGrid,
    /// cm^2.
    area: Vec<f64>,
    efficiency: Option<Efficiency>,
    azimuth: Option<AzimuthDependence>,
}

impl EffectiveArea {
    /// A table of m^2 over `grid`, and the correction for the livetime fraction where there is one.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::BadValue`] for a table that does not fit the grid, or is negative or not finite somewhere.
    pub fn new(grid: IrfGrid, square_meters: &[f64], efficiency: Option<Efficiency>) -> Result<Self> {
        grid.check("effective area", square_meters)?;
        if let Some((bin, &value)) = square_meters.iter().enumerate().find(|(_, area)| **area < 0.0) {
            let what = format!("effective area, bin {bin}");
            return Err(Error::BadValue { what, value, expected: "at least 0 m^2" });
        }
        Ok(Self { grid, area: square_meters.iter().map(|area| area * 1e4).collect(), efficiency, azimuth: None })
    }

    /// The same with a dependence on the azimuth, for livetime that is known by azimuth.
    #[must_use]
    pub fn with_azimuth(mut self, azimuth: Option<AzimuthDependence>) -> Self {
        self.azimuth = azimuth;
        self
    }

    /// Whether it depends on the azimuth.
    pub fn depends_on_azimuth(&self) -> bool {
        self.azimuth.is_some()
    }

    /// cm^2 at an energy in MeV, a cosine of the inclination and an azimuth in radians; without azimuth as [`EffectiveArea::value`].
    pub fn at(&self, energy: f64, cosine: f64, azimuth: Option<f64>) -> f64 {
        let factor = match (&self.azimuth, azimuth) {
            (Some(dependence), Some(azimuth)) => dependence.factor(energy, cosine, azimuth),
            _ => 1.0,
        };
        self.value(energy, cosine) * factor
    }

    /// cm^2 at an energy in MeV and a cosine of the inclination, the mean over the azimuth around the instrument's axis; 0 beyond the inclinations of the table.
    pub fn value(&self, energy: f64, cosine: f64) -> f64 {
        if cosine < self.grid.min_cosine() { 0.0 } else { self.grid.interpolate(&self.area, energy, cosine) }
    }

    /// Factors of livetime and weighted livetime at an energy in MeV, see [`Efficiency::factors`]; `(1, 0)` without correction.
    pub fn livetime_factors(&self, energy: f64) -> (f64, f64) {
        self.efficiency.as_ref().map_or((1.0, 0.0), |efficiency| efficiency.factors(energy))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ends_where_the_table_ends() {
        let grid = IrfGrid::new(&[10.0], &[1e6], &[0.2, 0.6], &[0.6, 1.0]).unwrap();
        let aeff = EffectiveArea::new(grid.clone(), &[0.5, 1.0], None).unwrap();
        assert_eq!(aeff.value(100.0, 0.19), 0.0);
        approx::assert_relative_eq!(aeff.value(100.0, 0.25), 5e3, max_relative = 1e-12);
        approx::assert_relative_eq!(aeff.value(100.0, 0.6), 7.5e3, max_relative = 1e-12);
        approx::assert_relative_eq!(aeff.value(100.0, 1.0), 1e4, max_relative = 1e-12);
        assert_eq!(aeff.livetime_factors(100.0), (1.0, 0.0));
        assert!(EffectiveArea::new(grid.clone(), &[0.5, -1.0], None).is_err());
        assert!(EffectiveArea::new(grid, &[0.5], None).is_err());
    }
}
