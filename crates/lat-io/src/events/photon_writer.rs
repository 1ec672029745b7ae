//! Writing a photon file from rows of others: the rows byte for byte, the headers with what has changed.

use std::path::Path;

use super::headers::{Cut, Interval, set_times, write_cuts, write_good_times};
use super::photon_file::PhotonFile;
use super::row_spool::RowSpool;
use crate::error::{Error, Result};
use crate::fits::{FitsWriter, Header, RowWriter};
use crate::tables::inputs::{self, INPUTS};

/// What the headers of a photon file tell of its rows.
#[derive(Clone, Debug, PartialEq)]
pub struct PhotonHeader {
    /// The cuts that the rows have passed, in the order in which they are written.
    pub cuts: Vec<Cut>,
    /// Good time intervals, s.
    pub good_times: Vec<Interval>,
    /// Begin and end of the observation (`TSTART`, `TSTOP`), s.
    pub times: Interval,
    /// A digest of what the file is made from, if it is to be told.
    pub inputs: Option<String>,
}

/// Writes a photon file with the columns and headers of another: rows that `feed` hands over as bytes in that layout, however many. Tables other than
/// EVENTS and GTI are not taken over, nor is the history of the rows. The file appears whole or not at all; gzip when its name ends in
/// `.gz`.
///
/// # Errors
/// When the file cannot be written, or `feed` fails.
pub fn write_photons<E: From<Error>>(
    path: &Path,
    like: &PhotonFile,
    header: &PhotonHeader,
    feed: impl FnOnce(&mut RowSpool) -> std::result::Result<(), E>,
) -> std::result::Result<(), E> {
    write_wider_photons(path, like, header, &[], feed)
}

/// As [`write_photons`] with columns of 32-bit floats behind those of the other file: `columns` are their names, and the bytes of their values,
/// the highest first, follow those of each row.
///
/// # Errors
/// As [`write_photons`]; [`Error::Unwritable`] for a name that a header cannot hold.
pub fn write_wider_photons<E: From<Error>>(
    path: &Path,
    like: &PhotonFile,
    header: &PhotonHeader,
    columns: &[&str],
    feed: impl FnOnce(&mut RowSpool) -> std::result::Result<(), E>,
) -> std::result::Result<(), E> {
    let [primary, events, good_times] = like.headers().map(|header| header.cloned().unwrap_or_default());
    let mut events = events_header(events, header);
    add_columns(&mut events, path, columns)?;
    let row_bytes = like.row_bytes() + 4 * columns.len();
    // The header tells the number of rows, which is known when all have been seen.
    let mut rows = RowSpool::create(path, row_bytes)?;
    feed(&mut rows)?;
    let mut writer = FitsWriter::create(path)?;
    writer.empty_primary(&primary_header(primary, path, header))?;
    let mut table = writer.rows(&events, row_bytes, rows.rows())?;
    rows.copy(&mut table)?;
    table.finish()?;
    write_good_times(&mut writer, Some(&good_times), &header.good_times, header.times)?;
    Ok(writer.finish()?)
}

/// Adds columns of 32-bit floats.
fn add_columns(header: &mut Header, path: &Path, columns: &[&str]) -> Result<()> {
    let present = header.integer("TFIELDS").unwrap_or(0);
    let known: Vec<String> = (1..=present.min(999))
        .filter_map(|n| header.text(&format!("TTYPE{n}")))
        .map(|name| name.trim().to_ascii_uppercase())
        .collect();
    for (name, number) in columns.iter().zip(present + 1..) {
        if number > 999 || name.is_empty() || name.len() > 68 || !name.chars().all(|c| (' '..='~').contains(&c)) {
            return Err(Error::Unwritable {
                path: path.to_owned(),
                hdu: "'EVENTS'".into(),
                what: format!("column '{name}', number {number}"),
                reason: "a table has at most 999 columns, with names of 1 to 68 printable ASCII characters".into(),
            });
        }
        if known.contains(&name.trim().to_ascii_uppercase()) {
            return Err(Error::Unwritable {
                path: path.to_owned(),
                hdu: "'EVENTS'".into(),
                what: format!("column '{name}'"),
                reason: "photon files have a column of this name already; rename the source".into(),
            });
        }
        header.set(&format!("TTYPE{number}"), *name, "");
        header.set(&format!("TFORM{number}"), "E", "");
    }
    let added = i64::try_from(columns.len()).unwrap_or(0);
    header.set("TFIELDS", present + added, "number of fields in each row");
    Ok(())
}

/// The primary header of another file for this one.
fn primary_header(mut header: Header, path: &Path, told: &PhotonHeader) -> Header {
    clean(&mut header);
    set_times(&mut header, told.times.0, told.times.1);
    inputs::set(&mut header, told.inputs.as_deref());
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if name.chars().all(|c| (' '..='~').contains(&c)) {
        header.set("FILENAME", name.as_str(), "name of this file");
    }
    header
}

fn events_header(mut header: Header, told: &PhotonHeader) -> Header {
    clean(&mut header);
    set_times(&mut header, told.times.0, told.times.1);
    write_cuts(&mut header, &told.cuts);
    header
}

/// Takes out what is true of one file alone: checksums, the date of its making, what it was made from, its history.
fn clean(header: &mut Header) {
    header.retain(|card| {
        card.value.is_some() && !["CHECKSUM", "DATASUM", "DATE", INPUTS].contains(&card.keyword.as_str())
    });
}

/// As [`write_photons`] for a new file: complete headers of the primary HDU and table EVENTS, and rows as bytes.
pub(super) fn write_new(
    path: &Path,
    [primary, events]: [Header; 2],
    told: &PhotonHeader,
    (row_bytes, rows): (usize, usize),
    feed: impl FnOnce(&mut RowWriter<'_>) -> Result<()>,
) -> Result<()> {
    let mut writer = FitsWriter::create(path)?;
    writer.empty_primary(&primary_header(primary, path, told))?;
    let mut table = writer.rows(&events_header(events, told), row_bytes, rows)?;
    feed(&mut table)?;
    table.finish()?;
    write_good_times(&mut writer, None, &told.good_times, told.times)?;
    writer.finish()
}
