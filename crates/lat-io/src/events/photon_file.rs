//! Photon files (FT1): table EVENTS read by blocks of rows, its cuts and its good times.

use std::path::{Path, PathBuf};

use super::column_units::{DEGREES, MEV, SECONDS, check_unit};
use super::headers::{Cut, Interval, read_cuts, read_good_times};
use crate::error::{Error, Result};
use crate::fits::{FitsFile, Hdu, Header, RowColumn, Rows};

const TABLE: &str = "EVENTS";

/// A photon file open for reading. Of a plain file only the rows that are asked for are read; a gzip file is inflated into memory.
///
/// ```no_run
/// let photons = lat_io::PhotonFile::open("photons.fits")?;
/// println!("{} photons of {} from {} s on", photons.rows(), photons.pass_version(), photons.times().0);
/// for index in 0..photons.rows() {
///     let block = photons.block(index, 1)?;
///     println!("{} MeV", block.photon(0)?.energy);
/// }
/// # Ok::<(), lat_io::Error>(())
/// ```
#[derive(Debug)]
pub struct PhotonFile {
    file: FitsFile,
    hdu: usize,
    columns: Columns,
    cuts: Vec<Cut>,
    good_times: Vec<Interval>,
    times: Interval,
    pass_version: String,
}

#[derive(Clone, Copy, Debug)]
struct Columns {
    time: RowColumn,
    energy: RowColumn,
    ra: RowColumn,
    dec: RowColumn,
}

/// Where, when and how energetic a photon is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Photon {
    /// Mission time, s.
    pub time: f64,
    /// Energy, MeV.
    pub energy: f64,
    /// Right ascension, degrees.
    pub ra: f64,
    /// Declination, degrees.
    pub dec: f64,
}

/// Some consecutive photons of a file.
#[derive(Debug)]
pub struct PhotonBlock<'a> {
    file: &'a PhotonFile,
    first: usize,
    rows: Rows<'a>,
}

impl PhotonFile {
    /// Opens a photon file, plain or gzip.
    ///
    /// # Errors
    /// When the file is missing, truncated or no photon file, a column has another unit than s, MeV or degrees, its cuts or good times
    /// cannot be read, or it does not tell its time range.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self> {
        let file = FitsFile::open(path)?;
        let events = file.table(TABLE)?;
        let column = |name| file.row_column(events, name);
        for (name, unit) in
            [("TIME", SECONDS), ("ENERGY", MEV), ("RA", DEGREES), ("DEC", DEGREES), ("ZENITH_ANGLE", DEGREES)]
        {
            check_unit(&file, events, name, unit)?;
        }
        let columns =
            Columns { time: column("TIME")?, energy: column("ENERGY")?, ra: column("RA")?, dec: column("DEC")? };
        let (hdu, cuts, good_times) = (events.index(), read_cuts(&file, events)?, read_good_times(&file)?);
        let times = (time_keyword(&file, events, "TSTART")?, time_keyword(&file, events, "TSTOP")?);
        let pass_version = events.header().text("PASS_VER").map_or("NONE", str::trim).to_owned();
        Ok(Self { file, hdu, columns, cuts, good_times, times, pass_version })
    }

    /// The path it was opened with.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Number of photons.
    pub fn rows(&self) -> usize {
        self.events().and_then(Hdu::table_rows).unwrap_or(0)
    }

    /// Bytes of a row.
    pub fn row_bytes(&self) -> usize {
        self.events().map_or(0, |hdu| self.file.row_bytes(hdu))
    }

    /// The cuts that the photons have passed, in the order of the header.
    pub fn cuts(&self) -> &[Cut] {
        &self.cuts
    }

    /// Good time intervals in the order of the file, s.
    pub fn good_times(&self) -> &[Interval] {
        &self.good_times
    }

    /// `TSTART` and `TSTOP` of table EVENTS, s.
    pub fn times(&self) -> Interval {
        self.times
    }

    /// `PASS_VER`, for example `P8R3`; `NONE` where the header has none.
    pub fn pass_version(&self) -> &str {
        &self.pass_version
    }

    /// Where a column stands in the rows; `None` where the table has no such column.
    ///
    /// # Errors
    /// When it holds something else than numbers or bits.
    pub fn column(&self, name: &str) -> Result<Option<RowColumn>> {
        let events = self.file.table(TABLE)?;
        if events.column_names().any(|known| known.eq_ignore_ascii_case(name)) {
            return self.file.row_column(events, name).map(Some);
        }
        Ok(None)
    }

    /// `count` photons from row `first` on; fewer where the table ends.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn block(&self, first: usize, count: usize) -> Result<PhotonBlock<'_>> {
        let rows = self.file.read_rows(self.file.table(TABLE)?, first, count)?;
        Ok(PhotonBlock { file: self, first, rows })
    }

    /// The header of the primary HDU, of table EVENTS and of table GTI.
    pub fn headers(&self) -> [Option<&Header>; 3] {
        let good_times = self.file.table("GTI").ok();
        [self.file.primary().ok(), self.events(), good_times].map(|hdu| hdu.map(Hdu::header))
    }

    fn events(&self) -> Option<&Hdu> {
        self.file.hdus().get(self.hdu)
    }
}

impl PhotonBlock<'_> {
    /// Number of photons.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The row in the file of the first photon, 0-based.
    pub fn first_row(&self) -> usize {
        self.first
    }

    /// The rows as they stand in the file.
    pub fn rows(&self) -> &Rows<'_> {
        &self.rows
    }

    /// A photon.
    ///
    /// # Errors
    /// [`Error::Column`] naming the row for a time, energy or position that cannot be.
    pub fn photon(&self, index: usize) -> Result<Photon> {
        let Columns { time, energy, ra, dec } = &self.file.columns;
        let value = |column| self.rows.number(index, column);
        let photon = Photon { time: value(time), energy: value(energy), ra: value(ra), dec: value(dec) };
        let checks = [
            ("TIME", photon.time, photon.time.is_finite(), "a finite time"),
            ("ENERGY", photon.energy, photon.energy.is_finite() && photon.energy > 0.0, "an energy above 0 MeV"),
            ("RA", photon.ra, photon.ra.is_finite(), "a right ascension in degrees"),
            ("DEC", photon.dec, (-90.0..=90.0).contains(&photon.dec), "a declination from -90 to 90 degrees"),
        ];
        match checks.into_iter().find(|(_, _, good, _)| !good) {
            None => Ok(photon),
            Some((column, found, _, expected)) => Err(Error::Column {
                path: self.file.path().to_owned(),
                hdu: format!("'{TABLE}'"),
                column: column.into(),
                reason: format!(
                    "row {} holds {found}, expected {expected}; the file is damaged: get it again, or remove the row",
                    self.first + index + 1
                ),
            }),
        }
    }
}

/// A keyword that holds a mission time.
pub(super) fn time_keyword(file: &FitsFile, hdu: &Hdu, keyword: &str) -> Result<f64> {
    let header = hdu.header();
    // Some files of the data server hold times as text.
    let number = header.real(keyword).or_else(|| header.text(keyword)?.trim().parse().ok());
    number.filter(|time| time.is_finite()).ok_or_else(|| Error::Keyword {
        path: file.path().to_owned(),
        hdu: hdu.label(),
        keyword: keyword.to_owned(),
        found: header.get(keyword).map_or_else(|| "missing".to_owned(), ToString::to_string),
        expected: "a mission time in seconds",
    })
}
