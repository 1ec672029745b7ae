//! The keywords of one HDU, for readers that check many of them.

use crate::error::Error;
use crate::fits::{FitsFile, Hdu};

/// The keywords of one HDU.
pub(crate) struct Keywords<'a> {
    pub(crate) file: &'a FitsFile,
    pub(crate) hdu: &'a Hdu,
}

impl Keywords<'_> {
    /// The error that a keyword is missing or not what is expected.
    pub(crate) fn wrong(&self, keyword: &str, expected: &'static str) -> Error {
        Error::Keyword {
            path: self.file.path().to_owned(),
            hdu: self.hdu.label(),
            keyword: keyword.to_owned(),
            found: self.hdu.header().get(keyword).map_or("missing".to_owned(), ToString::to_string),
            expected,
        }
    }
}
