//! What an analysis writes: the model as XML, and text files that are either whole or not there.

use std::io::Write;
use std::path::Path;

use roi_model::source::Source;

use crate::analysis::Analysis;
use crate::error::{Error, Result};

impl Analysis {
    /// Writes the model as a fermitools source library, and its priors beside it (see [`lat_io::priors`]).
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn write_xml(&self, path: &Path) -> Result<()> {
        self.write_sources(path, self.roi.sources())
    }

    /// Writes the model as a component has it: with its own templates, and without the sources that it lacks.
    pub(crate) fn write_component_xml(&self, component: usize, path: &Path) -> Result<()> {
        match self.component_models.get(component) {
            Some(model) => self.write_sources(path, &model.sources(&self.roi)?),
            None => self.write_xml(path),
        }
    }

    /// Writes the XML, and beside it what it cannot hold: priors, and spectral tables that were made here.
    fn write_sources(&self, path: &Path, sources: &[Source]) -> Result<()> {
        for spectrum in sources.iter().map(Source::spectrum) {
            if let (Some(file), [table, ..]) = (spectrum.file(), spectrum.file_tables())
                && self.own_tables.contains(file)
            {
                write_text(&path.with_file_name(file), &table.to_text())?;
            }
        }
        write_text(path, &roi_model::xml::write(self.roi.title(), sources)?)?;
        let priors = lat_io::priors::beside(path);
        match lat_io::priors::to_yaml(sources) {
            Some(text) => write_text(&priors, &text),
            // Those of an earlier model would be taken for those of this one.
            None if priors.exists() => write_text(&priors, "{}\n"),
            None => Ok(()),
        }
    }
}

/// Writes a text file under a temporary name beside its place and renames it, so that a reader never sees half of it.
///
/// # Errors
/// [`Error::Write`].
pub fn write_text(path: &Path, text: &str) -> Result<()> {
    let failed = |source| Error::Write { path: path.to_owned(), source };
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let temporary = path.with_file_name(name);
    let written = std::fs::File::create(&temporary).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)
    });
    if written.is_err() {
        // The error that counts is the one above; a file that was never made cannot be removed.
        let _ = std::fs::remove_file(&temporary);
    }
    written.map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_leaves_no_trace() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("result.json");
        write_text(&path, "one").unwrap();
        write_text(&path, "two").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
        let error = write_text(&dir.path().join("missing/result.json"), "x").unwrap_err().to_string();
        assert!(error.contains("missing/result.json"), "{error}");
    }
}
