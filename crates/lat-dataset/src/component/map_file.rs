//! The source map file of a component, written while maps are made: these, and between them the maps of the present file that stand.

use std::collections::HashSet;
use std::path::Path;

use likelihood_core::SourceMap;
use roi_model::Source;

use super::assemble::Component;
use crate::error::Result;
use lat_io::{MapOrigin, SourceMapWriter};

/// A source map file in the making. Maps lie in it in the order of the region's sources.
#[derive(Debug)]
pub struct NewMapFile<'a> {
    component: &'a Component,
    writer: SourceMapWriter<'a>,
    /// The sources of the region that are still to be written.
    rest: std::vec::IntoIter<&'a Source>,
    /// Those of them whose maps are made, by name.
    made: HashSet<&'a str>,
}

impl<'a> NewMapFile<'a> {
    /// Begins a file of the maps of `sources`, of which `unmade` ([`Component::unmade`]) are to be made. The output directory (`fileio.outdir`) is made
    /// if the file lies there.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn create(component: &'a Component, path: &Path, sources: &'a [Source], unmade: &'a [Source]) -> Result<Self> {
        let present = |source: &&Source| !component.model.is_absent(source.name());
        if path.parent() == Some(component.outdir.as_path()) {
            lat_io::create_directory(&component.outdir)?;
        }
        Ok(Self {
            component,
            writer: SourceMapWriter::create(path, &component.counts)?,
            rest: sources.iter().filter(present).collect::<Vec<_>>().into_iter(),
            made: unmade.iter().map(Source::name).collect(),
        })
    }

    /// Adds a map that was made, as [`Component::make_source_maps`] gives them: in the order of the sources.
    ///
    /// # Errors
    /// When the file cannot be written, or a map of the present file cannot be read.
    pub fn add(&mut self, source: &Source, map: &SourceMap) -> Result<()> {
        self.keep_to(Some(source.name()))?;
        let inputs = Some(self.component.inputs(source)?);
        Ok(self.writer.add(source.name(), map, &MapOrigin { inputs, exposure_scale: 1.0 })?)
    }

    /// Adds the maps of the present file that are left, and puts the new file in its place.
    ///
    /// # Errors
    /// As [`NewMapFile::add`].
    pub fn finish(mut self) -> Result<()> {
        self.keep_to(None)?;
        Ok(self.writer.finish()?)
    }

    /// Copies maps of the present file until the one of this name.
    fn keep_to(&mut self, name: Option<&str>) -> Result<()> {
        for source in self.rest.by_ref() {
            if Some(source.name()) == name {
                break;
            }
            if self.made.contains(source.name()) {
                continue;
            }
            let file = self.component.stored_in(source.name())?;
            self.writer.add(source.name(), &file.read(source.name())?, &file.origin(source.name()))?;
        }
        Ok(())
    }
}
