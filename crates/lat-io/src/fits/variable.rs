//! Reading columns of variable-length arrays, as gtdrm writes them: descriptors in the table, the arrays behind it, in its heap.

use fitsio_pure::bintable::{self, BinaryColumnData, BinaryColumnType};
use fitsio_pure::hdu as raw;

use super::file::{FitsFile, Hdu, number};
use super::structure::{Kind, width};
use crate::error::Result;

impl FitsFile {
    /// A column of variable-length arrays of numbers, one array a row, `TSCAL` and `TZERO` not applied.
    ///
    /// # Errors
    /// When the column is missing, does not hold variable-length arrays of numbers, or they do not fit into the table's heap.
    pub fn read_variable_column(&self, hdu: &Hdu, name: &str) -> Result<Vec<Vec<f64>>> {
        use BinaryColumnType as T;
        let (index, column, mut raw) = self.raw_table(hdu, name)?;
        let refuse = |reason: String| self.bad_column(hdu, name, reason);
        let (T::VarArrayP(kind) | T::VarArrayQ(kind)) = column.kind else {
            return Err(refuse(format!("format {} does not hold arrays of variable length", column.form)));
        };
        let element_bytes = match kind {
            'B' => 1,
            'I' => 2,
            'J' | 'E' => 4,
            'K' | 'D' => 8,
            _ => return Err(refuse(format!("format {} does not hold plain numbers", column.form))),
        };
        let data = self.data(hdu)?;
        let Kind::Table { row_bytes, rows, columns } = &hdu.kind else {
            return Err(self.unusable(hdu, "a binary table"));
        };
        let table = row_bytes.saturating_mul(*rows);
        let heap = match hdu.header().get("THEAP") {
            None => table,
            Some(_) => hdu
                .header()
                .integer("THEAP")
                .and_then(|start| usize::try_from(start).ok())
                .filter(|start| (table..=data.len()).contains(start))
                .ok_or_else(|| refuse("keyword THEAP does not point behind the table".into()))?,
        };
        // The library adds and allocates by the descriptors, so they are checked first: all arrays together must fit into the heap.
        let offset: usize = columns.iter().take(index).filter_map(width).sum();
        let (mut left, heap_bytes) = (data.len().saturating_sub(heap), data.len().saturating_sub(heap));
        for row in 0..*rows {
            let descriptor = data.get(row * row_bytes + offset..).unwrap_or_default();
            let array = array_descriptor(descriptor, matches!(column.kind, T::VarArrayQ(_)));
            let bytes = array.and_then(|(count, _)| count.checked_mul(element_bytes));
            let taken = array.zip(bytes).and_then(|((_, start), bytes)| {
                start.checked_add(bytes).filter(|end| *end <= heap_bytes)?;
                left.checked_sub(bytes)
            });
            left = taken.ok_or_else(|| refuse(format!("the array of row {} does not fit into the heap", row + 1)))?;
        }
        raw.info =
            raw::HduInfo::BinaryTable { naxis1: *row_bytes, naxis2: *rows, pcount: heap_bytes, tfields: columns.len() };
        raw.cards.extend(number("THEAP", hdu.header()));
        let arrays = bintable::read_binary_column_vla(&data, &raw, index).map_err(|e| self.bad(hdu, &e))?;
        numbers(arrays).ok_or_else(|| refuse(format!("format {} does not hold plain numbers", column.form)))
    }
}

/// How many elements a variable-length array has, and where it begins in the heap.
fn array_descriptor(bytes: &[u8], wide: bool) -> Option<(usize, usize)> {
    if wide {
        let read = |at: usize| Some(u64::from_be_bytes(bytes.get(at..at + 8)?.try_into().ok()?));
        Some((usize::try_from(read(0)?).ok()?, usize::try_from(read(8)?).ok()?))
    } else {
        let read = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        Some((usize::try_from(read(0)?).ok()?, usize::try_from(read(4)?).ok()?))
    }
}

/// Variable-length arrays as numbers, `None` when they hold something else.
fn numbers(arrays: BinaryColumnData) -> Option<Vec<Vec<f64>>> {
    fn all<T: Copy>(rows: Vec<Vec<T>>, number: impl Fn(T) -> f64) -> Vec<Vec<f64>> {
        rows.into_iter().map(|row| row.into_iter().map(&number).collect()).collect()
    }
    Some(match arrays {
        BinaryColumnData::VarByte(rows) => all(rows, f64::from),
        BinaryColumnData::VarShort(rows) => all(rows, f64::from),
        BinaryColumnData::VarInt(rows) => all(rows, f64::from),
        BinaryColumnData::VarLong(rows) => all(rows, |n| n as f64),
        BinaryColumnData::VarFloat(rows) => all(rows, f64::from),
        BinaryColumnData::VarDouble(rows) => rows,
        _ => return None,
    })
}
