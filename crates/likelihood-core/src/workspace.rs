//! Buffers that keep their memory from one evaluation to the next, and the cached model of the fixed sources.

use crate::kernel::{BlockSum, EdgeWeights};

/// The fixed sources' part of the model, summed once.
#[derive(Clone, Debug, Default)]
pub(crate) struct FixedPart {
    pub(crate) model: Vec<f64>,
    pub(crate) npred: f64,
}

/// Buffers that an evaluation writes; they keep their memory from one evaluation to the next.
#[derive(Clone, Debug, Default)]
pub(crate) struct Workspace {
    /// Spectra of the free sources at the edges, `[source][edge]`.
    pub(crate) spectra: Vec<f64>,
    /// Their first derivatives, `[free parameter][edge]`.
    pub(crate) first: Vec<f64>,
    /// Second derivatives of one source, `[pair][edge]`.
    pub(crate) second: Vec<f64>,
    /// Edge weights, `[bin][source]`.
    pub(crate) weights: Vec<EdgeWeights>,
    /// Derivatives of the edge weights with the index of the free source, `[bin][free parameter]`.
    pub(crate) parameter_weights: Vec<(usize, EdgeWeights)>,
    /// One a block.
    pub(crate) block_sums: Vec<BlockSum>,
    /// `sum N/M m` at the lower and upper edge, `[block][source]`.
    pub(crate) ratio_sums: Vec<EdgeWeights>,
    /// Pair sums, `[chunk of blocks][pair]`.
    pub(crate) pair_sums: Vec<f64>,
    /// `sum (N/M - 1) m`, `[source][edge]`.
    pub(crate) edge_sums: Vec<f64>,
}

/// A buffer of this length, filled with zeros, in the memory it has.
pub(crate) fn resize<T: Clone + Default>(buffer: &mut Vec<T>, len: usize) {
    buffer.clear();
    buffer.resize(len, T::default());
}
