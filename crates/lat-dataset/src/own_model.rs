//! Source models that are written here to be looked at: as long as nobody changes them, the configuration is what tells the model.

use std::path::Path;

use crate::error::Result;

/// Begins the last line of such a file, a comment that tells the digest of all before it.
const MARK: &str = "<!-- written by roi-fit prepare, and read by it once it is changed: ";
const END: &str = " -->\n";

/// The text of a file for an XML.
pub(crate) fn marked(xml: &str) -> String {
    format!("{xml}{MARK}{}{END}", lat_io::digest_of_bytes(xml.as_bytes()))
}

/// Whether a file was written here and is as it was.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn is_untouched(path: &Path) -> Result<bool> {
    Ok(is_marked(&lat_io::read_text(path)?))
}

fn is_marked(text: &str) -> bool {
    let Some((xml, mark)) = text.rfind(MARK).map(|at| text.split_at(at)) else { return false };
    mark.strip_prefix(MARK).and_then(|rest| rest.strip_suffix(END)) == Some(&lat_io::digest_of_bytes(xml.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_seen() {
        let text = marked("<source_library/>\n");
        assert!(is_marked(&text) && text.starts_with("<source_library/>\n<!-- "));
        assert!(!is_marked("<source_library/>\n") && !is_marked(""));
        assert!(!is_marked(&text.replace("library", "libraries")));
        assert!(!is_marked(&format!("{text}\n")));
    }
}
