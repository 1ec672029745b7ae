//! What can be wrong with an analysis file or a configuration.

use std::path::{Path, PathBuf};

use thiserror::Error;

/// Result of this crate's functions.
pub type Result<T> = std::result::Result<T, Error>;

/// Everything that can go wrong while files are read or written. Each message names the file, the HDU or key, what was found, what
/// was expected and what to do.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// A file that is not there.
    #[error("file '{path}' does not exist; check the path")]
    NotFound {
        /// The file.
        path: PathBuf,
    },
    /// The operating system refused to read or write a file.
    #[error("cannot {action} '{path}': {source}{}", if *.action == "write" { "; choose another place with write permission and space" } else { "" })]
    Io {
        /// What was tried: `read`, `write`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A file that ends before its header says it does.
    #[error(
        "'{path}', HDU {hdu}: the file is truncated: the header announces {expected} bytes of data, {found} are there; fetch or make the file again"
    )]
    Truncated {
        /// The file.
        path: PathBuf,
        /// The HDU, by name or number.
        hdu: String,
        /// Bytes that the header announces.
        expected: u64,
        /// Bytes found.
        found: u64,
    },
    /// A file that is not FITS, or damaged FITS.
    #[error("'{path}', HDU {hdu}: {reason}")]
    BadFits {
        /// The file.
        path: PathBuf,
        /// The HDU, by name or number.
        hdu: String,
        /// What is wrong, and what was expected.
        reason: String,
    },
    /// A header keyword, table column or name that the FITS format cannot hold.
    #[error("'{path}', HDU {hdu}: cannot write {what}: {reason}")]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// The HDU, by name or number.
        hdu: String,
        /// What was to be written.
        what: String,
        /// Why FITS cannot hold it.
        reason: String,
    },
    /// An HDU that the file lacks.
    #[error("'{path}' has no {what} '{name}'; it has {known}")]
    MissingHdu {
        /// The file.
        path: PathBuf,
        /// What kind of HDU was looked for.
        what: &'static str,
        /// The name that was looked for.
        name: String,
        /// The names in the file.
        known: String,
    },
    /// A header keyword that is missing or has no usable value.
    #[error("'{path}', HDU {hdu}: keyword {keyword} is {found}, expected {expected}")]
    Keyword {
        /// The file.
        path: PathBuf,
        /// The HDU, by name or number.
        hdu: String,
        /// The keyword.
        keyword: String,
        /// Its value, or `missing`.
        found: String,
        /// What would be right.
        expected: &'static str,
    },
    /// A table column that is missing.
    #[error("'{path}', table {hdu}: no column '{column}'; it has {known}")]
    MissingColumn {
        /// The file.
        path: PathBuf,
        /// The table.
        hdu: String,
        /// The column that was looked for.
        column: String,
        /// The columns of the table.
        known: String,
    },
    /// A table column whose values cannot be used.
    #[error("'{path}', table {hdu}, column '{column}': {reason}")]
    Column {
        /// The file.
        path: PathBuf,
        /// The table.
        hdu: String,
        /// The column.
        column: String,
        /// What was found and what was expected.
        reason: String,
    },
    /// A table without rows.
    #[error("'{path}', table {hdu} is empty; expected {expected}")]
    EmptyTable {
        /// The file.
        path: PathBuf,
        /// The table.
        hdu: String,
        /// What it should hold.
        expected: &'static str,
    },
    /// An image or a pair of products whose shapes do not fit together.
    #[error("'{path}', HDU {hdu}: shape is {found}, expected {expected}")]
    Shape {
        /// The file.
        path: PathBuf,
        /// The HDU, by name or number.
        hdu: String,
        /// The shape found.
        found: String,
        /// The shape that would fit.
        expected: String,
    },
    /// Energies, counts or maps with values that cannot be.
    #[error("'{path}', HDU {hdu} holds data that cannot be used: {source}")]
    Data {
        /// The file.
        path: PathBuf,
        /// The HDU, by name or number.
        hdu: String,
        /// What is wrong with them.
        source: Box<likelihood_core::Error>,
    },
    /// Two products of one component with different energy edges.
    #[error(
        "'{path}' and '{other}' disagree on energy edge {index}: {found} MeV and {expected} MeV (relative tolerance {tolerance}); make both with the same energy binning"
    )]
    EnergyMismatch {
        /// One file.
        path: PathBuf,
        /// The other file.
        other: PathBuf,
        /// 0-based index of the first edge that differs.
        index: usize,
        /// Its value in the first file.
        found: f64,
        /// Its value in the other file.
        expected: f64,
        /// The relative difference that is accepted.
        tolerance: f64,
    },
    /// Two products of one component with different numbers of energies.
    #[error("'{path}' has {found} energy edges and '{other}' {expected}; make both with the same energy binning")]
    EnergyCount {
        /// One file.
        path: PathBuf,
        /// The other file.
        other: PathBuf,
        /// Number of edges in the first.
        found: usize,
        /// Number of edges in the other.
        expected: usize,
    },
    /// Something that a file asks for and this version does not do.
    #[error("'{path}': {what} is not supported; {remedy}")]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// What is asked for.
        what: String,
        /// What to do instead.
        remedy: String,
    },
    /// An `$(NAME)` in a path whose environment variable is not set.
    #[error("path '{text}': environment variable '{name}' is not set; set it, or write the path out")]
    Environment {
        /// The path as written.
        text: String,
        /// The variable.
        name: String,
    },
    /// A sky map, exposure, PSF or profile with values that cannot be.
    #[error("'{path}', HDU {hdu} holds a response or map that cannot be used: {source}")]
    Map {
        /// The file.
        path: PathBuf,
        /// The HDU, by name or number.
        hdu: String,
        /// What is wrong.
        source: Box<lat_response::Error>,
    },
    /// A text template with values that cannot be.
    #[error("'{path}' cannot be used: {source}")]
    Template {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: Box<lat_response::Error>,
    },
    /// A line of a text table that is no row.
    #[error("'{path}', line {line}: {reason}")]
    TextTable {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What was found and what was expected.
        reason: String,
    },
    /// A model, spectrum table or direction that cannot be used.
    #[error("'{path}' cannot be used: {source}")]
    Model {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: Box<roi_model::Error>,
    },
    /// A source of a catalog or of `model.sources` that cannot become a model.
    #[error("'{path}': source '{name}' cannot be used: {source}; correct it, or leave it out")]
    CatalogSource {
        /// The file.
        path: PathBuf,
        /// The source.
        name: String,
        /// What is wrong.
        source: Box<roi_model::Error>,
    },
    /// Text that is not UTF-8.
    #[error("'{path}' is not text in UTF-8 (first bad byte at offset {offset})")]
    NotText {
        /// The file.
        path: PathBuf,
        /// Offset of the first bad byte.
        offset: usize,
    },
    /// A configuration that is not YAML, or not a mapping of sections.
    #[error("'{path}': {reason}")]
    Yaml {
        /// The file.
        path: PathBuf,
        /// What the parser found, with line and column.
        reason: String,
    },
}

