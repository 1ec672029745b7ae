//! Reading: the HDUs of a file, table columns.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use fitsio_pure::bintable::{self, BinaryColumnData, BinaryColumnType};
use fitsio_pure::hdu as raw;
use fitsio_pure::{BLOCK_SIZE, header as raw_header};

use super::bytes::Bytes;
use super::header::{Header, Value};
use super::structure::{self, Column, Kind};
use crate::error::{Error, Result};

/// Many times the sources of any catalog. A short text takes some fifty times the memory that it takes in the file.
const MOST_TEXTS: usize = 10_000_000;

/// Two hundred thousand cards. A header without end would be read to the end of the file, however long that is.
const LONGEST_HEADER: usize = 16_000_000;

/// A FITS file open for reading, plain or gzip.
///
/// The headers of all HDUs are read and checked when it is opened; pixels and columns when they are asked for. A gzip file is inflated
/// into memory once.
#[derive(Debug)]
pub struct FitsFile {
    pub(super) path: PathBuf,
    pub(super) bytes: Bytes,
    hdus: Vec<Hdu>,
}

/// One header-data unit.
#[derive(Debug)]
pub struct Hdu {
    index: usize,
    header: Header,
    pub(super) kind: Kind,
    pub(super) data_start: u64,
    data_len: usize,
}

impl Hdu {
    /// 0 for the primary HDU.
    pub fn index(&self) -> usize {
        self.index
    }

    /// `EXTNAME` as written, `PRIMARY` for the primary HDU without one, empty for a nameless extension.
    pub fn name(&self) -> &str {
        match self.header.text("EXTNAME") {
            Some(name) => name,
            None if self.index == 0 => "PRIMARY",
            None => "",
        }
    }

    /// The name in messages: `EXTNAME`, or the number.
    pub fn label(&self) -> String {
        if self.name().is_empty() { format!("number {}", self.index) } else { format!("'{}'", self.name()) }
    }

    /// The header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Axis lengths of an image in FITS order (`NAXIS1` first), `None` for a table. Empty when the HDU has no data.
    pub fn image_axes(&self) -> Option<&[usize]> {
        match &self.kind {
            Kind::Image { axes, .. } => Some(axes),
            _ => None,
        }
    }

    /// What it is and how large, in words: the axes of an image in FITS order, or the rows of a table.
    pub fn shape(&self) -> String {
        match &self.kind {
            Kind::Image { axes, .. } => format!("{axes:?}"),
            Kind::Table { rows, .. } => format!("{rows} rows"),
            Kind::Other(what) => (*what).to_owned(),
        }
    }

    /// Number of rows of a binary table, `None` for an image.
    pub fn table_rows(&self) -> Option<usize> {
        match self.kind {
            Kind::Table { rows, .. } => Some(rows),
            _ => None,
        }
    }

    /// Names of the columns of a binary table; none for an image.
    pub fn column_names(&self) -> impl Iterator<Item = &str> {
        self.columns().iter().map(|column| column.name.as_str())
    }

    /// The unit of a column as written, if the header tells one.
    pub fn column_unit(&self, name: &str) -> Option<&str> {
        self.find_column(name).and_then(|(_, column)| column.unit.as_deref())
    }

    /// Whether a column holds arrays of variable length.
    pub fn is_variable_column(&self, name: &str) -> bool {
        use BinaryColumnType as T;
        self.find_column(name).is_some_and(|(_, column)| matches!(column.kind, T::VarArrayP(_) | T::VarArrayQ(_)))
    }

    fn columns(&self) -> &[Column] {
        match &self.kind {
            Kind::Table { columns, .. } => columns,
            _ => &[],
        }
    }

    /// Column names are matched without regard to case, as the FITS standard asks.
    fn find_column(&self, name: &str) -> Option<(usize, &Column)> {
        self.columns().iter().enumerate().find(|(_, column)| column.name.eq_ignore_ascii_case(name))
    }
}

