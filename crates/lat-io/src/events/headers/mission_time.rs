//! Mission elapsed time as dates in headers.

use chrono::DateTime;

use crate::fits::Header;
use crate::mission_epoch::{MJDREFF, MJDREFI};

/// 2001-01-01 00:00:00 UTC, mission time 0, in seconds of the Unix clock.
const EPOCH: i64 = 978_307_200;

/// The mission times just behind the leap seconds since the epoch (IERS Bulletin C 30, 36, 43, 49, 52: ends of 2005, 2008, June 2012,
/// June 2015, 2016). Mission time counts them, UTC days do not.
const LEAP_SECONDS: [f64; 5] = [157_766_401.0, 252_460_802.0, 362_793_603.0, 457_401_604.0, 504_921_605.0];

/// A mission time in seconds as a UTC date, for example `2018-01-19T05:29:56.0000`, in the ten-thousandths of a second that LAT headers
/// have. Empty for a time that no date can be given for.
///
/// ```
/// assert_eq!(lat_io::utc_text(538_032_601.0), "2018-01-19T05:29:56.0000");
/// ```
pub fn utc_text(mission_time: f64) -> String {
    let leap = LEAP_SECONDS.iter().filter(|&&second| mission_time >= second).count();
    let ticks = ((mission_time - leap as f64) * 1e4).round();
    if !ticks.is_finite() || ticks.abs() > 1e16 {
        return String::new();
    }
    #[expect(clippy::cast_possible_truncation, reason = "whole and below 1e16")]
    let ticks = ticks as i64;
    let date = DateTime::from_timestamp(EPOCH + ticks.div_euclid(10_000), 0);
    date.map(|date| format!("{}.{:04}", date.format("%Y-%m-%dT%H:%M:%S"), ticks.rem_euclid(10_000))).unwrap_or_default()
}

/// Sets begin and end of the observation: `DATE-OBS`, `DATE-END`, `TSTART`, `TSTOP`.
pub(in crate::events) fn set_times(header: &mut Header, start: f64, stop: f64) {
    header.set("DATE-OBS", utc_text(start).as_str(), "start date and time of the observation (UTC)");
    header.set("DATE-END", utc_text(stop).as_str(), "end date and time of the observation (UTC)");
    header.set("TSTART", start, "mission time of the start of the observation");
    header.set("TSTOP", stop, "mission time of the end of the observation");
}

/// Sets what tells how times are counted.
pub(in crate::events) fn set_time_system(header: &mut Header) {
    header.set("TIMEUNIT", "s", "units for the time related keywords");
    header.set("TIMEZERO", 0.0, "clock correction");
    header.set("TIMESYS", "TT", "type of time system that is used");
    header.set("TIMEREF", "LOCAL", "reference frame used for times");
    header.set("CLOCKAPP", false, "whether a clock drift correction has been applied");
    header.set("GPS_OUT", false, "whether GPS time was unavailable at any time");
    header.set("MJDREFI", f64::from(MJDREFI), "integer part of the MJD of mission time 0");
    header.set("MJDREFF", MJDREFF, "fractional part of the MJD of mission time 0");
}

/// Sets telescope and instrument.
pub(in crate::events) fn set_instrument(header: &mut Header) {
    header.set("TELESCOP", "GLAST", "name of telescope generating data");
    header.set("INSTRUME", "LAT", "name of instrument generating data");
}

#[cfg(test)]
mod tests {
    use super::utc_text;

    #[test]
    fn leap_seconds_are_counted() {
        // The last second before each leap second, and the first behind it; days by the Julian day numbers of an almanac.
        for (time, text) in [
            (0.0, "2001-01-01T00:00:00.0000"),
            (157_766_399.0, "2005-12-31T23:59:59.0000"),
            (157_766_401.0, "2006-01-01T00:00:00.0000"),
            (252_460_800.0, "2008-12-31T23:59:59.0000"),
            (252_460_802.0, "2009-01-01T00:00:00.0000"),
            (362_793_601.0, "2012-06-30T23:59:59.0000"),
            (362_793_603.0, "2012-07-01T00:00:00.0000"),
            (457_401_604.0, "2015-07-01T00:00:00.0000"),
            (504_921_603.0, "2016-12-31T23:59:59.0000"),
            (504_921_605.0, "2017-01-01T00:00:00.0000"),
            (239_557_417.5, "2008-08-04T15:43:36.5000"),
        ] {
            assert_eq!(utc_text(time), text, "{time}");
        }
        assert_eq!(utc_text(f64::NAN), "");
        assert_eq!(utc_text(1e300), "");
    }
}
