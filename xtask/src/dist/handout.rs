//! What all parts know of what is handed out, and how they write it.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::linkage::Linkage;
use crate::error::Error;
use crate::repository::project::{self, Project};
use crate::repository::text_file::TextFile;

/// What is handed out, of which version, for which machine, and where it is put.
pub(super) struct Dist<'a> {
    pub(super) project: &'a Project,
    pub(super) files: &'a [TextFile],
    pub(super) version: &'a str,
    pub(super) linkage: Linkage,
    pub(super) folder: PathBuf,
}

impl Dist<'_> {
    /// `roi-fit-VERSION`
    pub(super) fn name(&self) -> String {
        format!("roi-fit-{}", self.version)
    }

    /// `roi-fit-VERSION-TARGET`: the folder of the program and all that belongs beside it, which becomes its archive.
    pub(super) fn bundle(&self) -> String {
        format!("{}-{}", self.name(), self.linkage.target)
    }

    /// A folder below that of the bundle, made if it is not there.
    pub(super) fn in_bundle(&self, name: &str) -> Result<PathBuf, Error> {
        made(self.folder.join(self.bundle()).join(name))
    }

    /// The program, which must have been made.
    pub(super) fn program(&self) -> Result<PathBuf, Error> {
        let path = self.folder.join(self.bundle()).join(file_name());
        let missing =
            Error::Missing { what: "the program in TARGET/dist", remedy: "make it first: cargo xtask dist program" };
        if path.exists() { Ok(path) } else { Err(missing) }
    }
}

/// The program's, on this system.
pub(super) fn file_name() -> String {
    format!("roi-fit{}", env::consts::EXE_SUFFIX)
}

/// A folder, made if it is not there.
pub(super) fn made(folder: PathBuf) -> Result<PathBuf, Error> {
    fs::create_dir_all(&folder).map_err(|source| Error::Write { path: folder.display().to_string(), source })?;
    Ok(folder)
}

pub(super) fn copied(from: &Path, to: &Path) -> Result<(), Error> {
    fs::copy(from, to).map_err(|source| Error::Write { path: to.display().to_string(), source })?;
    Ok(())
}

pub(super) fn written(path: &Path, text: &str) -> Result<(), Error> {
    fs::write(path, text).map_err(|source| Error::Write { path: path.display().to_string(), source })
}

/// What a command prints when it succeeds.
pub(super) fn printed(command: &mut Command, what: &str) -> Result<String, Error> {
    let failed =
        || Error::Failed { program: what.to_owned(), status: "it reported failure or printed no text".to_owned() };
    project::output(command).filter(|text| !text.is_empty()).ok_or_else(failed)
}
