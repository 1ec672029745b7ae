//! The verb `localize_many`: several sources, each for itself.

use std::ops::ControlFlow;
use std::path::Path;

use lat_io::{Column, ColumnValues, write_ecsv};
use likelihood_core::StopSignal;
use rayon::prelude::*;
use roi_fit::{Analysis, Event, Progress, Session, TrialMaker};
use roi_model::{Roi, SpatialKind};
use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::localize::localization::Localization;
use crate::localize::localize_options::LocalizeOptions;
use crate::localize::localize_verb::localize;
use crate::tables::localize_tables::{rows, write_positions};
use crate::tables::map_tables::header_of;
use crate::trial::memory::{self, Moves};

/// Sources that are localized between two looks at the watcher.
const AT_ONCE: usize = 4;

/// Several sources, each localized for itself, see [`localize_many`].
#[derive(Debug)]
#[non_exhaustive]
pub struct LocatedSources {
    /// The sources in the order in which they were asked for.
    pub sources: Vec<LocatedSource>,
    /// The options.
    pub config: LocalizeOptions,
}

/// What became of one of them.
#[derive(Debug)]
#[non_exhaustive]
pub struct LocatedSource {
    /// The source, as it was asked for.
    pub name: String,
    /// Where it is, or why that cannot be told.
    pub found: Result<Localization>,
}

/// Localizes several sources side by side, each as [`localize`] does, all others where the model has them. One that cannot be localized does
/// not keep the others from it. For sources whose positions depend on each other see [`crate::fit_positions`].
///
/// # Errors
/// An option outside its range; a name that no source has; [`Error::NoMakers`]; [`Error::Stopped`].
pub fn localize_many(
    session: &Session,
    makers: &[TrialMaker],
    names: &[String],
    options: &LocalizeOptions,
    progress: &mut dyn Progress,
) -> Result<LocatedSources> {
    options.check()?;
    let (components, found) = (session.data().components().len(), makers.len());
    if components != found {
        return Err(Error::NoMakers { components, found });
    }
    memory::check(session, makers, Moves::of(names.len().min(AT_ONCE), names.len()))?;
    for name in names {
        session.roi().id_of(name)?;
    }
    let stop = progress.stop_signal();
    let mut sources = Vec::with_capacity(names.len());
    for part in names.chunks(AT_ONCE) {
        let source = part.first().cloned().unwrap_or_default();
        let event = Event::Estimate { verb: "localize", source, done: sources.len(), total: names.len() };
        if progress.event(&event).is_break() || progress.is_cancelled() {
            return Err(Error::Stopped);
        }
        let one = |name: &String| {
            let found = localize(session, makers, name, options, &mut Listener(stop.clone()));
            LocatedSource { name: name.clone(), found }
        };
        sources.extend(part.par_iter().map(one).collect::<Vec<_>>());
        if sources.iter().any(|source| matches!(source.found, Err(Error::Stopped))) {
            return Err(Error::Stopped);
        }
    }
    Ok(LocatedSources { sources, config: options.clone() })
}

/// Hears on another thread that the work is to stop.
struct Listener(StopSignal);

impl Progress for Listener {
    fn event(&mut self, _event: &Event) -> ControlFlow<()> {
        if self.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn is_cancelled(&self) -> bool {
        self.0.is_up()
    }
}

impl LocatedSources {
    /// The sources of a model that have a position to fit: points, disks and Gaussians of which something is free.
    pub fn candidates(roi: &Roi) -> Vec<String> {
        let kinds = [SpatialKind::Point, SpatialKind::Disk, SpatialKind::Gaussian];
        let is_candidate = |source: &&roi_model::Source| {
            let is_free = source.spectrum().parameters().iter().any(roi_model::Parameter::is_free);
            is_free && kinds.contains(&source.spatial().kind())
        };
        roi.sources().iter().filter(is_candidate).map(|source| source.name().to_owned()).collect()
    }

    /// Those that were localized.
    pub fn found(&self) -> impl Iterator<Item = &Localization> {
        self.sources.iter().filter_map(|source| source.found.as_ref().ok())
    }

    /// Moves each source in an analysis whose fit succeeded, with the values of its own parameters: those that others have were fitted with it alone.
    /// Returns how many were moved: none without [`update`](LocalizeOptions::update).
    ///
    /// # Errors
    /// When the analysis is of other data. It is as it was then.
    pub fn apply(&self, analysis: &mut Analysis) -> Result<usize> {
        let before = analysis.checkpoint();
        let mut moved = 0;
        for found in self.found() {
            match found.apply_own(analysis) {
                Ok(is_moved) => moved += usize::from(is_moved),
                Err(error) => {
                    analysis.restore(before);
                    return Err(error);
                }
            }
        }
        Ok(moved)
    }

    /// The dictionary: those of [`Localization`] side by side, and what failed.
    pub fn to_json(&self) -> Value {
        let failed = self.sources.iter().filter_map(|source| Some((source, source.found.as_ref().err()?)));
        let failed = failed.map(|(source, error)| json!({"name": source.name, "error": error.to_string()}));
        json!({
            "sources": self.found().map(Localization::to_json).collect::<Vec<_>>(),
            "failed": failed.collect::<Vec<_>>(),
            "config": self.config,
        })
    }

    /// Writes table `LOC_DATA` with one row a source that was localized.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_fits(&self, path: &Path) -> Result<()> {
        write_positions(path, &header_of(&json!(self.config)), &self.columns())
    }

    /// Writes the same table as ECSV.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_ecsv(&self, path: &Path) -> Result<()> {
        Ok(write_ecsv(path, &header_of(&json!(self.config)), &self.columns())?)
    }

    fn columns(&self) -> Vec<Column> {
        let found: Vec<&Localization> = self.found().collect();
        let mut columns = rows(found.iter().map(|found| (found.name.clone(), found.numbers())));
        let flag = |key: &str, of: fn(&Localization) -> bool| {
            let values = ColumnValues::Short(found.iter().map(|found| i16::from(of(found))).collect());
            Column { name: key.into(), unit: String::new(), values }
        };
        columns.push(flag("fit_success", |found| found.fit_success));
        columns.push(flag("fit_inbounds", |found| found.fit_inbounds));
        columns
    }
}
