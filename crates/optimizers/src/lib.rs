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
//! - the distance is below [`Options::edm_goal`], and the Hessian's own step, where it promises more than the searches
//!   aim at, has been taken and has come true,
//! - the Hessian, evaluated at this very point, is positive definite as it stands in the parameters off their bounds,
//! - no error is as long as the range that the bounds leave,
//! - at every bound that holds a parameter the objective falls towards the outside,
//! - the objective changes around the point as gradient and Hessian say, to each side, and from bounds inwards: at a
//!   tenth of a standard deviation, or, where it leaves its parabola, at a fiftieth; values and gradients agree.
//!
//! A run that falls short of it returns its best point, with a lower quality and a [`Status`] that says why; an
//! [`Error`] means misuse or a fatal error of the objective. [`Minimum`] tells what the errors of parameters at a limit
//! mean.
//!
//! The error definition, 0.5 by default, is the rise of the objective that marks one standard deviation. Objectives that
//! sum millions of terms should say how well they do so through [`Objective::precision`]: numerical derivatives, if any
//! are needed, choose their steps by it.
//!
//! # Code map
//!
//! | folder | holds |
//! |---|---|
//! | `linalg` | dense linear algebra, the quadratic model within bounds, roots in one dimension |
//! | `problem` | what a caller brings and gets: objective, parameters, options, observer, result |
//! | `evaluate` | the objective as the algorithms see it: counted, limited, differentiated, inside its bounds |
//! | `judge` | the judgement of a point, its covariance, the looks elsewhere (`elsewhere`, `second_look`), and what every optimizer does around its search |
//! | `search` | the algorithms, one a file, each from a point to a better one, and the steps that some share |
//! | `minimizers` | the optimizers that a caller may choose, by name |
//! | `explore` | the surroundings of a minimum: MINOS errors, contours, profiles |
//!
//! A folder uses those above it and `error`, never one below. What holds throughout:
//!
//! - nothing is evaluated outside the bounds, and nothing behind the back of [`Calls`];
//! - a value, gradient or Hessian that is not finite never leaves `evaluate`;
//! - `linalg` is the one place that chooses a backend; only `judge` decides on a [`FitQuality`];
//! - the same input gives the same bits.
//!
//! The public boundary is the list of names below, each with one path, `optimizers::Name`.
//!
//! # Around the minimum
//!
//! [`hesse`] gives the covariance at any point; [`Explorer`] finds MINOS errors, contours, profiles and scans, of one
//! parameter or over the plane of two, for a rise or a confidence level; [`Minimum::global_correlations`] the global correlations, [`Minimum::propagated_error`] the error of a function. [`Problem::starting_at`] continues from a result.

mod error;
mod evaluate;
mod explore;
mod judge;
mod linalg;
mod minimizers;
mod problem;
mod search;

pub use error::{BoxError, Error, EvalError, Result};
pub use explore::contour::ContourPoint;
pub use explore::explorer::{Crossing, Explorer};
pub use explore::minos::{MinosErrors, OneSided};
pub use explore::plane::{Plane, PlanePoint};
pub use explore::profile::ProfilePoint;
pub use judge::hesse::hesse;
pub use linalg::inverse;
pub use linalg::quadratic_model::{Step as BoxStep, minimize_in_box};
pub use minimizers::builtin::{Drmnfb, Drmngb, Lbfgs, LevenbergMarquardt, Newton, Simplex};
pub use minimizers::minuit::{Minuit, NewMinuit};
pub use minimizers::optimizer::Optimizer;
pub use minimizers::registry::{Registry, optimizer, registry};
pub use problem::from_fn::{FromFn, from_fn};
pub use problem::least_squares::LeastSquares;
pub use problem::minimum::{Calls, FitQuality, Flags, Minimum, Status};
pub use problem::objective::{Derivatives, Objective};
pub use problem::observer::{Iteration, Observer, Silent};
pub use problem::options::{Options, Strategy};
pub use problem::parameters::{Parameter, Problem};
pub use problem::residuals::Residuals;

/// The examples of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
