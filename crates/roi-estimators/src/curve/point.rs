//! A curve of `logL` over one parameter, and a point of it.

use crate::error::Result;

/// A point of a curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Point {
    pub(crate) x: f64,
    /// `logL`; minus infinity where the data are impossible.
    pub(crate) loglike: f64,
    /// Its derivative along the curve; not a number where the data are impossible.
    pub(crate) slope: f64,
    /// Minus its second derivative along the curve: positive at a maximum.
    pub(crate) curvature: f64,
    /// Whether what is fitted again at each point was found.
    pub(crate) is_converged: bool,
}

impl Point {
    /// A point at which the data are impossible.
    pub(crate) fn impossible(x: f64) -> Self {
        Self { x, loglike: f64::NEG_INFINITY, slope: f64::NAN, curvature: f64::NAN, is_converged: true }
    }
}

/// `logL` along one parameter.
pub(crate) trait Curve {
    /// The point at `x`.
    fn at(&mut self, x: f64) -> Result<Point>;
}
