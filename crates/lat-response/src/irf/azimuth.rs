//! How the effective area depends on the azimuth around the instrument's axis.

use std::f64::consts::{FRAC_PI_2, FRAC_PI_4};

use super::grid::IrfGrid;
use crate::error::{Error, Result};

/// The effective area at an azimuth over its mean: `(1 + q0 x^q1) / (1 + q0 / (1 + q1))`, where `x` falls from 1 at an azimuth of 0 to 0 at 45 deg
/// and repeats every 90 deg, for the instrument is square (Ackermann et al. 2012, ApJ Suppl. 203, 4, equation 16).
#[derive(Clone, Debug)]
pub struct AzimuthDependence {
    grid: IrfGrid,
    q0: Vec<f64>,
    q1: Vec<f64>,
}

impl AzimuthDependence {
    /// The dependence from the columns `PHIDEP0` and `PHIDEP1` over their grid.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::BadValue`] for columns that do not fit the grid, `q0` below -1 (the area would be negative) or `q1` below 0.
    pub fn new(grid: IrfGrid, q0: &[f64], q1: &[f64]) -> Result<Self> {
        for (name, column, least) in [("PHIDEP0", q0, -1.0), ("PHIDEP1", q1, 0.0)] {
            let what = format!("parameter {name} of the azimuth");
            grid.check(&what, column)?;
            if let Some((bin, &value)) = column.iter().enumerate().find(|(_, value)| **value < least) {
                let expected = "PHIDEP0 of at least -1, PHIDEP1 of at least 0";
                return Err(Error::BadValue { what: format!("{what}, bin {bin}"), value, expected });
            }
        }
        // With q0 = -1 and q1 = 0 nothing is left of the area.
        if let Some(bin) = q0.iter().zip(q1).position(|(q0, q1)| 1.0 + q0 / (1.0 + q1) <= 0.0) {
            let what = format!("parameters of the azimuth, bin {bin}, their mean");
            return Err(Error::BadValue { what, value: 0.0, expected: "a mean above 0" });
        }
        Ok(Self { grid, q0: q0.to_vec(), q1: q1.to_vec() })
    }

    /// The factor at an energy in MeV, a cosine of the inclination and an azimuth in radians. Its mean over the azimuth is 1.
    ///
    /// As in the LAT tools the parameters are those of the bin that energy and cosine fall in, in energy neither the first nor the last.
    pub fn factor(&self, energy: f64, cosine: f64, azimuth: f64) -> f64 {
        let bin = self.grid.inner_bin(energy, cosine);
        let of = |column: &[f64]| column.get(bin).copied().unwrap_or(0.0);
        let (q0, q1) = (of(&self.q0), of(&self.q1));
        let x = (azimuth.rem_euclid(FRAC_PI_2) - FRAC_PI_4).abs() / FRAC_PI_4;
        (1.0 + q0 * x.powf(q1)) / (1.0 + q0 / (1.0 + q1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid() -> IrfGrid {
        IrfGrid::new(&[10.0, 100.0, 1e3, 1e4], &[100.0, 1e3, 1e4, 1e5], &[0.2, 0.6], &[0.6, 1.0]).unwrap()
    }

    #[test]
    fn its_mean_over_the_azimuth_is_one_and_it_repeats_every_quarter() {
        let q0 = [-0.5, -0.2, 0.3, 0.9, -0.4, 0.0, 0.1, -0.9];
        let q1 = [1.0, 8.0, 2.5, 0.0, 3.0, 1.0, 5.0, 1.5];
        let azimuth = AzimuthDependence::new(grid(), &q0, &q1).unwrap();
        for energy in [20.0, 300.0, 3e3, 1e6] {
            for cosine in [0.3, 0.9] {
                let n = 20_000;
                let at = |i: i32| azimuth.factor(energy, cosine, (f64::from(i) + 0.5) * FRAC_PI_2 * 4.0 / f64::from(n));
                let mean = (0..n).map(at).sum::<f64>() / f64::from(n);
                approx::assert_relative_eq!(mean, 1.0, max_relative = 1e-6);
                for angle in [0.0, 0.2, 0.7] {
                    let first = azimuth.factor(energy, cosine, angle);
                    approx::assert_relative_eq!(
                        first,
                        azimuth.factor(energy, cosine, angle + FRAC_PI_2),
                        max_relative = 1e-9
                    );
                    approx::assert_relative_eq!(first, azimuth.factor(energy, cosine, -angle), max_relative = 1e-9);
                }
            }
        }
        // From 100 MeV to 1 GeV, the second bin: at the sides 1 + q0, at the corners 1, over the mean.
        approx::assert_relative_eq!(azimuth.factor(300.0, 0.3, 0.0), 0.8 / (1.0 - 0.2 / 9.0), max_relative = 1e-12);
        approx::assert_relative_eq!(
            azimuth.factor(300.0, 0.3, FRAC_PI_4),
            1.0 / (1.0 - 0.2 / 9.0),
            max_relative = 1e-12
        );
        // The first bin is not used.
        assert_eq!(azimuth.factor(20.0, 0.3, 0.1), azimuth.factor(300.0, 0.3, 0.1));
    }

    #[test]
    fn parameters_that_cannot_be_are_refused() {
        let new = |q0: f64, q1: f64| AzimuthDependence::new(grid(), &[q0; 8], &[q1; 8]);
        assert!(new(-0.5, 1.0).is_ok());
        for (q0, q1) in [(-1.1, 1.0), (0.1, -0.5), (f64::NAN, 1.0), (-1.0, 0.0)] {
            assert!(new(q0, q1).is_err(), "{q0} {q1}");
        }
        assert!(AzimuthDependence::new(grid(), &[0.0; 7], &[0.0; 8]).is_err());
    }
}
