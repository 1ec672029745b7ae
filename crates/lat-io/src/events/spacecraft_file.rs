//! Spacecraft files (FT2): table `SC_DATA` read by blocks of rows.

use std::path::{Path, PathBuf};

use super::column_units::{DEGREES, SECONDS, check_unit};
use crate::error::{Error, Result};
use crate::fits::{FitsFile, Hdu, RowColumn, Rows};

const TABLE: &str = "SC_DATA";

/// A spacecraft file open for reading. Of a plain file only the rows that are asked for are read; a gzip file is inflated into memory.
///
/// ```no_run
/// let spacecraft = lat_io::SpacecraftFile::open("spacecraft.fits")?;
/// let block = spacecraft.block(0, 1000)?;
/// let first = block.row(0)?;
/// println!("{} s live of {} s", first.livetime, first.stop - first.start);
/// # Ok::<(), lat_io::Error>(())
/// ```
#[derive(Debug)]
pub struct SpacecraftFile {
    file: FitsFile,
    rows: usize,
    columns: Columns,
}

#[derive(Clone, Copy, Debug)]
struct Columns {
    start: RowColumn,
    stop: RowColumn,
    livetime: RowColumn,
    /// z axis, x axis, zenith: right ascension and declination.
    axes: [[RowColumn; 2]; 3],
}

/// The names of the columns of directions, as in [`SpacecraftRow`].
const AXES: [[&str; 2]; 3] = [["RA_SCZ", "DEC_SCZ"], ["RA_SCX", "DEC_SCX"], ["RA_ZENITH", "DEC_ZENITH"]];

/// An interval during which the attitude is taken as that at its start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpacecraftRow {
    /// Mission time, s.
    pub start: f64,
    /// Mission time, s; after `start`.
    pub stop: f64,
    /// Time during which photons could be recorded, s; at most `stop - start` up to rounding.
    pub livetime: f64,
    /// Right ascension and declination of the LAT's z axis, degrees.
    pub z_axis: [f64; 2],
    /// Right ascension and declination of the LAT's x axis, degrees.
    pub x_axis: [f64; 2],
    /// Right ascension and declination of the zenith, degrees.
    pub zenith: [f64; 2],
}

/// Some consecutive rows of a file.
#[derive(Debug)]
pub struct SpacecraftBlock<'a> {
    file: &'a SpacecraftFile,
    first: usize,
    rows: Rows<'a>,
}

impl SpacecraftFile {
    /// Opens a spacecraft file, plain or gzip.
    ///
    /// # Errors
    /// When the file is missing, truncated, or has no table `SC_DATA` with times, livetime and axes in seconds and degrees.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self> {
        let file = FitsFile::open(path)?;
        let hdu = file.table(TABLE)?;
        let column = |name| file.row_column(hdu, name);
        for name in ["START", "STOP", "LIVETIME"] {
            check_unit(&file, hdu, name, SECONDS)?;
        }
        let mut axes = Vec::with_capacity(3);
        for [ra, dec] in AXES {
            check_unit(&file, hdu, ra, DEGREES)?;
            check_unit(&file, hdu, dec, DEGREES)?;
            axes.push([column(ra)?, column(dec)?]);
        }
        let &[z, x, zenith] = axes.as_slice() else { return Err(no_rows(&file, hdu)) };
        let columns = Columns {
            start: column("START")?,
            stop: column("STOP")?,
            livetime: column("LIVETIME")?,
            axes: [z, x, zenith],
        };
        let rows = hdu.table_rows().unwrap_or(0);
        if rows == 0 {
            return Err(no_rows(&file, hdu));
        }
        Ok(Self { file, rows, columns })
    }

    /// The path it was opened with.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Number of rows, at least 1.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Where a column stands in the rows; `None` where the table has no such column.
    ///
    /// # Errors
    /// When it holds something else than numbers or logical values.
    pub fn column(&self, name: &str) -> Result<Option<RowColumn>> {
        let hdu = self.file.table(TABLE)?;
        if hdu.column_names().any(|known| known.eq_ignore_ascii_case(name)) {
            return self.file.row_column(hdu, name).map(Some);
        }
        Ok(None)
    }

    /// The names of all columns.
    pub fn column_names(&self) -> Vec<&str> {
        self.file.table(TABLE).map(|hdu| hdu.column_names().collect()).unwrap_or_default()
    }

    /// `count` rows from row `first` on; fewer where the table ends.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn block(&self, first: usize, count: usize) -> Result<SpacecraftBlock<'_>> {
        let rows = self.file.read_rows(self.file.table(TABLE)?, first, count)?;
        Ok(SpacecraftBlock { file: self, first, rows })
    }
}

impl SpacecraftBlock<'_> {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The number in the file of the first row, 0-based.
    pub fn first_row(&self) -> usize {
        self.first
    }

    /// The rows as they stand in the file.
    pub fn rows(&self) -> &Rows<'_> {
        &self.rows
    }

    /// A row.
    ///
    /// # Errors
    /// [`Error::Column`] naming the row for times, a livetime or a direction that cannot be.
    pub fn row(&self, index: usize) -> Result<SpacecraftRow> {
        let Columns { start, stop, livetime, axes } = &self.file.columns;
        let value = |column: &RowColumn| self.rows.number(index, column);
        let [z_axis, x_axis, zenith] = axes.map(|pair| pair.map(|column| value(&column)));
        let row =
            SpacecraftRow { start: value(start), stop: value(stop), livetime: value(livetime), z_axis, x_axis, zenith };
        match fault(&row) {
            None => Ok(row),
            Some((column, reason)) => Err(Error::Column {
                path: self.file.path().to_owned(),
                hdu: format!("'{TABLE}'"),
                column: column.into(),
                reason: format!("row {} {reason}; the file is damaged: get it again", self.first + index + 1),
            }),
        }
    }
}

/// The column at fault and what is wrong with it.
fn fault(row: &SpacecraftRow) -> Option<(&'static str, String)> {
    let length = row.stop - row.start;
    if !(row.start.is_finite() && row.stop.is_finite() && length > 0.0) {
        return Some(("STOP", format!("is no time interval: START {}, STOP {}", row.start, row.stop)));
    }
    // Livetimes of whole intervals are rounded.
    if !(row.livetime >= 0.0 && row.livetime <= length * (1.0 + 1e-6) + 1e-3) {
        return Some((
            "LIVETIME",
            format!("holds {}, expected 0 to {length} s, the length of the interval", row.livetime),
        ));
    }
    let directions = AXES.into_iter().zip([row.z_axis, row.x_axis, row.zenith]);
    for ([ra_name, dec_name], [ra, dec]) in directions {
        if !ra.is_finite() {
            return Some((ra_name, format!("holds {ra}, expected a right ascension in degrees")));
        }
        if !(-90.0..=90.0).contains(&dec) {
            return Some((dec_name, format!("holds {dec}, expected a declination from -90 to 90 degrees")));
        }
    }
    None
}

fn no_rows(file: &FitsFile, hdu: &Hdu) -> Error {
    let expected = "a row an interval of the mission";
    Error::EmptyTable { path: file.path().to_owned(), hdu: hdu.label(), expected }
}
