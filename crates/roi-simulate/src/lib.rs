//! A simulated region: a true model, a start model, and counts as the LAT would see them, all from a seed.
//!
//! [`simulate`] makes a region of 10 x 10 deg (by default) around the direction of the Crab nebula, in the Hammer-Aitoff projection that
//! fermipy uses:
//! - point sources with numbers as S^-2.2 of their flux and the spectra of a LAT catalog, some of them outside the region's edge;
//! - a Galactic component of planes and clouds, a map cube whose image through the PSF is known in closed form;
//! - an isotropic component from a table;
//! - an exposure that rises with energy as the LAT's does in ten years, or as many as the options say, and a PSF of two King functions
//!   whose 68 % radius falls from 5 deg at 100 MeV to 0.1 deg. Several components are the LAT's PSF event types: they share the exposure, and have wider
//!   and narrower PSFs. There is no energy dispersion.
//!
//! Counts are drawn from the true model's expected counts *of the likelihood*: source maps in 32-bit floats and the
//! log-trapezoid rule. A fit that recovers the truth within its errors is thus a closed test of everything behind it.
//!
//! | where | holds |
//! |---|---|
//! | `options` | what the user may choose |
//! | `sky` | sources, Galactic and isotropic component; the true and the start model |
//! | `instrument` | pixels, exposure, PSF, source maps |
//! | `component` | one component: its maps and the counts drawn from them |
//! | `region` | the whole |
//! | `write` | the region as files |
//! | `write_response` | its exposure and PSF as tables and files |
//! | `events` | photons one by one: an orbit, response functions, photon and spacecraft files |
//!
//! Invariants: equal options give equal bits, whatever the number of threads; the region in memory and the one on disk are the same; where a
//! `config.yaml` stands, everything that it names stands. The public boundary is [`SimulationOptions`], [`simulate`] and what it returns, and
//! [`EventOptions`], [`observe`], [`write_event_region`].
//! This crate knows no fits.
//!
//! [`write_event_region`] observes the same sky photon by photon through response functions, from a survey orbit, and [`observe`] any model: what
//! prepares and fits its files is tested from the first photon on.
//!
//! [`SimulatedRoi::write`] writes the region as files of the LAT tools with a `config.yaml`; [`SimulatedRoi::likelihood`] keeps it in
//! memory. Both are equal to the last bit, and equal for equal options (on machines whose mathematical functions are).

mod component;
mod error;
mod events;
mod instrument;
mod options;
mod region;
mod sky;
mod write;
mod write_response;

pub use component::{SimulatedComponent, poisson_counts};
pub use error::{Error, Result};
pub use events::{EventOptions, ObservedEvents, ResponseFiles, observe, write_builtin_response, write_event_region};
pub use options::SimulationOptions;
pub use region::{SimulatedRoi, simulate};

/// The example of the README, compiled and run with the others.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
