//! What the root `Cargo.toml` says of all crates.

use crate::repository::finding::Finding;
use crate::repository::text_file::TextFile;

const MANIFEST: &str = "Cargo.toml";
const SECTION: &str = "workspace.package";

/// What all crates have in common; other files that repeat it are compared with this.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Workspace<'a> {
    pub(crate) version: &'a str,
    /// Where the repository stands on the web, without a slash at its end.
    pub(crate) repository: &'a str,
    pub(crate) rust_version: &'a str,
}

impl<'a> Workspace<'a> {
    pub(crate) fn of(files: &'a [TextFile]) -> Result<Self, Finding> {
        let manifest = files.iter().find(|file| file.path == MANIFEST).map_or("", |file| file.text.as_str());
        let value = |key: &str| {
            let message = || format!("[{SECTION}] does not say its `{key}`");
            let found = entry(manifest, SECTION, key).map(|(_, value)| value.trim_matches('"'));
            found.ok_or_else(|| Finding { path: MANIFEST.to_owned(), line: 1, message: message() })
        };
        Ok(Self { version: value("version")?, repository: value("repository")?, rust_version: value("rust-version")? })
    }
}

/// The line and the value of `key = value` or `key.workspace = value` in a section of a manifest.
pub(crate) fn entry<'a>(manifest: &'a str, section: &str, key: &str) -> Option<(usize, &'a str)> {
    let mut inside = false;
    for (index, line) in manifest.lines().enumerate() {
        let line = line.trim();
        if line.starts_with('[') {
            inside = line == format!("[{section}]");
        } else if let (true, Some((name, value))) = (inside, line.split_once('='))
            && name.trim().split('.').next() == Some(key)
            && !value.trim().trim_matches(['"', '[', ']', ' ']).is_empty()
        {
            return Some((index + 1, value.trim()));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_all_crates_share_is_read_from_the_root() {
        let text = "[workspace]\nversion = \"9\"\n[workspace.package]\nversion = \"1.2.3\"\nrust-version = \"1.95\"\n\
                    repository = \"https://x.org/r\"\n[other]\nversion = \"8\"\n";
        let files = [TextFile { path: "Cargo.toml".to_owned(), text: text.to_owned() }];
        let workspace = Workspace::of(&files).unwrap();
        assert_eq!((workspace.version, workspace.rust_version), ("1.2.3", "1.95"));
        assert_eq!(workspace.repository, "https://x.org/r");
        assert!(Workspace::of(&[]).unwrap_err().message.contains("version"));
    }
}
