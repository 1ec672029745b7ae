//! Binned Poisson likelihood of counts cubes and source maps, with exact derivatives.
//!
//! The predicted counts of pixel `i` in energy bin `k` are `M_ik = sum_j (m_ijk S-_jk + m_ij,k+1 S+_jk)`: each source's map `m_j` at the
//! two edges of the bin, weighted by its spectrum there with the log-trapezoid rule
//! (`S- = S(E_k) E_k r/2`, `S+ = S(E_{k+1}) E_{k+1} r/2`, `r = ln(E_{k+1}/E_k)`). The likelihood is `logL = sum N ln M - sum M`,
//! positive-going, without the `ln N!` term (Mattox et al. 1996, ApJ 461, 396; the LAT's binned likelihood). With [`Settings`] a component
//! applies energy dispersion ([`Dispersion`]) and likelihood weights ([`LikelihoodWeights`]), or integrates over energy more accurately
//! ([`EnergyIntegration`]).
//!
//! [`Data`] hold one [`ComponentData`] a component: counts and source maps, immutable and shared. A [`Workspace`] follows a region
//! ([`roi_model::Roi`]): it has the roles of its sources and a copy of their spectra. An evaluation is a function of the values of the free
//! parameters; it writes into the caller's workspace alone:
//!
//! ```
//! use likelihood_core::{ComponentData, CountsCube, Data, EnergyAxis, SourceMap, Workspace};
//! use ndarray::{Array2, Array3};
//! use roi_model::{Parameter, Roi, SkyDirection, Source, SourceType, SpatialModel, Spectrum};
//!
//! // One source, N E^-2 with N = 3e-12 at 1 GeV, over two bins of energy and one pixel.
//! let spectrum = Spectrum::new("PowerLaw", vec![
//!     Parameter::new("Prefactor", 3.0)?.with_scale(1e-12)?.with_free(true),
//!     Parameter::new("Index", 2.0)?.with_scale(-1.0)?,
//!     Parameter::new("Scale", 1000.0)?,
//! ])?;
//! let center = SkyDirection::new(83.63, 22.01)?;
//! let source = Source::new("Crab", SourceType::Point, spectrum, SpatialModel::point(center)?)?;
//! let roi = Roi::new(center, vec![source])?;
//!
//! let axis = EnergyAxis::new(vec![100.0, 1000.0, 10_000.0])?;
//! let counts = CountsCube::new(axis, Array3::from_shape_vec((2, 1, 1), vec![250.0, 31.0])?)?;
//! let mut component = ComponentData::new("00", &counts);
//! component.add_source_map("Crab", &SourceMap::new(Array3::from_elem((3, 1, 1), 7e9))?)?;
//! let data = Data::new(vec![component])?;
//!
//! let mut work = Workspace::new(&data, &roi, &[])?;
//! let (mut gradient, mut hessian) = ([0.0], Array2::zeros((1, 1)));
//! let log_likelihood = data.hessian(&[3.0], &mut work, &mut gradient, &mut hessian)?;
//! // For a norm alone, d logL / d norm = (N - npred) / norm and the curvature is -N / norm^2.
//! let npred = data.npred(&roi.sources()[0])?;
//! assert!((gradient[0] - (281.0 - npred) / 3.0).abs() < 1e-9);
//! assert!((hessian[[0, 0]] + 281.0 / 9.0).abs() < 1e-9);
//! assert!(log_likelihood.is_finite());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The map of the crate
//!
//! - `data`: what is given. Counts, energies, weights, source maps; a component; all of them.
//! - `bin_model`: how the planes of a source's map make up the model of an energy bin. Integration over energy, energy dispersion.
//! - `layout`: how a region's sources are laid beside the filled bins. Planes, the model at norm 1 (a *column*), the sums of the fixed ones; and
//!   what of it is still true when the region has changed.
//! - `kernel`: the streaming passes over blocks of filled bins.
//! - `evaluate`: the workspace, and `logL` with its derivatives.
//! - `footprint`: what all this takes of memory.
//!
//! # Invariants
//!
//! - An evaluation changes neither data nor region. What a workspace keeps carries a copy of what it was made from, down to the identity of
//!   tables and maps, so that nobody has to say that something has changed.
//! - A result is the same to the last bit for any number of threads, and for any number of callers at once.
//! - Only filled bins need a model value and a logarithm; a pass reads each map once and allocates nothing for a block.
//! - What failed leaves the workspace as good as it was.
//!
//! # The public boundary
//!
//! Everything public is named by the crate alone. Inputs (counts, energies, maps, weights, responses) are checked where they are made, so that an
//! evaluation can fail for the values of parameters only, and says so ([`Error::depends_on_parameters`]).

mod bin_model;
mod data;
mod error;
mod evaluate;
mod footprint;
mod kernel;
mod layout;

pub use bin_model::dispersion::response::DetectorResponse;
pub use bin_model::dispersion::{Dispersion, DispersionMode};
pub use bin_model::integration::EnergyIntegration;
pub use data::component::ComponentData;
pub use data::counts::CountsCube;
pub use data::energy::{ENERGY_TOLERANCE, EnergyAxis, LogTrapezoid, is_same_energy};
pub use data::joint::Data;
pub use data::settings::{Settings, UnmodelledBins};
pub use data::source_map::SourceMap;
pub use data::weights::LikelihoodWeights;
pub use error::{Error, Result};
pub use evaluate::filled_model::FilledBin;
pub use evaluate::many_points::PointGradient;
pub use evaluate::norm_changes::NormChanges;
pub use evaluate::norm_lines::NormLines;
pub use evaluate::stop_signal::StopSignal;
pub use evaluate::workspace::Workspace;
pub use footprint::Footprint;
pub use kernel::along_norms::NormPoint;

/// The example of the README, compiled and run with the others.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
