//! Buffers that keep their memory from one evaluation to the next.

use crate::kernel::input::EdgeWeights;
use crate::kernel::passes::BlockSum;

/// Buffers that an evaluation writes; they keep their memory from one evaluation to the next.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    /// Nodes of the free sources, one source after the other.
    pub(crate) nodes: Vec<f64>,
    /// Their first derivatives, one free parameter after the other.
    pub(crate) first: Vec<f64>,
    /// Second derivatives of one source, `[pair of parameters][node]`.
    pub(crate) second: Vec<f64>,
    /// Weights of the planes, `[bin][pair of planes]`.
    pub(crate) weights: Vec<EdgeWeights>,
    /// Derivatives of the weights, `[bin]`, then one free parameter after the other, each with the pairs of its source.
    pub(crate) derivatives: Vec<EdgeWeights>,
    /// One a block.
    pub(crate) block_sums: Vec<BlockSum>,
    /// `sum N/M m` of both planes, `[block][pair of planes]`.
    pub(crate) ratio_sums: Vec<EdgeWeights>,
    /// `sum N/M T`, `[block][column]`.
    pub(crate) column_sums: Vec<f64>,
    /// Norms of the columns.
    pub(crate) norms: Vec<f64>,
    /// Pair sums of the Hessian, `[chunk of blocks][pair of parameters]`.
    pub(crate) pair_sums: Vec<f64>,
    /// `d logL / d node`, as [`Buffers::nodes`].
    pub(crate) node_sums: Vec<f64>,
}

impl Clone for Buffers {
    /// Nothing in them outlasts an evaluation, so that a clone begins with none.
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Buffers {
    /// Bytes of the buffers that grow with the data or with the square of the number of parameters.
    pub(crate) fn bytes(&self) -> usize {
        let numbers = self.column_sums.capacity() + self.pair_sums.capacity();
        let weights = self.weights.capacity() + self.derivatives.capacity() + self.ratio_sums.capacity();
        numbers * size_of::<f64>()
            + weights * size_of::<EdgeWeights>()
            + self.block_sums.capacity() * size_of::<BlockSum>()
    }
}

/// A buffer of this length, filled with zeros, in the memory it has.
pub(crate) fn resize<T: Clone + Default>(buffer: &mut Vec<T>, len: usize) {
    buffer.clear();
    buffer.resize(len, T::default());
}
