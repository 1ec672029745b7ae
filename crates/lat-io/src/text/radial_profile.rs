//! Radial profiles in text, the templates of `RadialProfile` sources.

use std::path::Path;

use lat_response::RadialProfile;

use crate::disk::read_text;
use crate::error::{Error, Result};

/// Reads a profile: one row a line, separation in degrees and value, parted by blanks or commas. Further columns, empty lines and lines that
/// start with `#` are skipped.
///
/// # Errors
/// When the file is missing or no text, a line is no row, or the profile cannot be.
pub fn read_radial_profile(path: &Path) -> Result<RadialProfile> {
    let text = read_text(path)?;
    let (mut thetas, mut values) = (Vec::new(), Vec::new());
    for (line, content) in (1..).zip(text.lines()) {
        let content = content.trim();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let mut words = content.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty());
        let mut number = |what: &str| {
            let word = words.next().unwrap_or("nothing");
            word.parse::<f64>().map_err(|_| Error::TextTable {
                path: path.to_owned(),
                line,
                reason: format!("found '{word}' for {what}, expected a row: separation (deg) value"),
            })
        };
        thetas.push(number("the separation")?);
        values.push(number("the value")?);
    }
    RadialProfile::new("profile", thetas, values)
        .map_err(|source| Error::Template { path: path.to_owned(), source: Box::new(source) })
}
