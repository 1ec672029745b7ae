//! Writing: images and binary tables, plain or gzip, the whole file or nothing.

use std::io::Write;
use std::path::{Path, PathBuf};

use fitsio_pure::bintable::{self, BinaryColumnData, BinaryColumnDescriptor, BinaryColumnType};
use fitsio_pure::header::serialize_header;
use fitsio_pure::image_writer::ImageWriter;
use flate2::Compression;
use flate2::write::GzEncoder;
use ndarray::{Array2, Array3};

use super::header::{Header, printable};
use crate::disk::{NewFile, link_target};
use crate::error::{Error, Result};

/// Writes a FITS file HDU by HDU. Nothing stands at the path until [`FitsWriter::finish`]: an error, or dropping the writer, leaves what
/// was there before.
#[derive(Debug)]
pub struct FitsWriter {
    pub(super) path: PathBuf,
    pub(super) sink: Sink,
    pub(super) hdus: usize,
}

#[derive(Debug)]
pub(super) enum Sink {
    Plain(NewFile),
    Gzip(Box<GzEncoder<NewFile>>),
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self {
            Self::Plain(file) => file.write(bytes),
            Self::Gzip(file) => file.write(bytes),
        }
    }
    fn flush(&mut self) -> std::io::Result<()> {
        // The image writer flushes after every HDU, which would only make the gzip stream longer.
        Ok(())
    }
}

/// A table column to write.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// `TTYPE`.
    pub name: String,
    /// `TUNIT`; empty for none.
    pub unit: String,
    /// The values.
    pub values: ColumnValues,
}

/// The values of a column.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ColumnValues {
    /// Format `I`.
    Short(Vec<i16>),
    /// Format `J`.
    Int(Vec<i32>),
    /// Format `E`.
    Float(Vec<f32>),
    /// Format `D`.
    Double(Vec<f64>),
    /// Format `nA`, `n` the longest text.
    Text(Vec<String>),
    /// Format `nD`: lists of `width` numbers, row after row.
    Doubles {
        /// Numbers a row.
        width: usize,
        /// All of them.
        values: Vec<f64>,
    },
    /// Format `nA` with a `TDIM`: lists of `width` texts, row after row.
    Texts {
        /// Texts a row.
        width: usize,
        /// All of them.
        values: Vec<String>,
    },
    /// Format `nE`: `width` values a row, one row after the other.
    FloatVectors {
        /// Values a row.
        width: usize,
        /// The values of all rows.
        values: Vec<f32>,
    },
}

impl FitsWriter {
    /// Begins a file; gzip when the name ends in `.gz`.
    ///
    /// # Errors
    /// When the directory cannot be written to.
    pub fn create(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        let failed = |source| Error::io("write", &path, source);
        let place = link_target(&path).map_err(failed)?;
        if std::fs::metadata(&place).is_ok_and(|found| !found.is_file()) {
            return Err(failed(std::io::Error::other("it is there and no regular file")));
        }
        let file = NewFile::create(&place).map_err(failed)?;
        let gzip = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gz"));
        let sink =
            if gzip { Sink::Gzip(Box::new(GzEncoder::new(file, Compression::default()))) } else { Sink::Plain(file) };
        Ok(Self { path, sink, hdus: 0 })
    }

    /// The path that the file will have.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends an image of 32-bit floats, shape `[NAXIS3, NAXIS2, NAXIS1]`: the primary HDU if it is the first, an extension otherwise.
    /// The layout keywords are made from the array; `header` holds the others.
    ///
    /// # Errors
    /// When FITS cannot hold the header, or the file cannot be written.
    pub fn image(&mut self, header: &Header, pixels: &Array3<f32>) -> Result<()> {
        let (nz, ny, nx) = pixels.dim();
        let extra = self.cards(&self.signed(header))?;
        let hdu = self.label(header);
        let sink = &mut self.sink;
        let written = if self.hdus == 0 {
            ImageWriter::primary(sink, -32, &[nx, ny, nz], &extra)
        } else {
            ImageWriter::image_extension(sink, -32, &[nx, ny, nz], &extra)
        }
        .and_then(|mut image| {
            match pixels.as_slice() {
                Some(pixels) => image.write_samples(pixels)?,
                None => pixels.rows().into_iter().try_for_each(|row| image.write_samples(&row.to_vec()))?,
            }
            image.finish().map(drop)
        });
        written.map_err(|error| self.failed(hdu, error))?;
        self.hdus += 1;
        Ok(())
    }

