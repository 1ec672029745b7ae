//! Filter expressions on a spacecraft file.

use std::sync::LazyLock;

use lat_events::{Error, Filter};
use lat_io::SpacecraftFile;

use crate::fits::events;

/// Words of the language.
pub(crate) const WORDS: &[&str] = &[
    "&&",
    "||",
    "==",
    "!=",
    "<=",
    ">=",
    "**",
    "^",
    "%",
    "!",
    "(",
    ")",
    ",",
    ".and.",
    ".or.",
    ".not.",
    ".eq.",
    ".ne.",
    ".gt.",
    ".lt.",
    ".ge.",
    ".le.",
    "T",
    "F",
    "1e308",
    "0.5",
    "ABS(",
    "ANGSEP(",
    "MIN(",
    "SQRT(",
    "ARCTAN2(",
    "DATA_QUAL",
    "LAT_CONFIG",
    "ROCK_ANGLE",
    "IN_SAA",
    "START",
    "STOP",
    "RA_ZENITH",
];

/// A file of two rows, read once.
static FILE: LazyLock<SpacecraftFile> = LazyLock::new(|| {
    let opened = || -> Result<SpacecraftFile, Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        // A gzip file is held in memory, and outlives its folder.
        let path = folder.path().join("spacecraft.fits.gz");
        events::spacecraft(&path)?;
        Ok(SpacecraftFile::open(&path)?)
    };
    opened().unwrap_or_else(|error| panic!("no spacecraft file: {error}"))
});

/// Understands the text, or tells the place of the fault; what it understands it understands again.
pub(crate) fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    match Filter::compile(&text, &FILE) {
        Ok(filter) => {
            assert_eq!(filter.text(), text);
            let again = Filter::compile(filter.text(), &FILE).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(again.columns(), filter.columns());
        }
        Err(Error::Filter { position, reason, .. }) => {
            assert!(position <= text.chars().count() && !reason.is_empty(), "{text}: {position} {reason}");
        }
        Err(error) => panic!("{text}: {error}"),
    }
}

/// Filters that people use.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    [
        "DATA_QUAL>0 && LAT_CONFIG==1 && ABS(ROCK_ANGLE)<52",
        "(DATA_QUAL>0)&&(LAT_CONFIG==1)&&(IN_SAA!=T)",
        "ANGSEP(RA_ZENITH,DEC_ZENITH,83.63,22.01)<105 .and. .not. IN_SAA",
        "(START>3e8||STOP<2e8) && MIN(LIVETIME,30)/(STOP-START) >= 0.5",
        "2**3^-1 % 4 - 1 != SQRT(2) .or. F",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}
