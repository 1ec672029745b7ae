//! How a region is laid beside the filled bins of one component, and how that follows the region: what is no longer true is made anew, and
//! nothing else.

use std::collections::BTreeMap;
use std::sync::Arc;

use roi_model::SourceId;

use crate::data::component::ComponentData;
use crate::error::Result;
use crate::kernel::blocks::Threads;
use crate::layout::fixed::{FixedPart, StaleGroup};
use crate::layout::free_sources::FreeSources;
use crate::layout::norm_column::{Column, Origin, Unit};
use crate::layout::roles::{FreeSource, Region};
use crate::layout::snapshot::Snapshot;
use crate::layout::source_planes::SourcePlanes;

/// The fixed sources as sums, the free ones with their planes or as columns.
#[derive(Clone, Debug, Default)]
pub(crate) struct ComponentLayout {
    pub(crate) fixed: FixedPart,
    pub(crate) free: FreeSources,
    /// The free sources of which only the norm is free, by name, with their id.
    columns: BTreeMap<String, (SourceId, Arc<Column>)>,
}

/// What a layout has to become: all that can go wrong has been done.
pub(crate) struct Change {
    free: Vec<(FreeSource, SourcePlanes)>,
    kept: BTreeMap<String, (SourceId, Arc<Column>)>,
    missing: Vec<(SourceId, Origin)>,
    stale: Vec<StaleGroup>,
}

impl ComponentLayout {
    /// What has to change. Columns may take `limit` bytes: those of the first sources of which only the norm is free.
    pub(crate) fn change(&self, component: &ComponentData, region: Region<'_>, limit: usize) -> Result<Change> {
        let mut change = Change { free: Vec::new(), kept: BTreeMap::new(), missing: Vec::new(), stale: Vec::new() };
        let mut left = limit;
        for free in &region.roles.free {
            let source = &region.sources[free.source.position()];
            let planes = component.planes_of(source.name(), source.apply_edisp())?;
            change.free.push((free.clone(), planes.clone()));
            let Some(norm) = source.spectrum().norm_index().filter(|norm| free.wanted == [*norm]) else { continue };
            if limit != usize::MAX {
                let Some(rest) = left.checked_sub(planes.view().n_reached() * size_of::<f64>()) else { continue };
                left = rest;
            }
            let own = self.columns.get(source.name()).filter(|(_, column)| column.is_of(source, norm, &planes));
            match own {
                Some((_, column)) => {
                    change.kept.insert(source.name().to_owned(), (free.source, Arc::clone(column)));
                }
                None => change.missing.push((free.source, Origin::new(source, norm, planes)?)),
            }
        }
        change.stale = self.fixed.stale(component, region)?;
        Ok(change)
    }

    /// Makes the change.
    pub(crate) fn apply(&mut self, change: Change, component: &ComponentData, region: Region<'_>, threads: Threads) {
        let Change { free, kept, missing, stale } = change;
        // What is no longer needed goes before anything new comes.
        self.free = FreeSources::default();
        self.columns = kept;
        let mut made = vec![None; missing.len()];
        threads.for_each(
            missing.into_iter().zip(&mut made).collect(),
            || (),
            |(), ((source, origin), made)| *made = Some((source, Arc::new(Column::new(origin, component.filled())))),
        );
        for (source, column) in made.into_iter().flatten() {
            self.columns.insert(region.sources[source.position()].name().to_owned(), (source, column));
        }
        self.fixed.renew(component, stale, region.roles.n_sources, threads);
        self.free = FreeSources::new(free, |source| self.unit(&region.sources[source.position()]));
    }

    /// The model of a source at norm 1, if it is kept.
    pub(crate) fn unit(&self, source: &Snapshot) -> Option<Arc<Unit>> {
        self.columns.get(source.name()).and_then(|(_, column)| column.unit()).cloned()
    }

    /// Whether a source whose norm was 0, so that it could not be told whether it is a column, has a norm now.
    pub(crate) fn is_outgrown(&self, sources: &[Arc<Snapshot>]) -> bool {
        self.columns.values().any(|(source, column)| column.is_outgrown(&sources[source.position()]))
    }

    /// Bytes of the columns.
    pub(crate) fn column_bytes(&self) -> usize {
        self.columns.values().map(|(_, column)| column.bytes()).sum()
    }
}
