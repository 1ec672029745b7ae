//! Files that are no YAML.

/// What a file is that is taken for a configuration by mistake.
pub(super) fn other_kind(bytes: &[u8]) -> Option<&'static str> {
    match bytes.trim_ascii_start() {
        [b'<', ..] => Some("an XML file"),
        [b'S', b'I', b'M', b'P', b'L', b'E', b' ', b' ', b'=', ..] => Some("a FITS file"),
        [0x1f, 0x8b, ..] => Some("a file compressed by gzip"),
        _ => None,
    }
}
