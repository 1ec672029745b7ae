//! The data of time bins that are made from event files, and bins that follow their photons.

use roi_fit::{Analysis, LightcurveConfig, Progress, SliceOptions, TimeSlices};

use crate::error::{Error, Result};
use crate::light_curve::series::adaptive_bins::{AdaptiveInput, adaptive_time_bins};
use crate::light_curve::time_bins::equal_time_bins;
use crate::light_curve::time_data::{BinData, TimeData};

/// Steps in which exposure is followed.
const STEPS: usize = 500;

impl TimeData for TimeSlices {
    fn bins(&self) -> &[(f64, f64)] {
        Self::bins(self)
    }

    fn data_of(&self, bin: usize) -> Result<BinData> {
        let slice = self.slice(bin)?;
        let why = slice.no_data.map_or_else(|| "no data".to_owned(), |why| why.to_string());
        let data = slice
            .session
            .map_or_else(|| BinData::unseen(why), |session| BinData::seen(session, slice.good_time, slice.livetime));
        let times = BinData { good_time: slice.good_time, livetime: slice.livetime, ..data };
        Ok(times.with_maps(slice.maps.to_string()))
    }

    fn inputs(&self) -> Result<String> {
        Ok(Self::inputs(self)?)
    }

    fn bytes_held(&self) -> u64 {
        self.bytes()
    }

    fn bytes_of_bin(&self) -> u64 {
        self.bytes_of_slice()
    }
}

/// The time bins that the configuration of an analysis asks for: `lightcurve.time_bins`, or equal ones by `nbins` or `binsz` over the time that was observed.
///
/// # Errors
/// As [`equal_time_bins`] and [`Analysis::observation_times`].
pub fn configured_time_bins(analysis: &Analysis) -> Result<Vec<(f64, f64)>> {
    let LightcurveConfig { binsz, nbins, time_bins, .. } = analysis.light_curve_config();
    if time_bins.is_empty() { equal_time_bins(analysis.observation_times()?, binsz, nbins) } else { Ok(time_bins) }
}

/// Time bins in each of which the flux of a source, found by name or alias, is expected to be `significance` times its error, from its photons within `radius`
/// degrees and the growth of its exposure: [`adaptive_time_bins`].
///
/// # Errors
/// As [`adaptive_time_bins`]; when the source has no position, or the analysis no event files.
pub fn adaptive_bins_of(
    analysis: &Analysis,
    name: &str,
    (significance, radius): (f64, f64),
    progress: &mut dyn Progress,
) -> Result<Vec<(f64, f64)>> {
    let source = analysis.roi().source(name)?;
    let Some(direction) = source.direction() else {
        let (source_name, spatial) = (source.name().to_owned(), source.spatial().kind().to_string());
        return Err(Error::NoPlace { source_name, spatial });
    };
    let photons = analysis.photon_probabilities(name, radius)?;
    let predicted = photons.iter().map(|(_, probability)| probability).sum();
    let times = analysis.observation_times()?;
    let steps = equal_time_bins(times, 1.0, Some(STEPS))?;
    let slices = TimeSlices::open(analysis, &steps, &SliceOptions::default(), progress)?;
    let (emin, emax) = analysis.energy_range();
    let energy = analysis.properties(name)?.pivot().clamp(emin, emax);
    let (mut grown, mut growth) = (0.0, vec![(times.0, 0.0)]);
    for (index, (_, end)) in steps.iter().enumerate() {
        grown += slices.exposure(index, &direction, energy)?;
        growth.push((*end, grown));
    }
    // Without exposure there is nothing to share.
    for (_, share) in &mut growth {
        *share /= f64::max(grown, f64::MIN_POSITIVE);
    }
    adaptive_time_bins(&AdaptiveInput::new(photons, growth, predicted), significance)
}
