//! Prior knowledge of a parameter.

use std::f64::consts::{LN_10, TAU};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, finite};

/// The probability density of a parameter's `value` (scaled units) before the data, as a function whose logarithm is added to the
/// log-likelihood.
///
/// ```
/// use roi_model::Prior;
///
/// let prior = Prior::gaussian(2.0, 0.5)?;
/// assert_eq!(prior.ln(3.0), -2.0);
/// assert_eq!(prior.derivatives(3.0), [-4.0, -4.0]);
/// # Ok::<(), roi_model::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Prior {
    shape: Shape,
    mean: f64,
    sigma: f64,
}

/// A prior as it is read, before its numbers are checked.
#[derive(Deserialize)]
struct Unchecked {
    shape: Shape,
    mean: f64,
    sigma: f64,
}

impl TryFrom<Unchecked> for Prior {
    type Error = Error;

    fn try_from(read: Unchecked) -> Result<Self> {
        Self::new(read.shape, read.mean, read.sigma)
    }
}

/// The functions of the LAT tools that a prior can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PriorFunction {
    /// [`Prior::gaussian`].
    GaussianError,
    /// [`Prior::normalized_gaussian`].
    LogGaussian,
    /// [`Prior::log_normal`].
    LogNormalLog,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Shape {
    /// Without the constant of normalisation: `GaussianError` of the LAT tools.
    Gaussian,
    /// With it: `LogGaussian`.
    NormalizedGaussian,
    /// In log10 of the value: `LogNormalLog`.
    LogNormal,
}

impl Prior {
    /// -(x - mean)^2/(2 sigma^2): zero at the mean, so that it changes no log-likelihood there (`GaussianError` of the LAT tools).
    ///
    /// # Errors
    /// [`Error::NonFinite`], or [`Error::InvalidPrior`] for a sigma that is not positive.
    pub fn gaussian(mean: f64, sigma: f64) -> Result<Self> {
        Self::new(Shape::Gaussian, mean, sigma)
    }

    /// The logarithm of the normalised Gaussian density (`LogGaussian` of the LAT tools, whose constant keeps the first sigma for ever;
    /// here it has the present one).
    ///
    /// # Errors
    /// As [`Prior::gaussian`].
    pub fn normalized_gaussian(mean: f64, sigma: f64) -> Result<Self> {
        Self::new(Shape::NormalizedGaussian, mean, sigma)
    }

    /// The logarithm of the log-normal density, mean and sigma in log10 of the value; minus infinity for values that are not
    /// positive (`LogNormalLog` of the LAT tools, less its constant 2 ln ln 10, with which it is not normalised).
    ///
    /// # Errors
    /// As [`Prior::gaussian`].
    pub fn log_normal(log10_mean: f64, log10_sigma: f64) -> Result<Self> {
        Self::new(Shape::LogNormal, log10_mean, log10_sigma)
    }

    /// The prior that a function of the LAT tools stands for; mean and sigma of the last are in log10.
    ///
    /// # Errors
    /// As [`Prior::gaussian`].
    pub fn from_function(function: PriorFunction, mean: f64, sigma: f64) -> Result<Self> {
        match function {
            PriorFunction::GaussianError => Self::gaussian(mean, sigma),
            PriorFunction::LogGaussian => Self::normalized_gaussian(mean, sigma),
            PriorFunction::LogNormalLog => Self::log_normal(mean, sigma),
        }
    }

    /// The function of the LAT tools that it is.
    pub fn function(&self) -> PriorFunction {
        match self.shape {
            Shape::Gaussian => PriorFunction::GaussianError,
            Shape::NormalizedGaussian => PriorFunction::LogGaussian,
            Shape::LogNormal => PriorFunction::LogNormalLog,
        }
    }

    /// Its mean, in log10 of the value for a log-normal one.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// Its sigma, in the units of the mean.
    pub fn sigma(&self) -> f64 {
        self.sigma
    }

    fn new(shape: Shape, mean: f64, sigma: f64) -> Result<Self> {
        finite(mean, || "the mean of a prior".to_owned())?;
        finite(sigma, || "the sigma of a prior".to_owned())?;
        if sigma <= 0.0 {
            return Err(Error::InvalidPrior { reason: format!("its sigma is {sigma}; it must be positive") });
        }
        // Its slope and curvature go with one over the square.
        if !(sigma * sigma).is_normal() {
            let reason = format!("its sigma is {sigma:e}, of which the square is no number; expected 1e-150 to 1e150");
            return Err(Error::InvalidPrior { reason });
        }
        Ok(Self { shape, mean, sigma })
    }

