//! The table of good time intervals: seconds of mission time.

use super::mission_time::{set_instrument, set_time_system, set_times};
use crate::error::{Error, Result};
use crate::fits::{Column, ColumnValues, FitsFile, FitsWriter, Header};

const TABLE: &str = "GTI";

/// Start and stop of a good time interval, seconds of mission time.
pub type Interval = (f64, f64);

/// The good time intervals of table GTI in the order of the file, which may have none.
///
/// # Errors
/// [`Error::MissingHdu`] without such a table, [`Error::Column`] for an interval that ends before it starts or is not finite.
pub fn read_good_times(file: &FitsFile) -> Result<Vec<Interval>> {
    let hdu = file.table(TABLE)?;
    let mut columns = file.read_columns(hdu, ["START", "STOP"])?.into_iter();
    let (start, stop) = (columns.next().unwrap_or_default(), columns.next().unwrap_or_default());
    let intervals: Vec<Interval> = start.into_iter().zip(stop).collect();
    let ordered = |(start, stop): &Interval| start.is_finite() && stop.is_finite() && start <= stop;
    match intervals.iter().enumerate().find(|(_, interval)| !ordered(interval)) {
        None => Ok(intervals),
        Some((row, (start, stop))) => Err(Error::Column {
            path: file.path().to_owned(),
            hdu: hdu.label(),
            column: "STOP".into(),
            reason: format!(
                "row {} is no time interval: START {start:?}, STOP {stop:?}; get or make the file again",
                row + 1
            ),
        }),
    }
}

/// Writes the table behind what stands in the file. `like`: the header of the table that it is made from, if there is one.
pub(in crate::events) fn write_good_times(
    writer: &mut FitsWriter,
    like: Option<&Header>,
    intervals: &[Interval],
    (start, stop): Interval,
) -> Result<()> {
    let mut header = match like {
        Some(like) => kept(like),
        None => new_header(),
    };
    set_times(&mut header, start, stop);
    let total: f64 = intervals.iter().map(|(start, stop)| stop - start).sum();
    let elapsed = intervals.iter().map(|interval| interval.1).fold(f64::NEG_INFINITY, f64::max)
        - intervals.iter().map(|interval| interval.0).fold(f64::INFINITY, f64::min);
    header.set("ONTIME", total, "sum of GTI lengths");
    header.set("TELAPSE", elapsed.max(0.0), "time between first GTI start and last GTI stop");
    let (starts, stops) = intervals.iter().copied().unzip();
    let column =
        |name: &str, values| Column { name: name.into(), unit: "s".into(), values: ColumnValues::Double(values) };
    writer.table(TABLE, &header, &[column("START", starts), column("STOP", stops)])
}

fn new_header() -> Header {
    let mut header = Header::default();
    set_instrument(&mut header);
    header.set("HDUCLASS", "OGIP", "format conforms to OGIP standard");
    header.set("HDUCLAS1", "GTI", "contains good time intervals");
    header.set("HDUCLAS2", "ALL", "contains all science time");
    set_time_system(&mut header);
    header
}

/// A header without what depends on the rows or their layout.
fn kept(like: &Header) -> Header {
    const OWN: [&str; 14] = [
        "XTENSION", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "PCOUNT", "GCOUNT", "TFIELDS", "EXTNAME", "CHECKSUM",
        "DATASUM", "DATE", "ONTIME", "TELAPSE",
    ];
    let mut header = like.clone();
    header.retain(|card| {
        // Values are written as they are, whatever scale or zero their columns had.
        const OF_COLUMNS: [&str; 8] = ["TTYPE", "TFORM", "TUNIT", "TSCAL", "TZERO", "TNULL", "TDIM", "TDISP"];
        let numbered = OF_COLUMNS.iter().any(|key| card.keyword.starts_with(key));
        card.value.is_some() && !numbered && !OWN.contains(&card.keyword.as_str())
    });
    header
}
