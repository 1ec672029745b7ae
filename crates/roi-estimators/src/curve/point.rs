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

/// How exactly a search on a curve can end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Precision {
    /// At a maximum: how much the last step may still promise to gain in `logL`.
    pub(crate) gain: f64,
    /// Where `logL` has fallen by so much: how exactly that is met, relative to it.
    pub(crate) fall: f64,
}

/// `logL` along one parameter.
pub(crate) trait Curve {
    /// How smooth it is; as smooth as rounding lets it be, if nothing else is said.
    fn precision(&self) -> Precision {
        Precision { gain: 1e-11, fall: 1e-8 }
    }

    /// The point at `x`.
    fn at(&mut self, x: f64) -> Result<Point>;
}
