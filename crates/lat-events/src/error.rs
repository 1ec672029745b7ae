//! What can be wrong with events and with what is asked of them.

use std::path::PathBuf;

use thiserror::Error;

/// Result of this crate's functions.
pub type Result<T> = std::result::Result<T, Error>;

/// Everything that can go wrong between photon file and map. Each message names the file, what was found, what was expected and what to do.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// A file that cannot be read or written, or holds values that cannot be.
    #[error(transparent)]
    File(#[from] lat_io::Error),
    /// Pixels or a livetime cube that cannot be.
    #[error(transparent)]
    Response(#[from] lat_response::Error),
    /// Energies or counts that cannot be.
    #[error(transparent)]
    Counts(#[from] likelihood_core::Error),
    /// No file was named.
    #[error("no {what} file was named; name at least one")]
    NoFile {
        /// `photon` or `spacecraft`.
        what: &'static str,
    },
    /// Files of different pass versions.
    #[error(
        "'{path}' is of pass version '{found}' (PASS_VER), '{first}' of '{expected}'; photons of one analysis come from one reconstruction: get all files anew with the same data release"
    )]
    PassVersions {
        /// The file that differs.
        path: PathBuf,
        /// Its pass version.
        found: String,
        /// The first file.
        first: PathBuf,
        /// The pass version of the first file.
        expected: String,
    },
    /// Files whose photons have passed different cuts.
    #[error(
        "'{path}' and '{first}' tell different cuts: '{found}' and '{expected}' (keywords DSTYPn, DSVALn); get both with the same query, or select each for itself"
    )]
    CutsDiffer {
        /// The file that differs.
        path: PathBuf,
        /// The first file.
        first: PathBuf,
        /// A cut of the one that the other has not.
        found: String,
        /// The other's cut in its place.
        expected: String,
    },
    /// Files with rows of another layout.
    #[error("'{path}' has rows of {found} bytes, '{first}' of {expected}; get both with the same query")]
    LayoutsDiffer {
        /// The file that differs.
        path: PathBuf,
        /// Bytes of its rows.
        found: usize,
        /// The first file.
        first: PathBuf,
        /// Bytes of the rows of the first file.
        expected: usize,
    },
    /// Two photon files with photons of the same time.
    #[error(
        "'{path}' and '{other}' both hold photons between {start} and {stop} s: they would be counted twice; leave one of the files out, or get them for times that do not overlap"
    )]
    FilesOverlap {
        /// One file.
        path: PathBuf,
        /// The other file.
        other: PathBuf,
        /// Begin of the common time, s.
        start: f64,
        /// End of the common time, s.
        stop: f64,
    },
    /// An option out of its range.
    #[error("{option} is {found}, expected {expected}")]
    Option {
        /// Its name.
        option: &'static str,
        /// The value.
        found: String,
        /// What would be right.
        expected: &'static str,
    },
    /// A mask of event classes or types that asks for photons which an earlier selection may have thrown away.
    #[error(
        "'{path}': {column} mask {asked} cannot be selected from photons that were selected with mask {present}: {reason}; select from the file as the data server gave it"
    )]
    Mask {
        /// The file.
        path: PathBuf,
        /// `EVENT_CLASS` or `EVENT_TYPE`.
        column: String,
        /// The mask that is asked for.
        asked: u32,
        /// The mask of the header.
        present: u32,
        /// Why.
        reason: String,
    },
    /// A column that a cut needs.
    #[error(
        "'{path}' has no column '{column}', which {needed_by} needs; leave that cut out, or get the file with this column"
    )]
    MissingColumn {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// What needs it.
        needed_by: String,
    },
    /// A selection that no photon passes.
    #[error("no photon of {files} passes the cuts: {cuts}; widen them, or check that the file is the right one")]
    EmptySelection {
        /// The files.
        files: String,
        /// The cuts as headers tell them.
        cuts: String,
    },
    /// Bins of time that cannot be.
    #[error("time bin {bin}, {start} to {stop} s: {reason}")]
    TimeBins {
        /// Which bin, counted from 1.
        bin: usize,
        /// Its begin, s.
        start: f64,
        /// Its end, s.
        stop: f64,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// Cuts that no time is left by.
    #[error("no good time is left: {reason}")]
    NoGoodTime {
        /// Which intervals have nothing in common, and what to do.
        reason: String,
    },
    /// A filter expression that cannot be understood.
    #[error("filter, character {}: {reason}\n  {text}\n  {:>width$}", .position + 1, "^", width = .position + 1)]
    Filter {
        /// The expression.
        text: String,
        /// The place of the fault, characters counted from 0.
        position: usize,
        /// What is wrong and what was expected.
        reason: String,
    },
    /// A filter that holds in no row of a spacecraft file.
    #[error(
        "'{path}': no row passes the filter '{filter}'; check it against the columns of the file (DATA_QUAL and LAT_CONFIG are 1 in good data)"
    )]
    EmptyFilter {
        /// The file.
        path: PathBuf,
        /// The filter.
        filter: String,
    },
    /// Spacecraft rows that do not follow each other in time.
    #[error(
        "'{path}', table 'SC_DATA', row {row}: it starts at {start} s, before the end of the row before it, {previous} s, so its livetime would count twice; rows must follow each other in time: get the file again, or leave out files whose times overlap"
    )]
    RowOrder {
        /// The file.
        path: PathBuf,
        /// The row, counted from 1.
        row: usize,
        /// Its start, s.
        start: f64,
        /// The stop of the row before it, s.
        previous: f64,
    },
    /// Good times for which there are no spacecraft rows.
    #[error(
        "{files}: rows cover {covered} of {total} s of good time; the first that lacks them is {start} to {stop} s; get spacecraft files for the whole time of the photons"
    )]
    NotCovered {
        /// The spacecraft files.
        files: String,
        /// Good time that has rows, s.
        covered: f64,
        /// All good time, s.
        total: f64,
        /// Begin of the first good time without rows, s.
        start: f64,
        /// Its end, s.
        stop: f64,
    },
    /// Work that a [`Watch`](crate::Watch) ended.
    #[error("stopped while event files were read; what was being made is not written")]
    Stopped,
    /// Livetime cubes that cannot be summed.
    #[error(
        "livetime cubes 1 and {number} differ in their {what}: {expected} and {found}; make both with the same options"
    )]
    CubesDiffer {
        /// Which of them differs from the first, counted from 1.
        number: usize,
        /// In what.
        what: &'static str,
        /// The value of the first.
        expected: String,
        /// Its value.
        found: String,
    },
}

/// A value as messages print it.
pub(crate) struct Found(String);

impl<T: std::fmt::Display> From<T> for Found {
    fn from(value: T) -> Self {
        Self(value.to_string())
    }
}

impl Error {
    /// An option out of its range.
    pub(crate) fn option(option: &'static str, found: impl Into<Found>, expected: &'static str) -> Self {
        Self::Option { option, found: found.into().0, expected }
    }

    /// Whether what was read or asked for is at fault, rather than the place that was written to.
    pub fn is_input(&self) -> bool {
        match self {
            Self::File(error) => error.is_input(),
            _ => true,
        }
    }
}
