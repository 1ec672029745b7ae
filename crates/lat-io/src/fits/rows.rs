//! Reading a table by blocks of rows: only their bytes are read from disk, and a value is decoded where it is asked for.

use std::borrow::Cow;

use fitsio_pure::bintable::BinaryColumnType;

use super::file::{FitsFile, Hdu};
use super::structure::{Kind, width};
use crate::error::{Error, Result};

/// Where the numbers of a column stand in each row of a table, and how they are coded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RowColumn {
    offset: usize,
    code: Code,
    scale: f64,
    zero: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Code {
    Logical,
    Byte,
    Short,
    Int,
    Long,
    Float,
    Double,
    /// So many bits, the most significant first.
    Bits(usize),
}

/// Some consecutive rows of a table.
#[derive(Debug)]
pub struct Rows<'a> {
    bytes: Cow<'a, [u8]>,
    row_bytes: usize,
}

impl RowColumn {
    /// Whether its values are true or false.
    pub fn is_logical(&self) -> bool {
        self.code == Code::Logical
    }
}

impl FitsFile {
    /// Where a column of numbers, logical values or at most 64 bits stands in the rows of a table. Of a column of several values a row it
    /// is the first.
    ///
    /// # Errors
    /// When the HDU is no table, the column is missing, or it holds something else.
    pub fn row_column(&self, hdu: &Hdu, name: &str) -> Result<RowColumn> {
        use BinaryColumnType as T;
        let (index, column, _) = self.raw_table(hdu, name)?;
        let Kind::Table { columns, .. } = &hdu.kind else { return Err(self.unusable(hdu, "a binary table")) };
        let code = match column.kind {
            _ if column.repeat == 0 => None,
            T::Logical => Some(Code::Logical),
            T::Byte => Some(Code::Byte),
            T::Short => Some(Code::Short),
            T::Int => Some(Code::Int),
            T::Long => Some(Code::Long),
            T::Float => Some(Code::Float),
            T::Double => Some(Code::Double),
            T::Bit if column.repeat <= 64 => Some(Code::Bits(column.repeat)),
            _ => None,
        };
        let code = code.ok_or_else(|| {
            let reason = format!("format {} does not hold a number or at most 64 bits a row", column.form);
            self.bad_column(hdu, name, reason)
        })?;
        let factor = |keyword: &str, default| hdu.header().real(&format!("{keyword}{}", index + 1)).unwrap_or(default);
        Ok(RowColumn {
            offset: columns.iter().take(index).filter_map(width).sum(),
            code,
            scale: factor("TSCAL", 1.0),
            zero: factor("TZERO", 0.0),
        })
    }

    /// `count` rows of a table from row `first` (0-based); fewer where the table ends before.
    ///
    /// # Errors
    /// When the HDU is no table or cannot be read.
    pub fn read_rows(&self, hdu: &Hdu, first: usize, count: usize) -> Result<Rows<'_>> {
        let Kind::Table { row_bytes, rows, .. } = hdu.kind else { return Err(self.unusable(hdu, "a binary table")) };
        let first = first.min(rows);
        let start = hdu.data_start + (first * row_bytes) as u64;
        let bytes = self.bytes.get(start, count.min(rows - first) * row_bytes);
        let bytes = bytes.map_err(|source| Error::io("read", &self.path, source))?;
        Ok(Rows { bytes, row_bytes })
    }

    /// Bytes of a row of a table; 0 for an image.
    pub fn row_bytes(&self, hdu: &Hdu) -> usize {
        match hdu.kind {
            Kind::Table { row_bytes, .. } => row_bytes,
            _ => 0,
        }
    }
}

impl Rows<'_> {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.bytes.len().checked_div(self.row_bytes).unwrap_or(0)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of all rows together.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// The bytes of a row as they stand in the file; none beyond the last row.
    pub fn row(&self, row: usize) -> &[u8] {
        self.bytes.get(row * self.row_bytes..(row + 1) * self.row_bytes).unwrap_or_default()
    }

    /// The bytes of a value, zeros beyond the last row: no row that is asked for is.
    fn field<const N: usize>(&self, row: usize, column: &RowColumn) -> [u8; N] {
        let start = row * self.row_bytes + column.offset;
        self.bytes.get(start..).and_then(|rest| rest.first_chunk::<N>()).copied().unwrap_or([0; N])
    }

    /// A value as a number, `TSCAL` and `TZERO` applied: logical values are 1 and 0 (NaN where undefined), bits are [`Rows::bits`].
    pub fn number(&self, row: usize, column: &RowColumn) -> f64 {
        let raw = match column.code {
            Code::Logical => match self.field::<1>(row, column) {
                [b'T'] => 1.0,
                [b'F'] => 0.0,
                _ => f64::NAN,
            },
            Code::Byte => f64::from(u8::from_be_bytes(self.field(row, column))),
            Code::Short => f64::from(i16::from_be_bytes(self.field(row, column))),
            Code::Int => f64::from(i32::from_be_bytes(self.field(row, column))),
            Code::Long => i64::from_be_bytes(self.field(row, column)) as f64,
            Code::Float => f64::from(f32::from_be_bytes(self.field(row, column))),
            Code::Double => f64::from_be_bytes(self.field(row, column)),
            Code::Bits(_) => return self.bits(row, column) as f64,
        };
        // Written so that the usual column, without factors, is taken as it is.
        if column.scale == 1.0 && column.zero == 0.0 { raw } else { raw * column.scale + column.zero }
    }

    /// A value as a whole number of bits: those of a bit column, the last bit being the lowest, or those of a whole number that is not
    /// negative.
    pub fn bits(&self, row: usize, column: &RowColumn) -> u64 {
        let Code::Bits(n) = column.code else {
            let number = self.number(row, column);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
            return number as u64;
        };
        let start = row * self.row_bytes + column.offset;
        let bytes = self.bytes.get(start..start + n.div_ceil(8)).unwrap_or_default();
        // A bit array fills whole bytes from the first bit on; what is left of the last byte is no part of it.
        let whole = bytes.iter().fold(0u64, |value, &byte| value << 8 | u64::from(byte));
        whole >> (n.div_ceil(8) * 8 - n)
    }
}
