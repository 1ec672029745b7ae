//! Binned Poisson likelihood of counts cubes and source maps, with exact derivatives.
//!
//! The predicted counts of pixel `i` in energy bin `k` are `M_ik = sum_j (m_ijk S-_jk + m_ij,k+1 S+_jk)`: each source's map `m_j` at the
//! two edges of the bin, weighted by its spectrum there with the log-trapezoid rule
//! (`S- = S(E_k) E_k r/2`, `S+ = S(E_{k+1}) E_{k+1} r/2`, `r = ln(E_{k+1}/E_k)`). The likelihood is `logL = sum N ln M - sum M`,
//! positive-going, without the `ln N!` term (Mattox et al. 1996, ApJ 461, 396; the LAT's binned likelihood). With [`Settings`] a component
//! applies energy dispersion ([`Dispersion`]) and likelihood weights ([`LikelihoodWeights`]), or integrates over energy more accurately
//! ([`EnergyIntegration`]).
//!
//! A [`JointLikelihood`] holds one [`BinnedLikelihood`] a component; a [`roi_model::Roi`] owns the parameters. Every evaluation is
//! of the region as it is:
//!
//! ```
//! use likelihood_core::{BinnedLikelihood, CountsCube, EnergyAxis, JointLikelihood, SourceMap};
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
//! let mut component = BinnedLikelihood::new("00", &counts);
//! component.add_source_map("Crab", &SourceMap::new(Array3::from_elem((3, 1, 1), 7e9))?)?;
//! let mut likelihood = JointLikelihood::new(vec![component])?;
//!
//! let (mut gradient, mut hessian) = ([0.0], Array2::zeros((1, 1)));
//! let log_likelihood = likelihood.hessian(&roi, &mut gradient, &mut hessian)?;
//! // For a norm alone, d logL / d norm = (N - npred) / norm and the curvature is -N / norm^2.
//! let npred = likelihood.npred(&roi, 0)?;
//! assert!((gradient[0] - (281.0 - npred) / 3.0).abs() < 1e-9);
//! assert!((hessian[[0, 0]] + 281.0 / 9.0).abs() < 1e-9);
//! assert!(log_likelihood.is_finite());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod column;
pub mod counts;
pub mod dispersion;
pub mod energy;
pub mod error;
mod evaluation;
mod filled;
mod fixed;
pub mod footprint;
pub mod integration;
pub mod joint;
mod kernel;
mod latched;
pub mod likelihood;
mod mathvec;
mod model_map;
mod need;
pub mod norm_lines;
mod plan;
mod reach;
pub mod source_map;
mod stencil;
mod template;
pub mod weights;
mod workspace;

pub use counts::CountsCube;
pub use dispersion::{DetectorResponse, Dispersion, DispersionMode};
pub use energy::{ENERGY_TOLERANCE, EnergyAxis, is_same_energy};
pub use error::{Error, Result};
pub use footprint::Footprint;
pub use integration::EnergyIntegration;
pub use joint::JointLikelihood;
pub use likelihood::{BinnedLikelihood, Settings, UnmodelledBins};
pub use need::Need;
pub use norm_lines::{NormLines, NormPoint};
pub use source_map::SourceMap;
pub use weights::LikelihoodWeights;