    /// Appends an image of 64-bit floats, shape `[NAXIS2, NAXIS1]`, as [`FitsWriter::image`] does.
    ///
    /// # Errors
    /// As [`FitsWriter::image`].
    pub fn picture(&mut self, header: &Header, pixels: &Array2<f64>) -> Result<()> {
        let (ny, nx) = pixels.dim();
        let extra = self.cards(&self.signed(header))?;
        let hdu = self.label(header);
        let sink = &mut self.sink;
        let begun = match self.hdus {
            0 => ImageWriter::primary(sink, -64, &[nx, ny], &extra),
            _ => ImageWriter::image_extension(sink, -64, &[nx, ny], &extra),
        };
        let written = begun.and_then(|mut image| {
            pixels.rows().into_iter().try_for_each(|row| image.write_samples(&row.to_vec()))?;
            image.finish().map(drop)
        });
        written.map_err(|error| self.failed(hdu, error))?;
        self.hdus += 1;
        Ok(())
    }

    /// Appends a binary table `name`. `header` holds the keywords besides the layout ones.
    ///
    /// # Errors
    /// When the columns differ in length or end within a row, FITS cannot hold the header, or the file cannot be written.
    pub fn table(&mut self, name: &str, header: &Header, columns: &[Column]) -> Result<()> {
        let rows = self.whole_rows(name, columns)?;
        let mut all = Header::default();
        all.set("EXTNAME", name, "name of this binary table extension");
        for (column, number) in columns.iter().zip(1..) {
            if !column.unit.is_empty() {
                all.set(&format!("TUNIT{number}"), column.unit.as_str(), "");
            }
        }
        for card in header.cards() {
            if let Some(value) = &card.value {
                all.set(&card.keyword, value.clone(), card.comment.as_deref().unwrap_or(""));
            }
        }
        let hdu = self.label(&all);
        let extra = self.cards(&all)?;
        let descriptors: Vec<_> = columns
            .iter()
            .map(|column| {
                printable(&column.name).map_err(|reason| Error::Unwritable {
                    path: self.path.clone(),
                    hdu: hdu.clone(),
                    what: "a column name".into(),
                    reason,
                })?;
                Ok(column.values.descriptor(&column.name))
            })
            .collect::<Result<_>>()?;
        let data: Vec<_> = columns.iter().map(|column| column.values.raw()).collect();
        if self.hdus == 0 {
            // A table cannot stand first: an empty primary HDU goes before it.
            let signature = self.cards(&self.signed(&Header::default()))?;
            let cards = fitsio_pure::primary::build_primary_header(8, &[]).map(|mut cards| {
                cards.extend(signature);
                cards
            });
            let bytes = cards.and_then(|cards| serialize_header(&cards)).map_err(|e| self.failed(hdu.clone(), e))?;
            self.sink.write_all(&bytes).map_err(|source| Error::io("write", &self.path, source))?;
            self.hdus += 1;
        }
        let bytes = bintable::build_binary_table_cards(&descriptors, rows, 0).and_then(|mut cards| {
            cards.extend(extra);
            let mut bytes = serialize_header(&cards)?;
            bytes.extend(bintable::serialize_binary_table(&descriptors, &data, rows)?);
            Ok(bytes)
        });
        let bytes = bytes.map_err(|error| self.failed(hdu, error))?;
        self.sink.write_all(&bytes).map_err(|source| Error::io("write", &self.path, source))?;
        self.hdus += 1;
        Ok(())
    }

    /// How many rows the columns of a table have, all of them and whole ones.
    fn whole_rows(&self, name: &str, columns: &[Column]) -> Result<usize> {
        let rows = columns.first().map_or(0, |column| column.values.len());
        if let Some(other) = columns.iter().find(|column| column.values.len() != rows) {
            let what = format!("column '{}'", other.name);
            let reason = format!("it has {} rows, the first column has {rows}", other.values.len());
            return Err(Error::Unwritable { path: self.path.clone(), hdu: format!("'{name}'"), what, reason });
        }
        if let Some(ragged) = columns.iter().find(|column| column.values.left_over() > 0) {
            let what = format!("column '{}'", ragged.name);
            let reason = format!("{} values are left over behind its last row", ragged.values.left_over());
            return Err(Error::Unwritable { path: self.path.clone(), hdu: format!("'{name}'"), what, reason });
        }
        Ok(rows)
    }

    /// A header of the primary HDU with what every file has there: when it was made (`DATE`) and what made it (`CREATOR`). Others stay as they are.
    pub(super) fn signed(&self, header: &Header) -> Header {
        let mut signed = header.clone();
        if self.hdus == 0 {
            if signed.get("DATE").is_none() {
                signed.set("DATE", today().as_str(), "date of creation of this file (UTC)");
            }
            if signed.get("CREATOR").is_none() {
                signed.set("CREATOR", "roi-fit", "software creating this file");
            }
        }
        signed
    }

