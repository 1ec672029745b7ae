//! The cached model of the fixed sources.
//!
//! The sources of a region are dealt out to groups of about the square root of their number, and each group's sum is kept. When a source
//! changes its role, its group is summed anew, and then the groups: with 150 sources that is 25 sums of vectors instead of
//! 150. Nothing is ever subtracted, so nothing drifts: the sum is the same whatever the history.

use std::ops::Range;
use std::sync::Arc;

use crate::bin_model::named_spectrum::Rows;
use crate::data::component::ComponentData;
use crate::error::Result;
use crate::kernel::blocks::{Threads, parts};
use crate::kernel::buffers::resize;
use crate::kernel::filled::Block;
use crate::kernel::passes;
use crate::layout::kept_map::KeptMap;
use crate::layout::roles::Region;
use crate::layout::snapshot::Snapshot;
use crate::layout::source_planes::SourcePlanes;

/// The fixed sources' part of the model. Clones share the sums until one of them sums anew.
#[derive(Clone, Debug, Default)]
pub(crate) struct FixedPart {
    /// The groups' sums.
    groups: Vec<Arc<FixedSum>>,
    /// Sum of the groups: the fixed sources' model at the filled bins.
    model: Arc<Vec<f64>>,
    /// Their (weighted) predicted counts of each energy bin.
    npred: Vec<f64>,
}

/// Sum over the fixed sources of a group.
#[derive(Clone, Debug, Default)]
struct FixedSum {
    /// What it is the sum of.
    members: Vec<Member>,
    /// Model at the filled bins; empty when the group has no fixed source.
    model: Vec<f64>,
    /// (Weighted) predicted counts of each energy bin.
    npred: Vec<f64>,
}

/// A fixed source as it was when it was summed.
#[derive(Clone, Debug)]
struct Member {
    source: Arc<Snapshot>,
    kept_map: Arc<KeptMap>,
}

/// A group that is to be summed anew: all that can go wrong has been done.
pub(crate) struct StaleGroup {
    group: usize,
    members: Vec<Member>,
    /// The planes and nodes of each member.
    terms: Vec<(SourcePlanes, Vec<f64>)>,
    npred: Vec<f64>,
}

impl FixedPart {
    /// The model at the filled bins.
    pub(crate) fn model(&self) -> &[f64] {
        &self.model
    }

    /// The (weighted) predicted counts of these energy bins.
    pub(crate) fn npred(&self, bins: Range<usize>) -> f64 {
        // A region without sources has no groups, and predicts nothing.
        self.npred.get(bins).unwrap_or_default().iter().sum()
    }

    /// Bytes of the sums.
    pub(crate) fn bytes(&self) -> usize {
        let groups = self.groups.iter().map(|group| group.model.capacity()).sum::<usize>();
        (groups + self.model.capacity()) * size_of::<f64>()
    }

    /// The groups whose fixed sources are no longer what was summed. Muting a free source makes none.
    pub(crate) fn stale(
        &self,
        component: &ComponentData,
        Region { sources, roles }: Region<'_>,
    ) -> Result<Vec<StaleGroup>> {
        let mut stale = Vec::new();
        let mut fixed = roles.fixed.iter().copied().peekable();
        for (group, range) in groups(roles.n_sources).enumerate() {
            let own = std::iter::from_fn(|| fixed.next_if(|id| id.position() < range.end));
            let own: Vec<&Arc<Snapshot>> = own.map(|id| &sources[id.position()]).collect();
            let summed = self.groups.get(group).map_or(&[][..], |sum| &sum.members);
            let is_same = |(member, source): (&Member, &&Arc<Snapshot>)| {
                member.source.predicts_as(source)
                    && component.kept_map(source.name()).is_some_and(|kept_map| Arc::ptr_eq(kept_map, &member.kept_map))
            };
            if summed.len() == own.len() && summed.iter().zip(&own).all(is_same) {
                continue;
            }
            stale.push(StaleGroup::new(group, component, own)?);
        }
        Ok(stale)
    }

