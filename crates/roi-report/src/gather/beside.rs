//! FITS files of what a page shows, beside the page.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::input::report_input::{BesideFile, Problem};

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

    /// Writes what was found of a source, or of the whole region for an empty name. A file that cannot be written is a remark: what was found took long, and the
    /// page shows it without.
    pub(crate) fn add<E: Display>(
        &mut self,
        (source, what): (&str, &str),
        problems: &mut Vec<Problem>,
        write: impl FnOnce(&Path) -> std::result::Result<(), E>,
    ) {
        let Some(Beside { folder, name }) = self.beside else { return };
        let file = self.name_of(what, source);
        match write(&folder.join(&file)) {
            Ok(()) => self.files.push(BesideFile::new(source, what, format!("{name}/{file}"))),
            Err(error) => problems.push(Problem::new(source, format!("FITS file of the {what}"), error.to_string())),
        }
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
        let mut problems = Vec::new();
        for source in ["Mkn 421", "mkn/421", "../x", ""] {
            written.add((source, "spectrum"), &mut problems, |path| std::fs::write(path, source));
        }
        // One that cannot be written is told, and costs no other.
        written.add(("y", "width"), &mut problems, |_| Err("the disk is full"));
        assert_eq!(problems, [Problem::new("y", "FITS file of the width", "the disk is full")]);
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
        none.add(("x", "spectrum"), &mut problems, |_| Err("written"));
        assert!(none.into_files().is_empty() && problems.len() == 1);
    }
}
