//! Time bins: where they lie, and their times as dates.

use lat_events::TimeBins;
use lat_io::{MJDREFF, MJDREFI};
use roi_fit::LightcurveConfig;

use crate::error::{Error, Result};

/// Seconds of a day.
const DAY: f64 = 86400.0;
/// The shortest last bin, relative to the others: what is shorter is rounding.
const SHORTEST: f64 = 1e-9;
/// More bins than this are a slip.
const MOST: f64 = 1e6;

/// Modified Julian Date in TT of a mission time in s.
///
/// ```
/// // 2008-08-04 15:43:36 UTC, where most LAT data begin; TT was 65.184 s ahead.
/// let utc = 54_682.0 + (15.0 * 3600.0 + 43.0 * 60.0 + 36.0) / 86_400.0;
/// let tt = roi_estimators::mjd_of_mission_time(239_557_417.0);
/// assert!(((tt - utc) * 86_400.0 - 65.184).abs() < 1e-3);
/// ```
pub fn mjd_of_mission_time(seconds: f64) -> f64 {
    f64::from(MJDREFI) + MJDREFF + seconds / DAY
}

/// Bins of one length over a range of mission times, the last one shorter if need be; or with `nbins` so many of the same length.
///
/// ```
/// let bins = roi_estimators::equal_time_bins((0.0, 250.0), 100.0, None)?;
/// assert_eq!(bins, [(0.0, 100.0), (100.0, 200.0), (200.0, 250.0)]);
/// assert_eq!(roi_estimators::equal_time_bins((0.0, 250.0), 100.0, Some(2))?[1], (125.0, 250.0));
/// # Ok::<(), roi_estimators::Error>(())
/// ```
///
/// # Errors
/// When the range, the length or the number is none, or there would be more than a million bins.
pub fn equal_time_bins((tmin, tmax): (f64, f64), binsz: f64, nbins: Option<usize>) -> Result<Vec<(f64, f64)>> {
    LightcurveConfig::BINSZ.check(&binsz)?;
    LightcurveConfig::NBINS.check(&nbins)?;
    if !(tmin.is_finite() && tmax.is_finite() && tmin < tmax) {
        let found = format!("{tmin} to {tmax}");
        return Err(Error::Option { option: "time", found, expected: "finite mission times, the first one earlier" });
    }
    let length = nbins.map_or(binsz, |n| (tmax - tmin) / n as f64);
    let number = nbins.map_or_else(|| ((tmax - tmin) / length - SHORTEST).ceil(), |n| n as f64).max(1.0);
    if number > MOST {
        let found = format!("{number} bins");
        return Err(Error::Option { option: "binsz", found, expected: "a length that makes a million bins at most" });
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a checked number of bins")]
    let last = number as usize - 1;
    let edge = |index: usize| if index > last { tmax } else { tmin + index as f64 * length };
    Ok((0..=last).map(|index| (edge(index), edge(index + 1))).collect())
}

/// Refuses bins that are none, overlap or do not rise.
pub(crate) fn check(bins: &[(f64, f64)]) -> Result<()> {
    const EXPECTED: &str = "at least one bin [begin, end] of finite mission times, each beginning before it ends and not before the one before has ended";
    let wrong =
        |error: lat_events::Error| Error::Option { option: "time_bins", found: error.to_string(), expected: EXPECTED };
    TimeBins::new(bins.to_vec()).map(|_| ()).map_err(wrong)
}
