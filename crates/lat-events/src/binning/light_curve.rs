//! Counts by time.

use std::path::Path;

use lat_io::{BinnedHeader, LightCurveTable};

use super::bins::TimeBinning;
use super::maps::{counted, header};
use crate::error::Result;
use crate::intervals::GoodTimes;
use crate::photons::Selection;

/// Counts up to which the error is that of few events.
const FEW: f32 = 10.0;

/// Counts of photons by time.
#[derive(Clone, Debug, PartialEq)]
pub struct LightCurve {
    /// The bins.
    pub bins: TimeBinning,
    /// Counts of each.
    pub counts: Vec<f32>,
    /// What headers tell of the photons; good times are those within the bins.
    pub header: BinnedHeader,
}

impl LightCurve {
    /// Statistical errors of the counts as gtbin gives them: the square root of more than ten counts, else 1 + sqrt(N + 3/4) (Gehrels
    /// 1986, ApJ 303, 336, equation 7).
    pub fn errors(&self) -> Vec<f32> {
        self.counts.iter().map(|&n| if n <= FEW { 1.0 + (n + 0.75).sqrt() } else { n.sqrt() }).collect()
    }

    /// Sets the livetime that headers tell, s; see [`livetime_within`](crate::livetime_within).
    #[must_use]
    pub fn with_exposure(mut self, livetime: f64) -> Self {
        self.header.exposure = Some(livetime);
        self
    }

    /// The good times within the bins.
    pub fn good_times(&self) -> GoodTimes {
        GoodTimes::new(self.header.good_times.iter().copied())
    }

    /// Writes the light curve as gtbin lays it out.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let bins = || self.bins.edges().windows(2);
        #[expect(clippy::cast_possible_truncation, reason = "whole numbers up to 2^24")]
        let table = LightCurveTable {
            time: bins().map(|bin| f64::midpoint(bin[0], bin[1])).collect(),
            width: bins().map(|bin| bin[1] - bin[0]).collect(),
            counts: self.counts.iter().map(|n| *n as i32).collect(),
            error: self.errors(),
        };
        Ok(lat_io::write_light_curve(path, &table, &self.header)?)
    }
}

/// Counts the photons of a selection by time (gtbin, LC).
///
/// # Errors
/// When photons cannot be read.
///
/// ```no_run
/// # let photons = lat_events::PhotonFiles::open(&["ft1_00.fits"])?;
/// use lat_events::{Selection, TimeBinning};
/// let bins = TimeBinning::linear(538032601.0, 538079602.0, 5400.0)?;
/// lat_events::bin_light_curve(&Selection::all(&photons), &bins)?.write("lc.fits".as_ref())?;
/// # Ok::<(), lat_events::Error>(())
/// ```
pub fn bin_light_curve(selection: &Selection<'_>, bins: &TimeBinning) -> Result<LightCurve> {
    let counts = counted(selection, bins.edges().len() - 1, |photon| bins.bin(photon.time))?;
    let mut header = header(selection);
    let (first, last) = bins.span();
    header.good_times = selection.good_times().intersection(&GoodTimes::new([(first, last)])).intervals().to_vec();
    header.times = (header.times.0.max(first), header.times.1.min(last));
    Ok(LightCurve { bins: bins.clone(), counts, header })
}
