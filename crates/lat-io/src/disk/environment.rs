//! The environment variables in paths.

use crate::error::{Error, Result};

/// Replaces every `$(NAME)`, `${NAME}` and `$NAME` by the environment variable `NAME`, as the LAT tools and fermipy do in file names.
///
/// # Errors
/// When a variable is not set. A `$` that no name follows is left as it is.
///
/// ```
/// assert_eq!(lat_io::expand_environment("iso.txt")?, "iso.txt");
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
