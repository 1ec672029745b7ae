//! Large texts in small: compressed, and as letters that a page can hold. The page unpacks them.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::error::Result;

/// The script that draws figures, packed when this crate was built.
pub(crate) const SCRIPT: &str = include_str!(concat!(env!("OUT_DIR"), "/plotly.js.gz.b64"));

/// A text, packed. The same text gives the same letters.
pub(crate) fn packed(text: &str) -> Result<String> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes())?;
    Ok(STANDARD.encode(encoder.finish()?))
}

/// The text in packed letters, for tests.
#[cfg(test)]
pub(crate) fn unpacked(letters: &str) -> String {
    let bytes = STANDARD.decode(letters.trim()).unwrap();
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&bytes[..]), &mut text).unwrap();
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_unpacked_and_the_script_is_the_library() {
        let text = "{\"z\":[[1,2,null]]}".repeat(50);
        let letters = packed(&text).unwrap();
        assert!(letters.len() < text.len() / 4 && letters == packed(&text).unwrap());
        assert_eq!(unpacked(&letters), text);
        let script = unpacked(SCRIPT);
        assert!(script.contains("plotly.js v3") && script.contains("Licensed under the MIT license"));
        // The element that writes formulas is left out.
        assert!(
            script.len() < 5_000_000 && SCRIPT.len() < 2_100_000 && !script.contains("<script"),
            "{}",
            SCRIPT.len()
        );
    }
}
