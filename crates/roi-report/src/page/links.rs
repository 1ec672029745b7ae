//! Links to files that lie beside the page.

use std::fmt::Write as _;

use crate::input::report_input::ReportInput;

/// A link.
pub(crate) struct Link {
    pub(crate) text: String,
    pub(crate) href: String,
}

/// Those of a source; of the whole region for an empty name.
pub(crate) fn links(input: &ReportInput, source: &str) -> Vec<Link> {
    let own = input.files.iter().filter(|file| file.source == source);
    own.map(|file| Link { text: format!("{} ({})", file.what, file.path), href: reference(&file.path) }).collect()
}

/// A relative path as a reference (RFC 3986): `./` before it, so that no name is taken for a scheme, and all but plain characters as percent codes.
fn reference(path: &str) -> String {
    let mut reference = "./".to_owned();
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => reference.push(byte.into()),
            byte => {
                // Writing to a String cannot fail.
                let _ = write!(reference, "%{byte:02X}");
            }
        }
    }
    reference
}

#[cfg(test)]
mod tests {
    use super::reference;

    #[test]
    fn names_with_anything_are_one_reference() {
        assert_eq!(reference("page_files/sed_3C 279.fits"), "./page_files/sed_3C%20279.fits");
        assert_eq!(reference("javascript:alert(1)"), "./javascript%3Aalert%281%29");
        assert_eq!(reference("\u{3b3}+\"#?.fits"), "./%CE%B3%2B%22%23%3F.fits");
    }
}
