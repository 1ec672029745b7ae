//! Source maps that were made are kept beside the other products, so that they are there the next time.

use std::path::PathBuf;

use likelihood_core::SourceMap;
use roi_model::Source;

use super::assemble::Component;
use super::map_file::NewMapFile;
use super::maps::MapPlace;
use crate::config::Config;
use crate::error::Error;

/// Keeps the maps of a component while they are made, see [`Component::map_place`]. A place that cannot be written is no error, but a warning
/// in the log: the maps are made again the next time.
#[derive(Debug)]
pub struct MapKeeper<'a> {
    file: Option<(NewMapFile<'a>, PathBuf)>,
    made: usize,
}

impl<'a> MapKeeper<'a> {
    /// Begins the file of the maps of `sources`, of which `unmade` ([`Component::unmade`]) are to be made; without any of these, and where the
    /// present file is another program's, nothing is kept.
    pub fn new(component: &'a Component, config: &Config, sources: &'a [Source], unmade: &'a [Source]) -> Self {
        let made = unmade.len();
        if made == 0 {
            return Self { file: None, made };
        }
        let MapPlace::Ours(path) = component.map_place(config) else {
            tracing::info!(
                "component '{}': {made} source map(s) are made and not kept, as the source map file is another program's",
                component.name,
            );
            return Self { file: None, made };
        };
        let file = NewMapFile::create(component, &path, sources, unmade).map_err(|error| lost(&error)).ok();
        Self { file: file.map(|file| (file, path)), made }
    }

    /// Keeps a map, as [`Component::make_source_maps`] gives them.
    pub fn add(&mut self, source: &Source, map: &SourceMap) {
        if let Some((file, _)) = &mut self.file
            && let Err(error) = file.add(source, map)
        {
            lost(&error);
            self.file = None;
        }
    }

    /// Puts the file in its place.
    pub fn finish(self) {
        if let Some((file, path)) = self.file {
            match file.finish() {
                Ok(()) => tracing::info!("{} source map(s) made, kept in '{}'", self.made, path.display()),
                Err(error) => lost(&error),
            }
        }
    }
}

fn lost(error: &Error) {
    tracing::warn!("the source maps are not kept: {error}");
}
