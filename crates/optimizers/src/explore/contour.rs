//! Contours: the curve in the plane of two parameters on which the objective, minimised over the others, has risen by a
//! given amount.

use super::explorer::{Crossing, Explorer};
use crate::error::{Error, Result};
use crate::problem::observer::Observer;
use std::f64::consts::TAU;

/// A point of a contour.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ContourPoint {
    /// Value of the first parameter.
    pub x: f64,
    /// Value of the second parameter.
    pub y: f64,
    /// How the search for it ended; at a limit the contour is cut off by a bound.
    pub crossing: Crossing,
    /// The objective there.
    pub fval: f64,
}

impl Explorer<'_> {
    /// `points` points of the contour in the plane of two free parameters, counterclockwise, at equal angles of the
    /// ellipse that the covariance foresees.
    ///
    /// The rise of one error definition gives the contour whose extremes are the one-standard-deviation errors; see
    /// [`with_rise`](Explorer::with_rise) for others.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] when a parameter is not free in the problem or both are the same,
    /// [`Error::Objective`] for a fatal error.
    pub fn contour(
        &mut self,
        x: usize,
        y: usize,
        points: usize,
        observer: &mut dyn Observer,
    ) -> Result<Vec<ContourPoint>> {
        let (a, b) = (self.position(x)?, self.position(y)?);
        if a == b {
            return Err(Error::InvalidOption {
                name: "contour",
                value: format!("({x}, {y})"),
                reason: "needs two different parameters",
            });
        }
        // Cholesky factor of the 2 x 2 covariance: circles become the expected ellipse.
        let width = self.covariance(a, a).sqrt();
        let lean = self.covariance(a, b) / width;
        let height = (self.covariance(b, b) - lean * lean).max(0.0).sqrt();
        (0..points)
            .map(|k| {
                let (sine, cosine) = (TAU * k as f64 / points as f64).sin_cos();
                let direction = [(x, width * cosine), (y, lean * cosine + height * sine)];
                let reached = self.cross(&direction, observer)?;
                Ok(ContourPoint {
                    x: reached.values[x],
                    y: reached.values[y],
                    crossing: reached.crossing,
                    fval: reached.fval,
                })
            })
            .collect()
    }
}
