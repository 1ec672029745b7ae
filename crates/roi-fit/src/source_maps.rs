//! The source maps of a region: read where files hold them, made where they do not, and kept so that they are made once.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use lat_io::{Component, Config, Loaded};
use likelihood_core::{BinnedLikelihood, SourceMap};
use roi_model::source::Source;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::progress::{Event, Progress};

/// How source maps are made by [`make_source_maps`].
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct MakeOptions {
    /// Where the file goes; by default `srcmap_NAME.fits` in the output directory, or the present file if it was made here. With several
    /// components, `_NAME` is added before the ending.
    pub out: Option<PathBuf>,
    /// As accurate as the inputs instead of as gtsrcmaps makes them: [`lat_response::Parity::Accurate`].
    pub accurate: bool,
    /// Make all maps anew, also those that stand.
    pub all: bool,
}

/// What [`make_source_maps`] did for one component.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct MadeMaps {
    /// The component.
    pub component: String,
    /// The source map file.
    pub path: PathBuf,
    /// Sources whose maps were made.
    pub made: Vec<String>,
    /// How many maps of the present file were taken over.
    pub kept: usize,
    /// Seconds.
    pub seconds: f64,
}

/// Makes the source maps of every component of a configuration and writes them as gtsrcmaps does, with the counts.
///
/// # Errors
/// As [`lat_io::load()`]; when there is no exposure or PSF to make a map from, or a file cannot be written.
pub fn make_source_maps(config: &Path, options: &MakeOptions, progress: &mut dyn Progress) -> Result<Vec<MadeMaps>> {
    let mut loaded = lat_io::load(config)?;
    let several = loaded.observation.components.len() > 1;
    let mut done = Vec::new();
    let sources = loaded.roi.sources();
    for component in &mut loaded.observation.components {
        let start = Instant::now();
        if options.accurate {
            component.make_accurate();
        }
        let unmade = if options.all || options.accurate {
            let present = sources.iter().filter(|source| !component.model.is_absent(source.name()));
            present.map(|source| component.model.source(source)).collect::<lat_io::Result<_>>()?
        } else {
            component.unmade(sources)?
        };
        let made = make(component, unmade, progress)?;
        let path = match &options.out {
            Some(out) if several => with_name(out, &component.name),
            Some(out) => out.clone(),
            None => component.map_cache(&loaded.config).ok_or_else(|| Error::State {
                path: component.products.srcmap.clone().unwrap_or_default(),
                reason:
                    "this source map file is another program's and is not changed; name another file to write (out)"
                        .into(),
            })?,
        };
        component.write_source_maps(&path, sources, &made)?;
        done.push(MadeMaps {
            component: component.name.clone(),
            path,
            kept: sources.len() - made.len(),
            made: made.into_iter().map(|(source, _)| source.name().to_owned()).collect(),
            seconds: start.elapsed().as_secs_f64(),
        });
    }
    Ok(done)
}

/// The likelihood of each component, with the maps of all sources.
pub(crate) fn likelihoods(loaded: &Loaded, progress: &mut dyn Progress) -> Result<Vec<BinnedLikelihood>> {
    let sources = loaded.roi.sources();
    let mut likelihoods = Vec::with_capacity(loaded.observation.components.len());
    for component in &loaded.observation.components {
        let settings = component.settings.clone();
        let mut likelihood = BinnedLikelihood::with_settings(component.name.clone(), &component.counts.cube, settings)?;
        let made = make(component, component.unmade(sources)?, progress)?;
        keep(component, &loaded.config, sources, &made);
        let map_of = |source: &Source| {
            let own = made.iter().find(|(made, _)| made.name() == source.name()).map(|(_, map)| map);
            Ok::<_, Error>(component.source_map(source, own)?)
        };
        likelihood.add_source_maps(sources, Source::name, map_of)?;
        likelihoods.push(likelihood);
    }
    Ok(likelihoods)
}

pub(crate) fn make(
    component: &Component,
    unmade: Vec<Source>,
    progress: &mut dyn Progress,
) -> Result<Vec<(Source, SourceMap)>> {
    let total = unmade.len();
    let watcher = Mutex::new((progress, 0));
    let tell = |source: &str| {
        let mut watcher = watcher.lock().unwrap_or_else(PoisonError::into_inner);
        watcher.1 += 1;
        let (component, source, done) = (component.name.clone(), source.to_owned(), watcher.1);
        // Making maps is short; a request to stop is heard by what follows.
        let _ = watcher.0.event(&Event::SourceMap { component, source, done, total });
    };
    let maps = component.make_source_maps(&unmade, &tell)?;
    Ok(unmade.into_iter().zip(maps).collect())
}

/// Writes maps that were made beside the other products, so that they are there the next time. A directory that cannot be written is no error:
/// they are made again then.
fn keep(component: &Component, config: &Config, sources: &[Source], made: &[(Source, SourceMap)]) {
    if made.is_empty() {
        return;
    }
    let Some(path) = component.map_cache(config) else {
        tracing::info!(
            "component '{}': {} source map(s) were made and not kept, as the source map file is another program's",
            component.name,
            made.len()
        );
        return;
    };
    match component.write_source_maps(&path, sources, made) {
        Ok(()) => tracing::info!("{} source map(s) made, kept in '{}'", made.len(), path.display()),
        Err(error) => tracing::warn!("the source maps are not kept: {error}"),
    }
}

/// `a/maps.fits` as `a/maps_NAME.fits`.
pub(crate) fn with_name(path: &Path, name: &str) -> PathBuf {
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let (stem, ending) = file.find(".fit").map_or((file.as_ref(), ""), |at| file.split_at(at));
    path.with_file_name(format!("{stem}_{name}{ending}"))
}
