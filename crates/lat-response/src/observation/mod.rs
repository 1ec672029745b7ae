//! What an observation makes of the response functions: livetime, exposure, mean PSF and energy dispersion, computed or from tables.

mod drm;
mod exposure;
mod livetime;
mod node_weights;
mod observed_exposure;
mod observed_irfs;
mod observed_psf;
mod psf_planes;
mod psf_resample;
mod psf_scale;
mod psf_table;
mod response;
mod response_tables;

pub use drm::response_matrix;
pub use exposure::Exposure;
pub use livetime::{CosineBins, Livetime, LivetimeCube};
pub(crate) use node_weights::{NodeWeights, SlopeWeights};
pub use observed_exposure::ObservedExposure;
pub use observed_irfs::ObservedIrfs;
pub use observed_psf::{ObservedPsf, ResponsePsf};
pub use psf_planes::PsfPlanes;
pub use psf_resample::separations;
pub use psf_scale::PsfScale;
pub use psf_table::{Psf, RadialPsf};
pub use response::{ObservationPsf, PsfAt, Response};
pub use response_tables::ResponseTables;
