//! Source models of the gamma-ray sky, as the Fermi-LAT tools know them.
//!
//! | where | holds |
//! |---|---|
//! | `parameter`, `prior` | one number of a model: value, scale, bounds, error, prior |
//! | `defaults` | usual values and bounds, those that fermipy gives |
//! | `spectrum` | the families of spectra, one file each, their formulas and derivatives, the tables that some need |
//! | `spatial`, `sky` | where a source shines: kinds of templates, directions |
//! | `source` | a name, a spectrum, a spatial model |
//! | `region` | the sources of a region, their names, choices among them |
//! | `xml` | the source library XML of the LAT tools, both ways |
//!
//! Invariants: the sources of a region stand in byte order of their names, parameters in the order of their family; numbers that are not
//! finite are stopped where they enter; what is read from an XML is written back to the last bit. The public boundary is the list of items
//! below, one path each. Names of types enter and leave as text; inside, spatial models are a [`SpatialKind`] and parameters a
//! [`ParameterId`]. This crate knows neither data nor files, beyond the text of an XML.
//!
//! A [`Roi`] holds [`Source`]s; a source has a [`Spectrum`] and a [`SpatialModel`]; both have
//! [`Parameter`]s. [`read_xml`] and [`write_xml`] read and write the source library XML of the LAT tools.
//!
//! Two values per parameter exist: `value`, as it stands in the XML, and the *true* value, `value * scale`. All derivatives are
//! with respect to `value`. Energies are in MeV, angles in degrees.

mod defaults;
mod error;
mod names;
mod parameter;
mod prior;
mod region;
mod sky;
mod source;
mod spatial;
mod spectrum;
mod xml;

pub use defaults::{Bounds, Given, power_of_ten, usual_parameters};
pub use error::{BoxError, Error, Result};
pub use names::{ParameterName, normalized_name};
pub use parameter::Parameter;
pub use prior::{Prior, PriorFunction};
pub use region::{ParameterId, Pars, Roi, RoiState, Selection, SelectionRange, SourceId, merge_source};
pub use sky::{Frame, SkyDirection};
pub use source::{Source, SourceType};
pub use spatial::{SpatialKind, SpatialModel};
pub use spectrum::{
    DarkMatterTable, EblTable, EnergyUnit, FileTable, Needs, Spectrum, Tables, default_parameters, spectrum_needs,
    spectrum_parameter_names, spectrum_types, spectrum_wrappers,
};
pub use xml::{SourceLibrary, TableReader, read_xml, read_xml_with, write_xml};

/// The example of the README, compiled and run with the others.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