    /// Sums the stale groups anew, and then all groups of a region of so many sources.
    pub(crate) fn renew(
        &mut self,
        component: &ComponentData,
        stale: Vec<StaleGroup>,
        n_sources: usize,
        threads: Threads,
    ) {
        let n_groups = groups(n_sources).count();
        let filled = component.filled();
        if stale.is_empty() && self.groups.len() == n_groups && self.model.len() == filled.len() {
            return;
        }
        self.groups.resize_with(n_groups, Arc::default);
        for StaleGroup { group, members, terms, npred } in stale {
            let sum = unshared(&mut self.groups[group]);
            (sum.members, sum.npred) = (members, npred);
            resize(&mut sum.model, if terms.is_empty() { 0 } else { filled.len() });
            over_blocks(&filled.blocks, &mut sum.model, threads, |block, model| {
                for (planes, nodes) in &terms {
                    let weights = planes.stencil.pair_weights(nodes, block.bin);
                    for (pair, weights) in planes.view().pairs().zip(weights) {
                        passes::add_pair(model, pair, weights, block);
                    }
                }
            });
        }
        self.npred = vec![0.0; component.n_bins()];
        for group in &self.groups {
            add(&mut self.npred, group.npred.iter().copied());
        }
        let groups = self.groups.iter().map(|group| group.model.as_slice()).filter(|model| !model.is_empty());
        let groups: Vec<&[f64]> = groups.collect();
        let model = unshared(&mut self.model);
        resize(model, filled.len());
        over_blocks(&filled.blocks, model, threads, |block, model| {
            for group in &groups {
                model.iter_mut().zip(&group[block.range.clone()]).for_each(|(sum, term)| *sum += term);
            }
        });
    }
}

impl StaleGroup {
    fn new(group: usize, component: &ComponentData, sources: Vec<&Arc<Snapshot>>) -> Result<Self> {
        let mut stale = Self { group, members: Vec::new(), terms: Vec::new(), npred: vec![0.0; component.n_bins()] };
        for source in sources {
            let planes = component.planes_of(source.name(), source.apply_edisp())?;
            let nodes = planes.nodes(source.named(), Rows::Value)?;
            add(&mut stale.npred, planes.weighted_counts(&nodes, 0..component.n_bins()));
            stale.members.push(Member { source: Arc::clone(source), kept_map: Arc::clone(&planes.kept_map) });
            stale.terms.push((planes, nodes));
        }
        Ok(stale)
    }
}

/// Adds terms to sums, one by one.
fn add(sums: &mut [f64], terms: impl Iterator<Item = f64>) {
    sums.iter_mut().zip(terms).for_each(|(sum, term)| *sum += term);
}

/// What no clone shares: the value itself, or an empty one in its stead.
fn unshared<T: Clone + Default>(value: &mut Arc<T>) -> &mut T {
    if Arc::get_mut(value).is_none() {
        *value = Arc::default();
    }
    Arc::make_mut(value)
}

/// Calls `task` with each block and its part of `model`; with no block when `model` is empty.
fn over_blocks(blocks: &[Block], model: &mut [f64], threads: Threads, task: impl Fn(&Block, &mut [f64]) + Sync + Send) {
    let places = blocks.iter().zip(parts(model, blocks.iter().map(|block| block.range.len()))).collect();
    threads.for_each(places, || (), |(), (block, part)| task(block, part));
}

/// Bytes of the sums of the fixed sources of a region of so many sources, over so many filled bins.
pub(crate) fn expected_bytes(n_sources: usize, n_filled: usize) -> usize {
    size_of::<f64>() * n_filled * (groups(n_sources).count() + 1)
}

/// Which sources, by index in the region, each group holds.
fn groups(n_sources: usize) -> impl Iterator<Item = Range<usize>> {
    let size = n_sources.isqrt().max(1);
    (0..n_sources.div_ceil(size)).map(move |group| group * size..n_sources.min((group + 1) * size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_is_in_one_group() {
        for n in [0, 1, 2, 3, 22, 150, 1000] {
            let all: Vec<usize> = groups(n).flatten().collect();
            assert_eq!(all, (0..n).collect::<Vec<_>>());
            assert!(groups(n).count() <= n.isqrt() + 2);
        }
    }
}
