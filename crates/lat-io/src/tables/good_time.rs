//! The GTI table: good time intervals in mission elapsed seconds.

use crate::error::{Error, Result};
use crate::fits::{Column, ColumnValues, FitsFile, FitsWriter, Header};
use crate::mission_epoch::{MJDREFF, MJDREFI};

const TABLE: &str = "GTI";

/// Reads start and stop of each interval; none when the file has no GTI table, as maps of other programs may not.
pub(crate) fn read(file: &FitsFile) -> Result<Vec<(f64, f64)>> {
    let Ok(hdu) = file.table(TABLE) else {
        return Ok(Vec::new());
    };
    let start = file.read_column(hdu, "START")?;
    let stop = file.read_column(hdu, "STOP")?;
    let intervals: Vec<_> = start.into_iter().zip(stop).collect();
    let ordered = |(start, stop): &(f64, f64)| start.is_finite() && stop.is_finite() && start <= stop;
    match intervals.iter().enumerate().find(|(_, interval)| !ordered(interval)) {
        None => Ok(intervals),
        Some((row, (start, stop))) => Err(Error::Column {
            path: file.path().to_owned(),
            hdu: hdu.label(),
            column: "STOP".into(),
            reason: format!("row {row} (0-based) is no time interval: START {start:?}, STOP {stop:?}"),
        }),
    }
}

/// Writes the intervals as gtbin does.
pub(crate) fn write(writer: &mut FitsWriter, intervals: &[(f64, f64)]) -> Result<()> {
    let (start, stop): (Vec<f64>, Vec<f64>) = intervals.iter().copied().unzip();
    let mut header = Header::default();
    header.set("TELESCOP", "GLAST", "name of telescope generating data");
    header.set("INSTRUME", "LAT", "name of instrument generating data");
    header.set("HDUCLASS", "OGIP", "format conforms to OGIP standard");
    header.set("HDUCLAS1", "GTI", "contains good time intervals");
    header.set("ONTIME", intervals.iter().map(|(start, stop)| stop - start).sum::<f64>(), "sum of all intervals (s)");
    header.set("TIMEUNIT", "s", "unit of times");
    header.set("MJDREFI", i64::from(MJDREFI), "integer part of the MJD of time 0");
    header.set("MJDREFF", MJDREFF, "fractional part of the MJD of time 0");
    header.set("TIMESYS", "TT", "time system");
    let column =
        |name: &str, values| Column { name: name.into(), unit: "s".into(), values: ColumnValues::Double(values) };
    writer.table(TABLE, &header, &[column("START", start), column("STOP", stop)])
}
