//! Source models of the gamma-ray sky, as the Fermi-LAT tools know them.
//!
//! A [`roi::Roi`] holds [`source::Source`]s; a source has a [`spectrum::Spectrum`] and a [`spatial::SpatialModel`]; both have
//! [`parameter::Parameter`]s. [`xml`] reads and writes the source library XML of the LAT tools.
//!
//! Two values per parameter exist: `value`, as it stands in the XML, and the *true* value, `value * scale`. All derivatives are
//! with respect to `value`. Energies are in MeV, angles in degrees.

pub mod error;
pub mod parameter;
pub mod prior;
pub mod roi;
pub mod selection;
pub mod sky;
pub mod source;
pub mod spatial;
pub mod spectrum;
pub mod usual;
pub mod xml;

pub use error::{Error, Result};