impl FitsFile {
    /// Opens a file and reads the headers of all its HDUs.
    ///
    /// # Errors
    /// When the file is missing, is not FITS, is truncated, or has a header that contradicts itself.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        let bytes = Bytes::open(&path)?;
        let mut hdus = Vec::new();
        let mut start = 0;
        while let Some(hdu) = next_hdu(&path, &bytes, start, hdus.len())? {
            start = padded(hdu.data_start + hdu.data_len as u64);
            hdus.push(hdu);
        }
        Ok(Self { path, bytes, hdus })
    }

    /// The path it was opened with.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes of the file that are held in memory: all of a gzip file, none of a plain one.
    pub fn bytes_in_memory(&self) -> usize {
        self.bytes.in_memory()
    }

    /// All HDUs in order; the first is the primary one.
    pub fn hdus(&self) -> &[Hdu] {
        &self.hdus
    }

    /// The primary HDU.
    ///
    /// # Errors
    /// None in practice: a file without primary HDU does not open.
    pub fn primary(&self) -> Result<&Hdu> {
        self.hdus.first().ok_or_else(|| self.missing("primary HDU", "PRIMARY"))
    }

    /// The binary table of this name; exact, else without regard to case.
    ///
    /// # Errors
    /// When there is none.
    pub fn table(&self, name: &str) -> Result<&Hdu> {
        let tables = || self.hdus.iter().filter(|hdu| hdu.table_rows().is_some());
        tables()
            .find(|hdu| hdu.name() == name)
            .or_else(|| tables().find(|hdu| hdu.name().eq_ignore_ascii_case(name)))
            .ok_or_else(|| self.missing("table", name))
    }

    /// A numerical column of a table with `TSCAL` and `TZERO` applied: all rows one after the other, `repeat` values a row.
    ///
    /// # Errors
    /// When the column is missing or does not hold plain numbers.
    pub fn read_column(&self, hdu: &Hdu, name: &str) -> Result<Vec<f64>> {
        self.read_number_column(hdu, name, &self.data(hdu)?)
    }

    /// Several numerical columns as [`FitsFile::read_column`] reads one; the table is read from disk once.
    ///
    /// # Errors
    /// As [`FitsFile::read_column`].
    pub fn read_columns<'a>(&self, hdu: &Hdu, names: impl IntoIterator<Item = &'a str>) -> Result<Vec<Vec<f64>>> {
        let data = self.data(hdu)?;
        names.into_iter().map(|name| self.read_number_column(hdu, name, &data)).collect()
    }

    fn read_number_column(&self, hdu: &Hdu, name: &str, data: &[u8]) -> Result<Vec<f64>> {
        use BinaryColumnType as T;
        let (index, column, raw) = self.raw_table(hdu, name)?;
        if !matches!(column.kind, T::Logical | T::Byte | T::Short | T::Int | T::Long | T::Float | T::Double) {
            return Err(self.bad_column(hdu, name, format!("format {} does not hold plain numbers", column.form)));
        }
        bintable::read_binary_column_physical(data, &raw, index).map_err(|e| self.bad(hdu, &e))
    }

    /// A character string column, one string a row, trailing blanks removed.
    ///
    /// # Errors
    /// When the column is missing or does not hold text.
    pub fn read_text_column(&self, hdu: &Hdu, name: &str) -> Result<Vec<String>> {
        let (index, column, raw) = self.raw_table(hdu, name)?;
        if column.kind != BinaryColumnType::Ascii {
            return Err(self.bad_column(hdu, name, format!("format {} does not hold text", column.form)));
        }
        if hdu.table_rows().is_some_and(|rows| rows > MOST_TEXTS) {
            return Err(self.bad_column(hdu, name, format!("more than {MOST_TEXTS} texts are not read")));
        }
        match bintable::read_binary_column(&self.data(hdu)?, &raw, index) {
            Ok(BinaryColumnData::Ascii(text)) => Ok(text),
            Ok(_) => Err(self.bad_column(hdu, name, format!("format {} does not hold text", column.form))),
            Err(e) => Err(self.bad_column(hdu, name, e.to_string())),
        }
    }

    /// Values a row of a column.
    ///
    /// # Errors
    /// When the column is missing.
    pub fn column_repeat(&self, hdu: &Hdu, name: &str) -> Result<usize> {
        Ok(self.raw_table(hdu, name)?.1.repeat)
    }

    pub(super) fn data(&self, hdu: &Hdu) -> Result<Cow<'_, [u8]>> {
        self.bytes.get(hdu.data_start, hdu.data_len).map_err(|source| Error::io("read", &self.path, source))
    }

    pub(super) fn raw_table<'a>(&self, hdu: &'a Hdu, name: &str) -> Result<(usize, &'a Column, raw::Hdu)> {
        let Kind::Table { row_bytes, rows, columns } = &hdu.kind else {
            return Err(self.unusable(hdu, "a binary table"));
        };
        let (index, column) = hdu.find_column(name).ok_or_else(|| Error::MissingColumn {
            path: self.path.clone(),
            hdu: hdu.label(),
            column: name.to_owned(),
            known: listed(hdu.column_names()),
        })?;
        let text = |i: usize, form: &str| raw_header::Card::new(&format!("TFORM{i}"), raw_value(form.to_owned())).ok();
        let mut cards: Vec<_> = columns.iter().zip(1..).filter_map(|(column, i)| text(i, &column.form)).collect();
        for keyword in [format!("TSCAL{}", index + 1), format!("TZERO{}", index + 1)] {
            cards.extend(number(&keyword, &hdu.header));
        }
        let info = raw::HduInfo::BinaryTable { naxis1: *row_bytes, naxis2: *rows, pcount: 0, tfields: columns.len() };
        Ok((index, column, raw::Hdu { info, header_start: 0, data_start: 0, data_len: hdu.data_len, cards }))
    }

    pub(super) fn bad(&self, hdu: &Hdu, error: &fitsio_pure::Error) -> Error {
        Error::BadFits { path: self.path.clone(), hdu: hdu.label(), reason: error.to_string() }
    }

    pub(super) fn bad_column(&self, hdu: &Hdu, column: &str, reason: String) -> Error {
        Error::Column { path: self.path.clone(), hdu: hdu.label(), column: column.to_owned(), reason }
    }

    pub(super) fn unusable(&self, hdu: &Hdu, expected: &str) -> Error {
        let found = match &hdu.kind {
            Kind::Image { axes, .. } if axes.is_empty() => "an image without data",
            Kind::Image { .. } => "an image",
            Kind::Table { .. } => "a binary table",
            Kind::Other(what) => what,
        };
        let reason = format!("expected {expected}, found {found}");
        Error::BadFits { path: self.path.clone(), hdu: hdu.label(), reason }
    }

    fn missing(&self, what: &'static str, name: &str) -> Error {
        let known = listed(self.hdus.iter().map(Hdu::name));
        Error::MissingHdu { path: self.path.clone(), what, name: name.to_owned(), known }
    }
}

