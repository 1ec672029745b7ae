//! FITS files of what a page shows, beside the page.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::input::report_input::BesideFile;

/// A folder beside a page.
///
/// ```
/// let beside = roi_report::Beside::of("results/mkn421.html".as_ref());
/// assert_eq!(beside.folder(), std::path::Path::new("results/mkn421_files"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beside {
    folder: PathBuf,
    name: String,
}

impl Beside {
    /// The folder of a page: its name without the ending, and `_files`.
    pub fn of(page: &Path) -> Self {
        let stem = page.file_stem().unwrap_or_default().to_string_lossy();
        let name = format!("{stem}_files");
        Self { folder: page.with_file_name(&name), name }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// The files that are written.
pub(crate) struct Written<'a> {
    beside: Option<&'a Beside>,
    names: BTreeSet<String>,
    files: Vec<BesideFile>,
}

impl<'a> Written<'a> {
    /// Makes the folder, if files are asked for.
    pub(crate) fn new(beside: Option<&'a Beside>) -> Result<Self> {
        if let Some(Beside { folder, .. }) = beside {
            std::fs::create_dir_all(folder).map_err(|source| Error::Folder { path: folder.clone(), source })?;
        }
        Ok(Self { beside, names: BTreeSet::new(), files: Vec::new() })
    }

    /// Writes what was found of a source, or of the whole region for an empty name.
    pub(crate) fn add<E>(
        &mut self,
        (source, what): (&str, &str),
        write: impl FnOnce(&Path) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let Some(Beside { folder, name }) = self.beside else { return Ok(()) };
        let file = self.name_of(what, source);
        write(&folder.join(&file))?;
        self.files.push(BesideFile::new(source, what, format!("{name}/{file}")));
        Ok(())
    }

    /// A name of its own, of characters that stand in file names everywhere.
    fn name_of(&mut self, what: &str, source: &str) -> String {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
        let words = [what, source].into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join("_");
        let plain: String = words.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
        let numbered = (1..).map(|n| if n == 1 { format!("{plain}.fits") } else { format!("{plain}_{n}.fits") });
        // File names of some systems do not tell large letters from small ones.
        let free = numbered.into_iter().find(|name| !self.names.contains(&name.to_lowercase())).unwrap_or_default();
        self.names.insert(free.to_lowercase());
        free
    }

    pub(crate) fn into_files(self) -> Vec<BesideFile> {
        self.files
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_source_has_a_file_of_its_own_whatever_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let beside = Beside::of(&folder.path().join("page.html"));
        let mut written = Written::new(Some(&beside)).unwrap();
        for source in ["Mkn 421", "mkn/421", "../x", ""] {
            written.add((source, "spectrum"), |path| std::fs::write(path, source)).unwrap();
        }
        let files = written.into_files();
        let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "page_files/spectrum_Mkn_421.fits",
                "page_files/spectrum_mkn_421_2.fits",
                "page_files/spectrum_.._x.fits",
                "page_files/spectrum.fits"
            ]
        );
        for file in &files {
            assert_eq!(std::fs::read_to_string(folder.path().join(&file.path)).unwrap(), file.source);
        }
        let mut none = Written::new(None).unwrap();
        none.add(("x", "spectrum"), |_| Err("written")).unwrap();
        assert!(none.into_files().is_empty());
    }
}
