//! Livetime within good times: the exposure of gtbin's headers.

use crate::error::Result;
use crate::intervals::GoodTimes;
use crate::spacecraft::Spacecraft;

/// Livetime of the instrument within good times, s: of each row the part that its good time is of its length.
///
/// # Errors
/// When a file cannot be read or its rows cannot be.
///
/// ```no_run
/// # let spacecraft = lat_events::Spacecraft::open(&["spacecraft.fits"])?;
/// let seconds = lat_events::livetime_within(&spacecraft, &lat_events::GoodTimes::new([(538032601.0, 538079602.0)]))?;
/// # Ok::<(), lat_events::Error>(())
/// ```
pub fn livetime_within(spacecraft: &Spacecraft<'_>, good_times: &GoodTimes) -> Result<f64> {
    let mut livetime = 0.0;
    spacecraft.visit(|_, _, rows| {
        for row in rows {
            let part = good_times.overlap(row.start, row.stop) / (row.stop - row.start);
            livetime += part * row.livetime;
        }
        Ok(())
    })?;
    Ok(livetime)
}