/// The HDU whose header begins at `start`, `None` at the end of the file.
fn next_hdu(path: &Path, bytes: &Bytes, start: u64, index: usize) -> Result<Option<Hdu>> {
    let bad = |reason: String| Error::BadFits { path: path.to_owned(), hdu: format!("number {index}"), reason };
    let truncated = |expected: u64| Error::Truncated {
        path: path.to_owned(),
        hdu: format!("number {index}"),
        expected,
        found: bytes.len().saturating_sub(start),
    };
    let primary = index == 0;
    let rest = bytes.len().saturating_sub(start);
    if rest == 0 && !primary {
        return Ok(None);
    }
    let first = bytes.get(start, usize::try_from(rest).unwrap_or(BLOCK_SIZE).min(BLOCK_SIZE));
    let first = first.map_err(|source| Error::io("read", path, source))?;
    if !first.starts_with(if primary { b"SIMPLE" } else { b"XTENSION" }) {
        // Some archives pad their files beyond the last HDU.
        if !primary && first.iter().all(|byte| matches!(byte, 0 | b' ')) {
            return Ok(None);
        }
        let expected =
            if primary { "the file is not FITS: it does not begin with SIMPLE" } else { "XTENSION expected" };
        return Err(bad(format!("{expected}; is the file damaged?")));
    }

    let mut text = Vec::new();
    let mut offset = start;
    loop {
        let block = bytes.get(offset, BLOCK_SIZE).map_err(|source| match source.kind() {
            std::io::ErrorKind::UnexpectedEof => truncated(offset - start + BLOCK_SIZE as u64),
            _ => Error::io("read", path, source),
        })?;
        text.extend_from_slice(&block);
        offset += BLOCK_SIZE as u64;
        if text.len() > LONGEST_HEADER {
            return Err(bad(format!(
                "no END card in the first {LONGEST_HEADER} bytes of the header; is the file damaged?"
            )));
        }
        if raw_header::header_byte_len(&block).is_ok() {
            break;
        }
    }
    let cards = raw_header::parse_header_blocks(&text).map_err(|error| bad(error.to_string()))?;
    let header = Header::from_raw(&cards);
    let (kind, size) = structure::read(&header, primary).map_err(&bad)?;
    let found = bytes.len() - offset;
    // Data are padded to whole blocks; a file that ends within the padding was cut, and what followed it may be missing too.
    if padded(size) > found {
        let expected = padded(size);
        return Err(Error::Truncated { path: path.to_owned(), hdu: format!("number {index}"), expected, found });
    }
    let data_len = usize::try_from(size).map_err(|_| bad("more data than this machine can address".into()))?;
    Ok(Some(Hdu { index, header, kind, data_start: offset, data_len }))
}

/// The next multiple of the FITS block size.
fn padded(position: u64) -> u64 {
    position.next_multiple_of(BLOCK_SIZE as u64)
}

fn raw_value(text: String) -> fitsio_pure::value::Value {
    fitsio_pure::value::Value::String(text)
}

/// A numerical keyword of `header` as a card of the FITS library.
pub(super) fn number(keyword: &str, header: &Header) -> Option<raw_header::Card> {
    let value = match header.get(keyword)? {
        Value::Integer(n) => fitsio_pure::value::Value::Integer(*n),
        Value::Real(x) => fitsio_pure::value::Value::Float(*x),
        _ => return None,
    };
    raw_header::Card::new(keyword, value).ok()
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.map(|name| format!("'{name}'")).collect();
    if names.is_empty() { "none".into() } else { names.join(", ") }
}
