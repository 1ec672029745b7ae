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
//! assert!((minimum.errors[0] - (4.0_f64 / 3.0).sqrt()).abs() < 1e-2);
//! # Ok::<(), optimizers::Error>(())
//! ```

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
