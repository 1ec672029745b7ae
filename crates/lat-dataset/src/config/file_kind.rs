//! Files that are given in the place of others.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use serde_json::{Map, Value};

/// Bytes that tell what all but JSON is.
const BEGIN: u64 = 64;

/// What a file is, as far as its first bytes, or the keys of its JSON, tell; and where it is to be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileKind {
    /// XML: a source model.
    Xml,
    /// FITS: counts, maps, photons.
    Fits,
    /// Compressed by gzip.
    Gzip,
    /// An analysis that was saved (`--write-roi PREFIX`): its JSON.
    SavedAnalysis,
    /// What a command has found (`--json FILE`).
    CommandResult,
}

impl FileKind {
    /// Of a file with these bytes; `None` for another: YAML, or a text of any kind.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes.trim_ascii_start() {
            [b'<', ..] => Some(Self::Xml),
            [b'S', b'I', b'M', b'P', b'L', b'E', b' ', b' ', b'=', ..] => Some(Self::Fits),
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            [b'{', ..] => Self::of_json(&serde_json::from_slice(bytes).ok()?),
            _ => None,
        }
    }

    /// Of a file; `None` also for one that cannot be read, which is told where it is read. Of all but JSON the first bytes are read alone.
    pub fn of_file(path: &Path) -> Option<Self> {
        let mut begin = Vec::new();
        File::open(path).ok()?.take(BEGIN).read_to_end(&mut begin).ok()?;
        if begin.trim_ascii_start().starts_with(b"{") { Self::of(&std::fs::read(path).ok()?) } else { Self::of(&begin) }
    }

    /// A configuration may be written as JSON, too: its keys are sections, of which none is called so.
    fn of_json(object: &Map<String, Value>) -> Option<Self> {
        if object.get("state").is_some_and(|state| state["format"].is_u64()) {
            return Some(Self::SavedAnalysis);
        }
        ["provenance", "loglike", "fit_success"]
            .iter()
            .any(|key| object.contains_key(*key))
            .then_some(Self::CommandResult)
    }

    /// Where it is to be given, instead of where it was.
    pub fn place(self) -> &'static str {
        match self {
            Self::Xml => "a source model is given with --model, or named by files.xml of a configuration",
            Self::Fits | Self::Gzip => {
                "products and event files are named by the sections 'files' and 'data' of a configuration"
            }
            Self::SavedAnalysis => "it is given with --model, beside its configuration",
            Self::CommandResult => {
                "no command reads it: what a fit has found is saved by --write-roi PREFIX or --xml FILE, and PREFIX.json or FILE given with --model"
            }
        }
    }
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Xml => "an XML file",
            Self::Fits => "a FITS file",
            Self::Gzip => "a file compressed by gzip",
            Self::SavedAnalysis => "a saved analysis",
            Self::CommandResult => "the result of a command (--json)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::FileKind;

    #[test]
    fn files_are_told_apart_by_what_they_hold_and_configurations_are_none_of_them() {
        for (text, expected) in [
            (" <?xml version=\"1.0\"?>", Some(FileKind::Xml)),
            ("SIMPLE  =                    T", Some(FileKind::Fits)),
            ("{\"state\": {\"format\": 2}, \"roi\": {}}", Some(FileKind::SavedAnalysis)),
            ("{\"loglike\": 1.0, \"provenance\": {}}", Some(FileKind::CommandResult)),
            ("{\"selection\": {\"emin\": 100}, \"fileio\": {}}", None),
            ("{selection: {emin: 100}}", None),
            ("selection:\n  emin: 100", None),
            ("", None),
        ] {
            assert_eq!(FileKind::of(text.as_bytes()), expected, "{text}");
        }
        assert_eq!(FileKind::of(&[0x1f, 0x8b, 8]), Some(FileKind::Gzip));
    }
}
