//! Columns of a catalog table: texts without padding, numbers in MeV.

use crate::error::{Error, Result};
use crate::fits::{FitsFile, Hdu};

pub(super) struct Table<'a> {
    file: &'a FitsFile,
    hdu: &'a Hdu,
    rows: usize,
}

impl<'a> Table<'a> {
    /// # Errors
    /// When the HDU is no table.
    pub(super) fn new(file: &'a FitsFile, hdu: &'a Hdu) -> Result<Self> {
        let no_table = || Error::Shape {
            path: file.path().to_owned(),
            hdu: hdu.label(),
            found: hdu.shape(),
            expected: "a table of sources".into(),
        };
        Ok(Self { file, hdu, rows: hdu.table_rows().ok_or_else(no_table)? })
    }

    pub(super) fn has(&self, column: &str) -> bool {
        self.hdu.column_names().any(|name| name.eq_ignore_ascii_case(column))
    }

    /// The column of the names: preliminary lists have nick names alone.
    pub(super) fn name_column(&self) -> &'static str {
        if self.has("Source_Name") { "Source_Name" } else { "NickName" }
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// One number a row.
    pub(super) fn numbers(&self, column: &str) -> Result<Vec<f64>> {
        let numbers = self.file.read_column(self.hdu, column)?;
        if numbers.len() == self.rows() {
            Ok(numbers)
        } else {
            Err(self.bad(column, format!("{} numbers in {} rows, expected one a row", numbers.len(), self.rows())))
        }
    }

    /// One energy a row, in MeV whatever the unit.
    pub(super) fn energies(&self, column: &str) -> Result<Vec<f64>> {
        let factor = if self.is_per_gev(column) { 1e3 } else { 1.0 };
        Ok(self.numbers(column)?.into_iter().map(|energy| energy * factor).collect())
    }

    /// One flux density a row, per MeV whatever the unit.
    pub(super) fn densities(&self, column: &str) -> Result<Vec<f64>> {
        let divisor = if self.is_per_gev(column) { 1e3 } else { 1.0 };
        Ok(self.numbers(column)?.into_iter().map(|density| density / divisor).collect())
    }

    fn is_per_gev(&self, column: &str) -> bool {
        self.hdu.column_unit(column).is_some_and(|unit| unit.to_ascii_lowercase().contains("gev"))
    }

    /// One text a row, blanks around it removed.
    pub(super) fn texts(&self, column: &str) -> Result<Vec<String>> {
        let texts = self.file.read_text_column(self.hdu, column)?;
        if texts.len() != self.rows() {
            return Err(self.bad(column, format!("{} texts in {} rows", texts.len(), self.rows())));
        }
        Ok(texts
            .into_iter()
            .map(|text| text.trim_matches(|c: char| c == '\0' || c.is_whitespace()).to_owned())
            .collect())
    }

    /// As [`Table::texts`], `None` when there is no such column.
    pub(super) fn optional_texts(&self, column: &str) -> Result<Option<Vec<String>>> {
        if self.has(column) { self.texts(column).map(Some) } else { Ok(None) }
    }

    pub(super) fn bad(&self, column: &str, reason: String) -> Error {
        Error::Column { path: self.file.path().to_owned(), hdu: self.hdu.label(), column: column.to_owned(), reason }
    }
}
