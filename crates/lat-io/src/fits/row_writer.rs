//! Writing a table by blocks of rows, and the HDUs that photon files and their products need beside.

use std::io::Write;

use fitsio_pure::BLOCK_SIZE;
use fitsio_pure::header::serialize_header;
use fitsio_pure::image_writer::ImageWriter;

use super::header::{Header, Value};
use super::write::FitsWriter;
use crate::error::{Error, Result};

/// A table whose rows are being written; see [`FitsWriter::rows`].
#[derive(Debug)]
pub struct RowWriter<'a> {
    writer: &'a mut FitsWriter,
    hdu: String,
    /// Bytes that the header announces and that are still to come.
    left: u64,
    size: u64,
}

impl FitsWriter {
    /// Begins the file with a primary HDU without data. `header` holds the keywords besides `SIMPLE`, `BITPIX`, `NAXIS` and `EXTEND`.
    ///
    /// # Errors
    /// When something was written before, FITS cannot hold the header, or the file cannot be written.
    pub fn empty_primary(&mut self, header: &Header) -> Result<()> {
        self.expect_first()?;
        let mut all = Header::default();
        all.set("SIMPLE", true, "file does conform to FITS standard");
        all.set("BITPIX", 8, "number of bits per data pixel");
        all.set("NAXIS", 0, "number of data axes");
        all.set("EXTEND", true, "FITS dataset may contain extensions");
        let cards = header.cards().iter().filter(|card| all.get(&card.keyword).is_none()).cloned();
        let cards: Vec<_> = cards.collect();
        all.extend(cards);
        self.header_blocks(&self.signed(&all))
    }

    /// Begins the file with an image of whole numbers of 32 bits, `axes` in FITS order (`NAXIS1` first). `header` holds the keywords
    /// besides the layout ones.
    ///
    /// # Errors
    /// When something was written before, there are not as many pixels as the axes say, FITS cannot hold the header, or the file cannot
    /// be written.
    pub fn integer_primary(&mut self, header: &Header, axes: &[usize], pixels: &[i32]) -> Result<()> {
        self.expect_first()?;
        let extra = self.cards(&self.signed(header))?;
        let written = ImageWriter::primary(&mut self.sink, 32, axes, &extra).and_then(|mut image| {
            image.write_samples(pixels)?;
            image.finish().map(drop)
        });
        written.map_err(|error| self.failed("number 0".into(), error))?;
        self.hdus += 1;
        Ok(())
    }

    /// Begins a table whose header is complete but for the number of rows, with all columns (`TTYPEn`, `TFORMn`). Rows of `row_bytes`
    /// bytes follow by [`RowWriter::write`], exactly `rows` of them, and [`RowWriter::finish`].
    ///
    /// # Errors
    /// When FITS cannot hold the header, or the file cannot be written.
    pub fn rows(&mut self, header: &Header, row_bytes: usize, rows: usize) -> Result<RowWriter<'_>> {
        let mut all = Header::default();
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        all.set("XTENSION", "BINTABLE", "binary table extension");
        all.set("BITPIX", 8, "8-bit bytes");
        all.set("NAXIS", 2, "2-dimensional binary table");
        all.set("NAXIS1", count(row_bytes), "width of table in bytes");
        all.set("NAXIS2", count(rows), "number of rows in table");
        all.set("PCOUNT", 0, "size of special data area");
        all.set("GCOUNT", 1, "one data group (required keyword)");
        let cards = header.cards().iter().filter(|card| all.get(&card.keyword).is_none()).cloned();
        let cards: Vec<_> = cards.collect();
        all.extend(cards);
        let hdu = self.label(&all);
        if !matches!(all.get("TFIELDS"), Some(Value::Integer(_))) {
            return Err(self.unwritable(hdu, "the header of a table without TFIELDS".into()));
        }
        self.header_blocks(&all)?;
        let size = (row_bytes as u64).saturating_mul(rows as u64);
        Ok(RowWriter { writer: self, hdu, left: size, size })
    }

    fn expect_first(&self) -> Result<()> {
        if self.hdus == 0 {
            return Ok(());
        }
        Err(self.unwritable(format!("number {}", self.hdus), "a primary HDU behind another HDU".into()))
    }

    fn header_blocks(&mut self, header: &Header) -> Result<()> {
        let cards = self.cards(header)?;
        let hdu = self.label(header);
        let bytes = serialize_header(&cards).map_err(|error| self.failed(hdu, error))?;
        self.sink.write_all(&bytes).map_err(|source| Error::io("write", &self.path, source))?;
        self.hdus += 1;
        Ok(())
    }

    fn unwritable(&self, hdu: String, reason: String) -> Error {
        Error::Unwritable { path: self.path.clone(), hdu, what: "the HDU".into(), reason }
    }
}

impl RowWriter<'_> {
    /// Appends whole rows, or parts of them.
    ///
    /// # Errors
    /// When there are more than were announced, or the file cannot be written.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.left = self.left.checked_sub(bytes.len() as u64).ok_or_else(|| self.miscounted("more"))?;
        self.writer.sink.write_all(bytes).map_err(|source| Error::io("write", &self.writer.path, source))
    }

    /// Completes the table.
    ///
    /// # Errors
    /// When there are fewer rows than were announced, or the file cannot be written.
    pub fn finish(self) -> Result<()> {
        if self.left > 0 {
            return Err(self.miscounted("fewer"));
        }
        let padding = usize::try_from(self.size.next_multiple_of(BLOCK_SIZE as u64) - self.size).unwrap_or(0);
        let zeros = vec![0; padding];
        self.writer.sink.write_all(&zeros).map_err(|source| Error::io("write", &self.writer.path, source))
    }

    fn miscounted(&self, what: &str) -> Error {
        self.writer.unwritable(self.hdu.clone(), format!("{what} rows than the header announces"))
    }
}
