//! What the instrument does to photons: exposure, and the PSF wherever source maps need it.

use std::borrow::Cow;
use std::sync::Arc;

use roi_model::SkyDirection;

use super::exposure::Exposure;
use super::psf_table::Psf;
use crate::error::{Error, Result};

/// What the instrument does to photons from the region.
pub struct Response {
    /// cm^2 s at the energies of all planes.
    pub exposure: Exposure,
    /// The PSF.
    pub psf: ObservationPsf,
}

/// Makes the PSF at a direction, from response functions and livetimes.
pub trait PsfAt: Send + Sync {
    /// The PSF there.
    ///
    /// # Errors
    /// When there is no exposure, or the responses do not hold it.
    fn psf(&self, direction: &SkyDirection) -> Result<Psf>;
}

/// Which PSF is used where.
#[derive(Clone)]
#[non_exhaustive]
pub enum ObservationPsf {
    /// The same everywhere: a gtpsf table at the centre of the region.
    Single(Psf),
    /// The table whose position is nearest: to each point source, and to the centre of the counts map for extended and diffuse ones.
    Nearest(Vec<(SkyDirection, Psf)>),
    /// Computed at the position of each point source; at the centre of the counts map for extended and diffuse ones.
    Computed(Arc<dyn PsfAt>),
}

impl From<Psf> for ObservationPsf {
    fn from(psf: Psf) -> Self {
        Self::Single(psf)
    }
}

impl ObservationPsf {
    /// The PSF for a direction.
    pub(crate) fn at(&self, direction: &SkyDirection) -> Result<Cow<'_, Psf>> {
        match self {
            Self::Single(psf) => Ok(Cow::Borrowed(psf)),
            Self::Nearest(tables) => {
                let separation = |(position, _): &(SkyDirection, Psf)| position.separation(direction);
                let nearest = tables.iter().min_by(|a, b| separation(a).total_cmp(&separation(b)));
                nearest.map(|(_, psf)| Cow::Borrowed(psf)).ok_or_else(|| Error::Shape {
                    what: "PSF".into(),
                    found: "no table".into(),
                    expected: "at least one table and its position".into(),
                })
            }
            Self::Computed(responses) => responses.psf(direction).map(Cow::Owned),
        }
    }
}