impl Error {
    /// An I/O error at `path`; a missing file gets its own variant.
    pub(crate) fn io(action: &'static str, path: &Path, source: std::io::Error) -> Self {
        if action == "read" && source.kind() == std::io::ErrorKind::NotFound {
            Self::NotFound { path: path.to_owned() }
        } else {
            Self::Io { action, path: path.to_owned(), source }
        }
    }

    /// Values of an HDU that cannot be.
    pub(crate) fn data(path: &Path, hdu: String, source: likelihood_core::Error) -> Self {
        Self::Data { path: path.to_owned(), hdu, source: Box::new(source) }
    }

    /// A sky map or response of an HDU that cannot be.
    pub(crate) fn map(path: &Path, hdu: String, source: lat_response::Error) -> Self {
        Self::Map { path: path.to_owned(), hdu, source: Box::new(source) }
    }

    /// A model file that cannot be used.
    pub(crate) fn model(path: &Path, source: roi_model::Error) -> Self {
        Self::Model { path: path.to_owned(), source: Box::new(source) }
    }

    /// Whether what was read is at fault (a wrong path, file or key) rather than the place that was written to.
    pub fn is_input(&self) -> bool {
        !matches!(self, Self::Io { action: "write", .. } | Self::Unwritable { .. })
    }
}
