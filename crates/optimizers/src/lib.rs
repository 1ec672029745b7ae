//! Bounded minimisers with error analysis: a MINUIT family behind one trait.
//!
//! An [`Objective`] is minimised over the parameters of a [`Problem`] by an [`Optimizer`], chosen by name:
//!
//! ```
//! use optimizers::{EvalError, FitQuality, Objective, Options, Parameter, Problem, Silent, optimizer};
//!
//! // -log likelihood of three counts with a common Poisson mean.
//! struct Counts([f64; 3]);
//! impl Objective for Counts {
//!     fn dim(&self) -> usize { 1 }
//!     fn value(&mut self, x: &[f64]) -> Result<f64, EvalError> {
//!         Ok(self.0.iter().map(|n| x[0] - n * x[0].ln()).sum())
//!     }
//! }
//! let problem = Problem::new(vec![Parameter::new("mean", 1.0).with_bounds(0.0, 100.0)])?;
//! let minimum = optimizer("MINUIT")?.minimize(&mut Counts([3.0, 5.0, 4.0]), &problem, &Options::default(), &mut Silent)?;
//! assert_eq!(minimum.quality, FitQuality::Accurate);
//! assert!((minimum.values[0] - 4.0).abs() < 0.01 * minimum.errors[0]);
//! assert!((minimum.errors[0] - (4.0_f64 / 3.0).sqrt()).abs() < 1e-3);
//! # Ok::<(), optimizers::Error>(())
//! ```
//!
//! # Which optimizer
//!
//! | name | takes | when |
//! |---|---|---|
//! | `NEWTON` | Hessian | the objective has a Hessian: a handful of steps, far below the tolerance |
//! | `MINUIT` | gradient or values | the safe choice; MIGRAD, SIMPLEX where that fails, HESSE |
//! | `NEWMINUIT` | gradient or values | the same with [`Strategy`] 0 to 2, more careful where it fails |
//! | `LM` | residuals | sums of squares |
//! | `LBFGS` | gradient | hundreds of parameters |
//! | `DRMNGB` | gradient | bounded quasi-Newton in the parameters' own coordinates |
//! | `DRMNFB` | values | the same without the objective's gradient |
//! | `SIMPLEX` | values | objectives that are not smooth |
//!
//! Every one works with every objective: derivatives that are missing are found by differences. Your own joins them
//! through [`Registry::register`].
//!
//! # What is claimed
//!
//! All optimizers end with the same judgement on their last point, from the Hessian there: the estimated distance to the
//! minimum *within the bounds*, the covariance, and a [`FitQuality`]. Quality 3 claims that
//! - the distance is below [`Options::edm_goal`],
//! - the Hessian of the parameters off their bounds is positive definite as it stands,
//! - at every bound that holds a parameter the objective falls towards the outside,
//! - the objective rises around the point as the Hessian says: at a tenth of a standard deviation, or, where a curved
//!   valley leaves the straight line, at a fiftieth.
//!
//! A run that falls short of it returns its best point, with a lower quality and a [`Status`] that says why; an
//! [`Error`] means misuse or a fatal error of the objective. [`Minimum`] tells what the errors of parameters at a limit
//! mean.
//!
//! The error definition, 0.5 by default, is the rise of the objective that marks one standard deviation. Objectives that
//! sum millions of terms should say how well they do so through [`Objective::precision`]: numerical derivatives, if any
//! are needed, choose their steps by it.
//!
//! # Around the minimum
//!
//! [`hesse`] gives the covariance at any point; [`Explorer`] finds MINOS errors, contours, profiles and scans;
//! [`Minimum::global_correlations`] the global correlations. [`Problem::starting_at`] continues from a result.

pub mod linalg;

mod confirm;
mod contour;
mod coordinates;
mod descent;
mod driver;
mod error;
mod evaluator;
mod explorer;
mod finite_difference;
mod hesse;
mod lbfgs;
mod least_squares;
mod levenberg_marquardt;
mod line_search;
mod migrad;
mod minimum;
mod minos;
mod minuit;
mod newton;
mod newton_crossing;
mod objective;
mod observer;
mod optimizer;
mod options;
mod problem;
mod profile;
mod quadratic;
mod quasi_newton;
mod registry;
mod residuals;
mod simplex;
mod single;
mod verdict;

pub use contour::ContourPoint;
pub use error::{BoxError, Error, EvalError, Result};
pub use explorer::{Crossing, Explorer};
pub use hesse::hesse;
pub use least_squares::LeastSquares;
pub use minimum::{Calls, FitQuality, Minimum, Status};
pub use minos::{MinosErrors, OneSided};
pub use minuit::{Minuit, NewMinuit};
pub use objective::{Derivatives, Objective};
pub use observer::{Iteration, Observer, Silent};
pub use optimizer::Optimizer;
pub use options::{Options, Strategy};
pub use problem::{Parameter, Problem};
pub use profile::ProfilePoint;
pub use registry::{Registry, optimizer, registry};
pub use residuals::Residuals;
pub use single::{Drmnfb, Drmngb, Lbfgs, LevenbergMarquardt, Newton, Simplex};

/// The examples of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
