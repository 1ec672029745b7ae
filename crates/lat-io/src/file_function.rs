//! Spectrum tables in text (isotropic templates), and the environment variables in the paths that name them.

use std::path::Path;

use roi_model::spectrum::FileTable;

use crate::error::{Error, Result};

/// Reads a table of energy (MeV) and dN/dE, as the isotropic templates of the LAT come.
///
/// # Errors
/// When the file is missing, is not text, or is no table of positive energies in increasing order.
pub fn read(path: &Path) -> Result<FileTable> {
    let text = read_text(path)?;
    FileTable::parse(&text).map_err(|source| Error::model(path, source))
}

/// Replaces every `$(NAME)`, `${NAME}` and `$NAME` by the environment variable `NAME`, as the LAT tools and fermipy do in file names.
///
/// # Errors
/// When a variable is not set. A `$` that no name follows is left as it is.
///
/// ```
/// assert_eq!(lat_io::file_function::expand_environment("iso.txt")?, "iso.txt");
/// # Ok::<(), lat_io::Error>(())
/// ```
pub fn expand_environment(text: &str) -> Result<String> {
    expand(text, |name| std::env::var(name).ok())
}

fn expand(text: &str, variable: impl Fn(&str) -> Option<String>) -> Result<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let Some((name, behind)) = name_of(after) else {
            out.push('$');
            rest = after;
            continue;
        };
        let value =
            variable(name).ok_or_else(|| Error::Environment { text: text.to_owned(), name: name.to_owned() })?;
        out.push_str(&value);
        rest = behind;
    }
    out.push_str(rest);
    Ok(out)
}

/// The name that follows a `$`, and what comes after it.
fn name_of(text: &str) -> Option<(&str, &str)> {
    if let Some(inside) = text.strip_prefix('(') {
        return inside.split_once(')');
    }
    if let Some(inside) = text.strip_prefix('{') {
        return inside.split_once('}');
    }
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len());
    text.split_at_checked(end).filter(|(name, _)| name.starts_with(|c: char| !c.is_ascii_digit()))
}

/// The text of a UTF-8 file.
pub(crate) fn read_text(path: &Path) -> Result<String> {
    text_of(path, std::fs::read(path).map_err(|source| Error::io("read", path, source))?)
}

/// The text of the bytes of a UTF-8 file.
pub(crate) fn text_of(path: &Path, bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes)
        .map_err(|error| Error::NotText { path: path.to_owned(), offset: error.utf8_error().valid_up_to() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_replaced_and_missing_ones_named() {
        let known = |name: &str| (name == "DIFF").then(|| "/data".to_owned());
        assert_eq!(expand("$(DIFF)/a$(DIFF).txt", known).unwrap(), "/data/a/data.txt");
        assert_eq!(expand("$DIFF/a${DIFF}b$DIFF", known).unwrap(), "/data/a/datab/data");
        assert_eq!(expand("a$(open", known).unwrap(), "a$(open");
        assert_eq!(expand("a${open$1$", known).unwrap(), "a${open$1$");
        assert_eq!(expand("", known).unwrap(), "");
        let error = expand("$(NOPE)/iso.txt", known).unwrap_err();
        assert!(matches!(&error, Error::Environment { name, .. } if name == "NOPE"), "{error}");
    }
}
