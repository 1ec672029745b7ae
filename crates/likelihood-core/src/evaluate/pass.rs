//! What a pass over one component reads: the spectra evaluated, as weights of planes and norms of columns, and their derivatives.

use std::sync::Arc;

use crate::bin_model::named_spectrum::Rows;
use crate::data::component::ComponentData;
use crate::error::Result;
use crate::kernel::buffers::{Buffers, resize};
use crate::kernel::input::{EdgeWeights, Input};
use crate::layout::fixed::FixedPart;
use crate::layout::free_sources::{FreeSources, Place, Views};
use crate::layout::snapshot::Snapshot;

/// One component with the sources that are laid beside it.
pub(crate) struct Pass<'a> {
    pub(crate) component: &'a ComponentData,
    pub(crate) sources: &'a [Arc<Snapshot>],
    pub(crate) fixed: &'a FixedPart,
    pub(crate) free: &'a FreeSources,
    pub(crate) views: Views<'a>,
}

impl<'a> Pass<'a> {
    pub(crate) fn new(
        component: &'a ComponentData,
        sources: &'a [Arc<Snapshot>],
        fixed: &'a FixedPart,
        free: &'a FreeSources,
    ) -> Self {
        Self { component, sources, fixed, free, views: free.views() }
    }

    /// Evaluates the spectra: the nodes, the weights of all pairs of planes, the norms of the columns.
    pub(crate) fn weigh(&self, buffers: &mut Buffers) -> Result<()> {
        let (n_bins, n_pairs) = (self.component.n_bins(), self.free.n_pairs);
        resize(&mut buffers.nodes, self.free.n_nodes);
        resize(&mut buffers.weights, n_bins * n_pairs);
        for source in &self.free.planes {
            let nodes = &mut buffers.nodes[source.nodes.clone()];
            source.planes.evaluate(self.sources[source.source.position()].named(), Rows::Value, nodes)?;
            for bin in 0..n_bins {
                let out = &mut buffers.weights[bin * n_pairs..][source.pairs.clone()];
                source.planes.stencil.pair_weights(nodes, bin).zip(out).for_each(|(weights, out)| *out = weights);
            }
        }
        buffers.norms.clear();
        buffers.norms.extend(self.free.columns.iter().filter_map(|c| self.sources[c.source.position()].value(c.norm)));
        Ok(())
    }

    /// The (weighted) predicted counts of all sources, once they are weighed. One after the other in the region's order, whatever list they
    /// are in.
    pub(crate) fn npred(&self, buffers: &Buffers) -> f64 {
        let n_pairs = self.free.n_pairs;
        let bins = self.component.bins();
        let mut npred = self.fixed.npred(bins.clone());
        for place in &self.free.order {
            match *place {
                Place::Column(at) => npred += buffers.norms[at] * self.free.columns[at].unit.npred(bins.clone()),
                Place::Planes(at) => {
                    let source = &self.free.planes[at];
                    for bin in bins.clone() {
                        let weights = &buffers.weights[bin * n_pairs..][source.pairs.clone()];
                        let sums = source.planes.view().weighted_sums(bin).chunks_exact(2);
                        for (weights, sums) in weights.iter().zip(sums) {
                            npred += sums[0] * weights[0] + sums[1] * weights[1];
                        }
                    }
                }
            }
        }
        npred
    }

    /// First derivatives of the nodes, and as weights of the planes.
    pub(crate) fn differentiate(&self, buffers: &mut Buffers) -> Result<()> {
        let (n_bins, n_slopes) = (self.component.n_bins(), self.free.n_slopes);
        resize(&mut buffers.first, self.free.n_derivatives);
        resize(&mut buffers.derivatives, n_bins * n_slopes);
        for source in &self.free.planes {
            let own = &mut buffers.first[source.derivatives.clone()];
            let rows = Rows::First(&source.wanted);
            source.planes.evaluate(self.sources[source.source.position()].named(), rows, own)?;
            let stencil = &source.planes.stencil;
            for (parameter, nodes) in own.chunks_exact(stencil.n_nodes()).enumerate() {
                let start = source.slope + parameter * source.pairs.len();
                for bin in 0..n_bins {
                    let out = &mut buffers.derivatives[bin * n_slopes + start..];
                    stencil.pair_weights(nodes, bin).zip(out).for_each(|(weights, out)| *out = weights);
                }
            }
        }
        Ok(())
    }

    /// What the passes read, with these weights of the pairs of planes and norms of the columns.
    pub(crate) fn input<'b>(&'b self, weights: &'b [EdgeWeights], norms: &'b [f64]) -> Input<'b> {
        Input {
            counts: self.component.filled().counts.view(),
            fixed: self.fixed.model(),
            pairs: &self.views.pairs,
            weights,
            columns: &self.views.columns,
            norms,
        }
    }
}
