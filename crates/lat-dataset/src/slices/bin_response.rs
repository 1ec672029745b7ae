//! The response of a bin of time: exposure where it is looked at, and the PSF where sources are.

use std::sync::Arc;

use lat_events::LivetimeSlice;
use lat_response::{
    Irf, LivetimeCube, ObservedExposure, ObservedIrfs, ObservedPsf, Psf, PsfAt, Recipe, ResponseTables,
};
use ndarray::Array2;
use roi_model::SkyDirection;

use super::exposure_pixels::ExposurePixels;
use crate::error::{Error, Result};

/// What the response of every bin is computed from.
#[derive(Debug)]
pub(super) struct Functions {
    pub(super) irfs: Arc<[Irf]>,
    pub(super) tables: ResponseTables,
    pub(super) recipe: Recipe,
}

impl Functions {
    pub(super) fn of<'a>(&'a self, livetime: &'a LivetimeCube) -> ObservedIrfs<'a> {
        ObservedIrfs::new(livetime, &self.irfs).with_recipe(self.recipe).with_tables(&self.tables)
    }
}

/// What is kept of a bin of time.
#[derive(Debug)]
pub(super) struct BinResponse {
    /// s.
    pub(super) good_time: f64,
    /// Of the instrument, s.
    pub(super) livetime: f64,
    /// `[energy, place]`, cm^2 s.
    pub(super) exposure: Array2<f32>,
    /// By inclination where sources are.
    pub(super) by_inclination: LivetimeCube,
}

impl BinResponse {
    /// Of the livetime of a bin; `places` are the pixels of the livetime where sources are.
    pub(super) fn new(
        slice: &LivetimeSlice,
        functions: &Functions,
        pixels: &ExposurePixels,
        places: &[usize],
    ) -> Result<Self> {
        let cube = slice.to_cube()?;
        let observed = ObservedExposure::new(functions.of(&cube), pixels.energies())?;
        Ok(Self {
            good_time: slice.good_times.total(),
            livetime: slice.seconds,
            exposure: pixels.observed(&observed)?,
            by_inclination: cube.part(places)?,
        })
    }

    /// About how many bytes it holds.
    pub(super) fn bytes(&self) -> usize {
        size_of::<f32>() * self.exposure.len() + self.by_inclination.bytes()
    }
}

/// The PSF of a bin, known where sources are.
#[derive(Debug)]
pub(super) struct KnownPsf {
    pub(super) livetime: LivetimeCube,
    /// In the order of the pixels of the livetime.
    pub(super) psfs: Vec<Psf>,
}

impl KnownPsf {
    /// At these directions, the pixels of the livetime in their order.
    pub(super) fn new(
        livetime: LivetimeCube,
        functions: &Functions,
        (directions, energies): (&[SkyDirection], &[f64]),
    ) -> Result<Self> {
        let at = |direction| Ok::<Psf, Error>(ObservedPsf::new(functions.of(&livetime), direction, energies)?.psf);
        let psfs = directions.iter().map(at).collect::<Result<_>>()?;
        Ok(Self { livetime, psfs })
    }
}

impl PsfAt for KnownPsf {
    fn psf(&self, direction: &SkyDirection) -> lat_response::Result<Psf> {
        let known = self.livetime.pixels().pixel(direction).and_then(|pixel| self.psfs.get(pixel));
        match known {
            Some(psf) => Ok(psf.clone()),
            // Says where nothing is known.
            None => Err(self.livetime.at(direction).err().unwrap_or_else(|| lat_response::Error::Healpix {
                reason: "a pixel of the livetime without a PSF".into(),
            })),
        }
    }
}