    /// The logarithm of the density at a value.
    pub fn ln(&self, value: f64) -> f64 {
        let (mean, sigma) = (self.mean, self.sigma);
        let gaussian = |x: f64| -0.5 * ((x - mean) / sigma).powi(2);
        let constant = -(TAU.sqrt() * sigma).ln();
        match self.shape {
            Shape::Gaussian => gaussian(value),
            Shape::NormalizedGaussian => gaussian(value) + constant,
            Shape::LogNormal if value > 0.0 => gaussian(value.log10()) + constant - (LN_10 * value).ln(),
            Shape::LogNormal => f64::NEG_INFINITY,
        }
    }

    /// First and second derivative of [`ln`](Self::ln); zero where it is minus infinity.
    pub fn derivatives(&self, value: f64) -> [f64; 2] {
        let variance = self.sigma * self.sigma;
        match self.shape {
            Shape::Gaussian | Shape::NormalizedGaussian => [-(value - self.mean) / variance, -1.0 / variance],
            Shape::LogNormal if value > 0.0 => {
                let slope = (value.log10() - self.mean) / (variance * LN_10) + 1.0;
                [-slope / value, (slope - 1.0 / (variance * LN_10 * LN_10)) / (value * value)]
            }
            Shape::LogNormal => [0.0; 2],
        }
    }

    /// The prior of the value times a factor.
    ///
    /// # Errors
    /// [`Error::InvalidPrior`] for a log-normal prior and a factor that is not positive; [`Error::NonFinite`].
    pub fn rescaled(&self, factor: f64) -> Result<Self> {
        match self.shape {
            Shape::Gaussian | Shape::NormalizedGaussian => {
                Self::new(self.shape, self.mean * factor, self.sigma * factor.abs())
            }
            Shape::LogNormal if factor > 0.0 => Self::new(self.shape, self.mean + factor.log10(), self.sigma),
            Shape::LogNormal => {
                let reason =
                    "a log-normal prior holds for positive values; the sign of the scale cannot change".to_owned();
                Err(Error::InvalidPrior { reason })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> [Prior; 3] {
        [Prior::gaussian(1.2, 0.3), Prior::normalized_gaussian(1.2, 0.3), Prior::log_normal(0.1, 0.2)]
            .map(Result::unwrap)
    }

    #[test]
    fn derivatives_are_those_of_ln() {
        for prior in all() {
            for x in [0.4, 1.1, 1.9] {
                let h = 1e-4;
                let [a, b, c] = [-h, 0.0, h].map(|step| prior.ln(x + step));
                let [first, second] = prior.derivatives(x);
                assert!((first - (c - a) / (2.0 * h)).abs() < 1e-5 * first.abs().max(1.0), "{prior:?} {x}");
                assert!((second - (a - 2.0 * b + c) / (h * h)).abs() < 1e-5 * second.abs().max(1.0), "{prior:?} {x}");
            }
        }
    }

    #[test]
    fn normalized_ones_integrate_to_one() {
        for prior in &all()[1..] {
            let h = 1e-4;
            let sum: f64 = (1..100_000).map(|i| prior.ln(f64::from(i) * h).exp()).sum();
            assert!((sum * h - 1.0).abs() < 1e-4, "{prior:?} {}", sum * h);
        }
        assert_eq!(Prior::gaussian(3.0, 1.0).unwrap().ln(3.0), 0.0);
        assert_eq!(all()[2].ln(-1.0), f64::NEG_INFINITY);
    }

    #[test]
    fn it_agrees_with_the_reference_but_for_its_constant() {
        // LogGaussian of the C++ tools: Norm 2e-9, Mean 5000, Sigma 0.1, at 30 MeV; its constant has sigma 1.
        let prior = Prior::normalized_gaussian(5000.0, 0.1).unwrap();
        let ours = 2e-9 * (prior.ln(30.0) + 0.1f64.ln());
        assert!((ours / -2.470_090_001_837_877_3 - 1.0).abs() < 1e-14, "{ours}");
    }

    #[test]
    fn rescaling_moves_it_along() {
        for prior in all() {
            let moved = prior.rescaled(4.0).unwrap();
            let [a, b] = prior.derivatives(1.3);
            let [c, d] = moved.derivatives(1.3 * 4.0);
            assert!((a - 4.0 * c).abs() < 1e-12 * a.abs() && (b - 16.0 * d).abs() < 1e-12 * b.abs());
        }
        assert!(all()[2].rescaled(-1.0).is_err());
        assert!(Prior::gaussian(f64::NAN, 1.0).is_err());
        assert!(Prior::gaussian(0.0, 0.0).is_err());
    }
}
