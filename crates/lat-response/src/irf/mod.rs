//! Instrument response functions of an event type: effective area, point spread function, energy dispersion.
//!
//! They are tables over true energy and the cosine of the inclination, the angle between the photon and the instrument's axis
//! (Ackermann et al. 2012, ApJ Suppl. 203, 4; "LAT Instrument Response Functions" of the Fermi Science Support Center's Cicerone). Between the
//! centres of the bins the LAT tools interpolate linearly in the logarithm of the energy and in the cosine: the area itself, and for the
//! other two the distributions, not their parameters.

mod aeff;
mod azimuth;
mod edisp;
mod efficiency;
mod grid;
mod psf;

pub use aeff::EffectiveArea;
pub use azimuth::AzimuthDependence;
pub use edisp::{DispersionForm, EnergyDispersion};
pub use efficiency::Efficiency;
pub use grid::IrfGrid;
pub use psf::{KingParameters, PointSpread, PsfScaling};

/// The response to one event type, for example `FRONT`.
#[derive(Clone, Debug)]
pub struct Irf {
    /// The event type: `FRONT`, `BACK`, `PSF0` to `PSF3`, `EDISP0` to `EDISP3`.
    pub event_type: String,
    /// Effective area.
    pub effective_area: EffectiveArea,
    /// Point spread function.
    pub psf: PointSpread,
    /// Energy dispersion; not everything needs it.
    pub dispersion: Option<EnergyDispersion>,
}
