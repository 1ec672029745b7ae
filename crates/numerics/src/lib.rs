//! One-dimensional numerics: what no well-kept crate gives.
//!
//! # The code map
//!
//! - `quadrature`: rules of integration over an interval.
//! - `special`: special functions.
//! - `spline`: the smooth curve through the nodes of a table.
//!
//! # Invariants
//!
//! Functions of numbers alone: no files, no threads, no dependency, and no state but tables of constants that are computed once.
//!
//! # The public boundary
//!
//! All items are named from the root of the crate. What was tried instead of them:
//!
//! - `gauss-quad` 0.3 computes Gauss's rules by eigenvalues: of the eight points some are 2 units in the last place off, and it brings a second
//!   version of `nalgebra`. The tables here are rounded correctly.
//! - `spec_math` 0.1 (Cephes) has the scaled Bessel function; it differs by up to 11 units in the last place and is not kept up.
//! - `ndarray-interp` 0.5 has natural cubic splines on an older `ndarray`; they neither stay between the values of their nodes nor go on
//!   straight beyond them.

mod quadrature;
mod special;
mod spline;

pub use quadrature::{GAUSS_LEGENDRE_2, GAUSS_LEGENDRE_8, fejer};
pub use special::{bessel_i0_scaled, bessel_i0_scaled_with_slope};
pub use spline::Spline;

/// The example of the README, compiled and run with the others.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
