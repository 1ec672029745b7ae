//! The source maps of a region: read where files hold them, made where they do not, and kept so that they are made once.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use lat_dataset::{Component, Config, Loaded, MapKeeper, MapPlace, NewMapFile, component_path};
use likelihood_core::{ComponentData, Data, SourceMap};
use roi_model::Source;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::known::memory::{self, MemoryUse, Plan};
use crate::known::process_memory::peak_memory;
use crate::known::progress::{Event, Progress};

/// How source maps are made by [`make_source_maps`].
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct MakeOptions {
    /// Where the file goes; by default `srcmap_NAME.fits` in the output directory, or the present file if it was made here. With several
    /// components, `_NAME` is added before the ending.
    pub out: Option<PathBuf>,
    /// As accurate as the inputs instead of as gtsrcmaps makes them: [`Component::make_accurate`].
    pub accurate: bool,
    /// Make all maps anew, also those that stand.
    pub all: bool,
    /// The most bytes that it may take; that of the configuration (`optimizer.max_memory`) if there is none.
    pub max_memory: Option<u64>,
}

impl MakeOptions {
    /// Sets [`out`](Self::out).
    #[must_use]
    pub fn with_out(mut self, out: Option<PathBuf>) -> Self {
        self.out = out;
        self
    }

    /// Sets [`accurate`](Self::accurate).
    #[must_use]
    pub fn with_accurate(mut self, accurate: bool) -> Self {
        self.accurate = accurate;
        self
    }

    /// Sets [`all`](Self::all).
    #[must_use]
    pub fn with_all(mut self, all: bool) -> Self {
        self.all = all;
        self
    }

    /// Sets [`max_memory`](Self::max_memory).
    #[must_use]
    pub fn with_max_memory(mut self, max_memory: Option<u64>) -> Self {
        self.max_memory = max_memory;
        self
    }
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
    /// Memory of the process, in bytes.
    pub memory: MemoryUse,
}

/// Makes the source maps of every component of a configuration and writes them as gtsrcmaps does, with the counts.
///
/// # Errors
/// As [`lat_dataset::load()`]; when there is no exposure or PSF to make a map from, or a file cannot be written.
pub fn make_source_maps(config: &Path, options: &MakeOptions, progress: &mut dyn Progress) -> Result<Vec<MadeMaps>> {
    let mut loaded = lat_dataset::load(config)?;
    let several = loaded.observation.components.len() > 1;
    let mut done = Vec::new();
    let sources = loaded.roi.sources();
    let limit = options.max_memory.or(loaded.config.max_memory);
    let all_files: u64 = loaded.observation.components.iter().map(memory::of_files).sum();
    for component in &mut loaded.observation.components {
        let start = Instant::now();
        if options.accurate {
            component.make_accurate();
        }
        let unmade = if options.all || options.accurate {
            let present = sources.iter().filter(|source| !component.model.is_absent(source.name()));
            present.map(|source| component.model.source(source)).collect::<lat_dataset::Result<_>>()?
        } else {
            component.unmade(sources)?
        };
        let path = match &options.out {
            Some(out) if several => component_path(out, &component.name),
            Some(out) => out.clone(),
            None => match component.map_place(&loaded.config) {
                MapPlace::Ours(path) => path,
                MapPlace::Others(path) => {
                    let reason = "this source map file is another program's and is not changed; name another file to write (out)";
                    return Err(Error::State { path, reason: reason.into() });
                }
            },
        };
        let present = sources.iter().filter(|source| !component.model.is_absent(source.name())).count();
        let (threads, estimate) = memory::making(component, &unmade, all_files - memory::of_files(component), limit)?;
        with_threads(threads, || {
            let mut file = NewMapFile::create(component, &path, sources, &unmade)?;
            make(component, &unmade, progress, |source, map| Ok(file.add(source, &map)?))?;
            Ok(file.finish()?)
        })?;
        done.push(MadeMaps {
            component: component.name.clone(),
            path,
            kept: present - unmade.len(),
            made: unmade.iter().map(|source| source.name().to_owned()).collect(),
            seconds: start.elapsed().as_secs_f64(),
            memory: MemoryUse {
                estimate: estimate.peak(),
                parts: estimate,
                limit,
                maps_at_a_time: threads,
                columns_limit: None,
                peak: peak_memory(),
            },
        });
    }
    Ok(done)
}