    /// Completes the file and puts it in place of what stood at the path.
    ///
    /// # Errors
    /// When the file cannot be written; then the path is as it was.
    pub fn finish(self) -> Result<()> {
        let Self { path, sink, .. } = self;
        let done = match sink {
            Sink::Plain(file) => file.commit(false),
            Sink::Gzip(encoder) => encoder.finish().and_then(|file| file.commit(false)),
        };
        done.map_err(|source| Error::io("write", &path, source))
    }

    pub(super) fn label(&self, header: &Header) -> String {
        header.text("EXTNAME").map_or_else(|| format!("number {}", self.hdus), |name| format!("'{name}'"))
    }

    pub(super) fn cards(&self, header: &Header) -> Result<Vec<fitsio_pure::header::Card>> {
        header.to_raw().map_err(|(keyword, reason)| Error::Unwritable {
            path: self.path.clone(),
            hdu: self.label(header),
            what: format!("keyword '{keyword}'"),
            reason,
        })
    }

    pub(super) fn failed(&self, hdu: String, error: fitsio_pure::Error) -> Error {
        match error {
            fitsio_pure::Error::Io(source) => Error::io("write", &self.path, source),
            other => {
                Error::Unwritable { path: self.path.clone(), hdu, what: "the HDU".into(), reason: other.to_string() }
            }
        }
    }
}

/// The date of today, UTC, or that of the environment variable `SOURCE_DATE_EPOCH` (seconds of the Unix clock), which makes files reproducible. A day is
/// as fine as the standard asks for; files that are made of the same on one day are the same, byte for byte.
fn today() -> String {
    let told = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|text| text.trim().parse().ok());
    let now = || {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    };
    let date = chrono::DateTime::from_timestamp(told.unwrap_or_else(now), 0).unwrap_or_default();
    date.format("%Y-%m-%d").to_string()
}

impl ColumnValues {
    fn len(&self) -> usize {
        match self {
            Self::Short(values) => values.len(),
            Self::Int(values) => values.len(),
            Self::Float(values) => values.len(),
            Self::Double(values) => values.len(),
            Self::Text(values) => values.len(),
            Self::Doubles { width, values } => values.len() / width.max(&1),
            Self::Texts { width, values } => values.len() / width.max(&1),
            Self::FloatVectors { width, values } => values.len() / width.max(&1),
        }
    }

    /// Values that fill no row.
    fn left_over(&self) -> usize {
        let (width, n) = match self {
            Self::Doubles { width, values } => (*width, values.len()),
            Self::Texts { width, values } => (*width, values.len()),
            Self::FloatVectors { width, values } => (*width, values.len()),
            _ => return 0,
        };
        n.checked_rem(width).unwrap_or(n)
    }

    fn descriptor(&self, name: &str) -> BinaryColumnDescriptor {
        let longest = |texts: &[String]| texts.iter().map(String::len).max().unwrap_or(0).max(1);
        let (col_type, size, repeat, tdim) = match self {
            Self::Short(_) => (BinaryColumnType::Short, 2, 1, None),
            Self::Int(_) => (BinaryColumnType::Int, 4, 1, None),
            Self::Float(_) => (BinaryColumnType::Float, 4, 1, None),
            Self::Double(_) => (BinaryColumnType::Double, 8, 1, None),
            Self::Text(texts) => (BinaryColumnType::Ascii, 1, longest(texts), None),
            Self::Doubles { width, .. } => (BinaryColumnType::Double, 8, *width, None),
            Self::FloatVectors { width, .. } => (BinaryColumnType::Float, 4, *width, None),
            Self::Texts { width, values } => {
                let longest = longest(values);
                (BinaryColumnType::Ascii, 1, longest * width, Some(vec![longest, *width]))
            }
        };
        BinaryColumnDescriptor { name: Some(name.to_owned()), repeat, col_type, byte_width: repeat * size, tdim }
    }

    fn raw(&self) -> BinaryColumnData {
        match self {
            Self::Short(values) => BinaryColumnData::Short(values.clone()),
            Self::Int(values) => BinaryColumnData::Int(values.clone()),
            Self::Float(values) | Self::FloatVectors { values, .. } => BinaryColumnData::Float(values.clone()),
            Self::Double(values) | Self::Doubles { values, .. } => BinaryColumnData::Double(values.clone()),
            Self::Text(values) => BinaryColumnData::Ascii(values.clone()),
            // One text a row, each of the list padded to the longest.
            Self::Texts { width, values } => {
                let longest = values.iter().map(String::len).max().unwrap_or(0).max(1);
                let pad = |text: &String| format!("{text}{}", " ".repeat(longest.saturating_sub(text.len())));
                let rows = values.chunks((*width).max(1)).map(|row| row.iter().map(pad).collect());
                BinaryColumnData::Ascii(rows.collect())
            }
        }
    }
}
