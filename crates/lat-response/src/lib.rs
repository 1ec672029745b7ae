//! What the instrument does to a model of the sky: pixel geometry, exposure, point spread function, energy dispersion, and the source maps
//! that a binned likelihood is made of.
//!
//! # The code map
//!
//! A folder uses those above it and none below.
//!
//! - `geometry`: where the pixels of a map lie on the sky.
//! - `templates`: what sources look like on the sky before the instrument sees them.
//! - `irf`: the response functions of an event type, over true energy and inclination.
//! - `observation`: what an observation makes of them: livetime, exposure, mean PSF, energy dispersion; or tables that hold these.
//! - `source_maps`: template times exposure, convolved with the PSF and summed over pixels ([`SourceMapBuilder`]), and the memory that this takes.
//!
//! # Invariants
//!
//! - Units: energies MeV, angles degrees (radians where a name says so), solid angles sr, exposure cm^2 s, PSF 1/sr.
//! - What enters is checked once, in the constructors: numbers are finite, nodes increase, shapes fit. Everything behind relies on it.
//! - Maps do not depend on the number of threads, bit for bit.
//!
//! # The public boundary
//!
//! All public items are named from the root of the crate. It knows neither files nor fits: `lat-io` fills its types, `likelihood-core` takes its
//! source maps, and [`TemplateFiles`] is how it asks for the files of a model.

mod error;
mod geometry;
mod irf;
mod observation;
mod recipe;
mod source_maps;
mod templates;

pub use error::{Error, Result};
pub use geometry::{Frame, HealpixGrid, HealpixOrdering, Interpolation, SkyGrid, UnitVector, WcsGrid, WcsHeader};
pub use irf::{
    AzimuthDependence, DispersionForm, EffectiveArea, Efficiency, EnergyDispersion, Irf, IrfGrid, KingParameters,
    PointSpread, PsfScaling,
};
pub use observation::{
    CosineBins, Exposure, Livetime, LivetimeCube, ObservationPsf, ObservedExposure, ObservedIrfs, ObservedPsf, Psf,
    PsfAt, PsfPlanes, PsfScale, RadialPsf, Response, ResponsePsf, ResponseTables, response_matrix, separations,
};
pub use recipe::{
    DiffusePsf, DiskShape, ExposureLookup, HealpixSampling, KernelFrame, OnAxisWidth, Padding, PointPixels,
    PsfCorrection, PsfNorm, Recipe, TriggerRate,
};
pub use source_maps::{
    DIFFUSE_TOGETHER, Making, MapSize, SourceMapBuilder, SourceMapOptions, TemplateSize, TrialMap, convolved,
    plane_energies,
};
pub use templates::{MapIntegral, RadialProfile, SkyCube, SkyPlanes, Template, TemplateFiles};

/// The example of the README, compiled and run with the others.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