/// The data of all components, with the maps of all sources, within a limit of memory in bytes.
pub(crate) fn data(loaded: &Loaded, limit: Option<u64>, progress: &mut dyn Progress) -> Result<(Data, MemoryUse)> {
    let sources = loaded.roi.sources();
    let components = &loaded.observation.components;
    let mut filled = filled(components)?;
    let unmade =
        components.iter().map(|component| component.unmade(sources)).collect::<lat_dataset::Result<Vec<_>>>()?;
    let plans = plans(components, &filled, &unmade)?;
    let threads = rayon::current_num_threads();
    let way = memory::strategy(limit, threads, |threads| memory::estimate(&loaded.roi, &plans, threads))?;
    let fill = || {
        for ((component, data), unmade) in components.iter().zip(&mut filled).zip(&unmade) {
            add_maps(&Wanted { component, sources, unmade }, &loaded.config, data, progress)?;
        }
        Ok(())
    };
    with_threads(way.threads, fill)?;
    let data = Data::new(filled)?.with_columns_limit(way.columns);
    let columns_limit = limit.map(|_| way.columns as u64);
    let use_of = MemoryUse {
        estimate: way.estimate.peak(),
        parts: way.estimate,
        limit,
        maps_at_a_time: way.threads,
        columns_limit,
        peak: None,
    };
    Ok((data, use_of))
}

/// The data of components, without source maps.
pub(crate) fn filled(components: &[Component]) -> Result<Vec<ComponentData>> {
    let of = |component: &Component| {
        let settings = component.settings.clone();
        Ok(ComponentData::with_settings(component.name.clone(), &component.counts.cube, settings)?)
    };
    components.iter().map(of).collect()
}

/// What is known of components before their maps are read; `unmade`: those maps of each that have to be made.
pub(crate) fn plans<'a>(
    components: &'a [Component],
    filled: &'a [ComponentData],
    unmade: &[Vec<Source>],
) -> Result<Vec<Plan<'a>>> {
    let of = |((component, data), unmade): ((&'a Component, &'a ComponentData), &Vec<Source>)| {
        Ok(Plan { component, data, making: component.making(unmade)? })
    };
    components.iter().zip(filled).zip(unmade).map(of).collect()
}

/// Does something with so many threads.
pub(crate) fn with_threads(threads: usize, task: impl FnOnce() -> Result<()> + Send) -> Result<()> {
    if threads == rayon::current_num_threads() {
        return task();
    }
    match rayon::ThreadPoolBuilder::new().num_threads(threads).build() {
        Ok(pool) => pool.install(task),
        Err(error) => {
            tracing::warn!("source maps are read with all threads, as no others can be started: {error}");
            task()
        }
    }
}

/// The maps that a component's data are to have.
struct Wanted<'a> {
    component: &'a Component,
    /// The sources of the region.
    sources: &'a [Source],
    /// Those whose maps have to be made.
    unmade: &'a [Source],
}

/// Gives a component its maps: those that must be made first, and then those on file.
fn add_maps(wanted: &Wanted<'_>, config: &Config, data: &mut ComponentData, progress: &mut dyn Progress) -> Result<()> {
    let Wanted { component, sources, unmade } = *wanted;
    let mut cache = MapKeeper::new(component, config, sources, unmade);
    make(component, unmade, progress, |own, map| {
        cache.add(own, &map);
        if let Some(source) = sources.iter().find(|source| source.name() == own.name()) {
            data.add_source_map(source.name(), &component.source_map(source, Some(map))?)?;
        }
        Ok(())
    })?;
    cache.finish();
    let stored: Vec<&Source> = sources.iter().filter(|source| !data.has_source_map(source.name())).collect();
    data.add_source_maps(&stored, |source| source.name(), |source| Ok::<_, Error>(component.source_map(source, None)?))
}

/// Makes the maps of sources of a component and gives each away, see [`Component::make_source_maps`].
pub(crate) fn make(
    component: &Component,
    unmade: &[Source],
    progress: &mut dyn Progress,
    take: impl FnMut(&Source, SourceMap) -> Result<()>,
) -> Result<()> {
    let total = unmade.len();
    let watcher = Mutex::new((progress, 0));
    let tell = |source: &str| {
        let mut watcher = watcher.lock().unwrap_or_else(PoisonError::into_inner);
        watcher.1 += 1;
        let (component, source, done) = (component.name.clone(), source.to_owned(), watcher.1);
        // Making maps is short; a request to stop is heard by what follows.
        let _ = watcher.0.event(&Event::SourceMap { component, source, done, total });
    };
    component.make_source_maps(unmade, &tell, take)
}
