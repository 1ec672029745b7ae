//! How livetime is binned.

use lat_response::CosineBins;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::spacecraft::COVERED;

/// Square degrees of the sphere, as gtltcube counts them.
const SPHERE: f64 = 41_252.0;

/// The finest sphere of gtltcube.
const LARGEST_NSIDE: u32 = 512;

/// Bins of livetime, and what is left out. The defaults are those of gtltcube.
///
/// ```
/// use lat_events::LivetimeOptions;
/// let options = LivetimeOptions::default().with_zenith(0.0, 90.0).with_azimuth_bins(6);
/// assert_eq!((options.nside()?, options.cosine_bins()?.n), (64, 40));
/// # Ok::<(), lat_events::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LivetimeOptions {
    /// Step in the cosine of the inclination, on average (`dcostheta`).
    pub cosine_step: f64,
    /// Size of a pixel of the sky in degrees (`binsz`); pixels are at most as large.
    pub pixel_size: f64,
    /// Bins of azimuth, 0 for none (`phibins`).
    pub azimuth_bins: usize,
    /// Angles to the zenith at which a direction is counted, degrees (`zmin`, `zmax`); `(0, 180)` for all.
    pub zenith: (f64, f64),
    /// Right ascension, declination and radius of the part of the sky that is wanted, degrees; elsewhere the livetime is then left 0.
    pub region: Option<(f64, f64, f64)>,
    /// The least part of the good times that spacecraft rows must cover, 0 to 1.
    pub coverage: f64,
}

impl Default for LivetimeOptions {
    fn default() -> Self {
        Self {
            cosine_step: 0.025,
            pixel_size: 1.0,
            azimuth_bins: 0,
            zenith: (0.0, 180.0),
            region: None,
            coverage: COVERED,
        }
    }
}

impl LivetimeOptions {
    /// Sets the mean step in the cosine of the inclination.
    #[must_use]
    pub fn with_cosine_step(mut self, step: f64) -> Self {
        self.cosine_step = step;
        self
    }

    /// Sets the size of a pixel, degrees.
    #[must_use]
    pub fn with_pixel_size(mut self, degrees: f64) -> Self {
        self.pixel_size = degrees;
        self
    }

    /// Sets the number of bins of azimuth.
    #[must_use]
    pub fn with_azimuth_bins(mut self, bins: usize) -> Self {
        self.azimuth_bins = bins;
        self
    }

    /// Sets the zenith angles that are counted, degrees.
    #[must_use]
    pub fn with_zenith(mut self, zmin: f64, zmax: f64) -> Self {
        self.zenith = (zmin, zmax);
        self
    }

    /// Sets the part of the sky that is wanted: pixels within `radius` of a direction, and those that touch them. Degrees.
    #[must_use]
    pub fn with_region(mut self, ra: f64, dec: f64, radius: f64) -> Self {
        self.region = Some((ra, dec, radius));
        self
    }

    /// Sets the least part of the good times that spacecraft rows must cover.
    #[must_use]
    pub fn with_coverage(mut self, part: f64) -> Self {
        self.coverage = part;
        self
    }

    /// The bins of the cosine of the inclination.
    ///
    /// # Errors
    /// [`Error::Option`] for a step that cannot be.
    pub fn cosine_bins(&self) -> Result<CosineBins> {
        if !(self.cosine_step > 0.0 && self.cosine_step <= 1.0 && self.cosine_step >= 1e-3) {
            return Err(Error::option("dcostheta", self.cosine_step, "a step from 0.001 to 1"));
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to 1000")]
        let n = (1.0 / self.cosine_step) as usize;
        Ok(CosineBins { n, minimum: 0.0, square_root: true })
    }

    /// `NSIDE` of the pixels: the least power of two whose pixels are no larger than asked for, at most 512.
    ///
    /// # Errors
    /// [`Error::Option`] for a size that cannot be.
    pub fn nside(&self) -> Result<u32> {
        if !(self.pixel_size > 0.0 && self.pixel_size <= 180.0) {
            return Err(Error::option("binsz", self.pixel_size, "a size above 0 and up to 180 degrees"));
        }
        let wanted = SPHERE / (self.pixel_size * self.pixel_size);
        let mut nside = 1;
        while 12.0 * f64::from(nside) * f64::from(nside) < wanted && nside < LARGEST_NSIDE {
            nside *= 2;
        }
        Ok(nside)
    }

    /// That the other options can be.
    pub(super) fn check(&self) -> Result<()> {
        let (zmin, zmax) = self.zenith;
        if !(0.0 <= zmin && zmin < zmax && zmax <= 180.0) {
            return Err(Error::option(
                "zmin:zmax",
                format!("{zmin}:{zmax}"),
                "two angles from 0 to 180 degrees in order",
            ));
        }
        if self.azimuth_bins > 1000 {
            return Err(Error::option("phibins", self.azimuth_bins, "0 to 1000 bins"));
        }
        if !(0.0..=1.0).contains(&self.coverage) {
            return Err(Error::option("coverage", self.coverage, "a part from 0 to 1"));
        }
        Ok(())
    }
}
