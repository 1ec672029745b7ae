//! Mission time 0 as a date.

/// The day of mission time 0, 2001-01-01 00:00:00 UTC, as Modified Julian Date in TT (keyword `MJDREFI` of LAT files).
pub const MJDREFI: i32 = 51_910;

/// The part of the day (`MJDREFF`): TT was 64.184 s ahead of UTC.
pub const MJDREFF: f64 = 7.428_703_703_703_703e-4;

#[cfg(test)]
mod tests {
    #[test]
    fn terrestrial_time_was_ahead_of_utc_by_leap_seconds_and_the_offset_of_atomic_clocks() {
        // 32 leap seconds and 32.184 s (IERS Conventions 2010, section 10.1).
        assert!((super::MJDREFF * 86_400.0 - (32.0 + 32.184)).abs() < 1e-9);
    }
}
