//! The loss of efficiency to ghost signals, which grows with the trigger rate and so with the dead time.

use crate::error::{Error, Result};

/// Correction of the effective area for the fraction of time that the instrument was live: at a livetime fraction `f` the area is multiplied
/// by `p0(E) f + p1(E)` (Ackermann et al. 2012, ApJ Suppl. 203, 4). `p0` and `p1` are piecewise linear in the logarithm of the energy.
///
/// For a whole observation that is `p1` times the livetime plus `p0` times the livetime weighted with its own fraction.
#[derive(Clone, Debug, PartialEq)]
pub struct Efficiency {
    /// Each pair `(p0, p1)`; the correction is their mean.
    pairs: Vec<[Piecewise; 2]>,
}

impl Efficiency {
    /// The correction from the rows of an `EFFICIENCY_PARAMS` table: `p0` and `p1` of the event type (Pass 8), or `p0`, `p1` of front-converting
    /// and then of back-converting events (Pass 7), whose mean the LAT tools take for both. `None` when all parameters are 0: no correction.
    ///
    /// A row is: slope and offset below the first break, slope above it, the first break, slope above the second, the second break; breaks in
    /// log10 of MeV.
    ///
    /// # Errors
    /// [`Error::Shape`] when there are neither 2 nor 4 rows, [`Error::BadValue`] for a parameter that is not finite.
    pub fn from_rows(rows: &[[f64; 6]]) -> Result<Option<Self>> {
        if !matches!(rows.len(), 2 | 4) {
            return Err(Error::Shape {
                what: "efficiency parameters".into(),
                found: format!("{} rows", rows.len()),
                expected: "2 rows (p0, p1) or 4 (of front and of back)".into(),
            });
        }
        if let Some(&value) = rows.iter().flatten().find(|value| !value.is_finite()) {
            let what = "an efficiency parameter".into();
            return Err(Error::BadValue { what, value, expected: "a finite number" });
        }
        if rows.iter().flatten().all(|&value| value == 0.0) {
            return Ok(None);
        }
        let pairs = rows.chunks_exact(2).map(|pair| [Piecewise(pair[0]), Piecewise(pair[1])]).collect();
        Ok(Some(Self { pairs }))
    }

    /// Factors `(f1, f2)` at an energy in MeV: the exposure is `f1` times the integral over the livetime plus `f2` times that over the weighted
    /// livetime.
    ///
    /// ```
    /// use lat_response::Efficiency;
    /// let rows = [[0.0, -0.5, 0.0, 2.0, 0.0, 4.0], [0.0, 1.5, 0.0, 2.0, 0.0, 4.0]];
    /// let factors = Efficiency::from_rows(&rows)?.map(|efficiency| efficiency.factors(1000.0));
    /// assert_eq!(factors, Some((1.5, -0.5)));
    /// # Ok::<(), lat_response::Error>(())
    /// ```
    pub fn factors(&self, energy: f64) -> (f64, f64) {
        let log_e = energy.log10();
        let mean = |which: usize| {
            let sum: f64 = self.pairs.iter().map(|pair| pair[which].value(log_e)).sum();
            sum / self.pairs.len() as f64
        };
        (mean(1), mean(0))
    }
}

/// A continuous function of three straight pieces.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Piecewise([f64; 6]);

impl Piecewise {
    fn value(self, x: f64) -> f64 {
        let [slope0, offset0, slope1, break1, slope2, break2] = self.0;
        if x < break1 {
            return slope0 * x + offset0;
        }
        let at_break1 = slope0 * break1 + offset0;
        if x < break2 {
            return at_break1 + slope1 * (x - break1);
        }
        at_break1 + slope1 * (break2 - break1) + slope2 * (x - break2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_join_at_the_breaks() {
        let line = Piecewise([-1.372, 5.437, -0.7523, 2.651, -0.2397, 4.639]);
        for at in [2.651, 4.639] {
            approx::assert_relative_eq!(line.value(at - 1e-9), line.value(at), max_relative = 1e-7);
        }
        approx::assert_relative_eq!(line.value(2.0), -2.0 * 1.372 + 5.437, max_relative = 1e-12);
        approx::assert_relative_eq!(line.value(4.0) - line.value(3.0), -0.7523, max_relative = 1e-9);
        approx::assert_relative_eq!(line.value(6.0) - line.value(5.0), -0.2397, max_relative = 1e-9);
    }

    #[test]
    fn four_rows_are_averaged_and_zeros_mean_none() {
        let row = |offset: f64| [0.0, offset, 0.0, 2.0, 0.0, 4.0];
        let four = Efficiency::from_rows(&[row(-0.4), row(1.4), row(-0.6), row(1.8)]).unwrap().unwrap();
        let (f1, f2) = four.factors(500.0);
        approx::assert_relative_eq!(f1, 1.6, max_relative = 1e-12);
        approx::assert_relative_eq!(f2, -0.5, max_relative = 1e-12);
        assert_eq!(Efficiency::from_rows(&[[0.0; 6]; 2]).unwrap(), None);
        assert!(Efficiency::from_rows(&[[0.0; 6]; 3]).is_err());
        assert!(Efficiency::from_rows(&[row(f64::NAN), row(1.0)]).is_err());
    }
}
