//! Products that are written to be looked at: nobody takes them up without being told to.

use std::path::Path;

use crate::fits::{FitsFile, Header};

/// The keyword of the first header that marks them.
const KEYWORD: &str = "FORPEOPL";

/// The first header of such a file.
pub(crate) fn for_people() -> Header {
    let mut header = Header::default();
    header.set(KEYWORD, true, "to be looked at; taken up only where it is named");
    header
}

/// Whether a file was written to be looked at: a PSF of one direction, a matrix with other bins than an analysis needs. A file that cannot be read was not.
pub fn is_for_people(path: &Path) -> bool {
    FitsFile::open(path).is_ok_and(|file| {
        let primary = file.hdus().first();
        primary.is_some_and(|hdu| hdu.header().cards().iter().any(|card| card.keyword == KEYWORD))
    })
}
