//! What the passes over blocks of filled bins read, and where they put their sums.

use std::ops::Range;

use crate::kernel::filled::{Block, CountsView};
use crate::kernel::reach::Reach;

/// Two planes of a source's map, at each filled bin within its reach: those that bound it, or two of a window around it.
#[derive(Clone, Copy)]
pub(crate) struct PlanePair<'a> {
    pub(crate) lower: &'a [f32],
    pub(crate) upper: &'a [f32],
    pub(crate) reach: &'a Reach,
}

impl<'a> PlanePair<'a> {
    /// The values of a block; `None` beyond the source's reach.
    pub(crate) fn slice(self, block: &Block) -> Option<(&'a [f32], &'a [f32])> {
        self.reach.slice(self.lower, block).zip(self.reach.slice(self.upper, block))
    }
}

/// The model of a source at norm 1, at each filled bin within its reach: all that is needed of a source whose shape is fixed.
#[derive(Clone, Copy)]
pub(crate) struct Column<'a> {
    pub(crate) values: &'a [f64],
    pub(crate) reach: &'a Reach,
}

impl<'a> Column<'a> {
    /// The values of a block; `None` beyond the source's reach.
    pub(crate) fn slice(self, block: &Block) -> Option<&'a [f64]> {
        self.reach.slice(self.values, block)
    }
}

/// A spectrum's weights of the two planes of a pair, `S-` and `S+` (or a derivative of them).
pub(crate) type EdgeWeights = [f64; 2];

/// What every pass reads: the data, the fixed part of the model, and the free sources with their weights.
#[derive(Clone, Copy)]
pub(crate) struct Input<'a> {
    /// Counts of all filled bins.
    pub(crate) counts: CountsView<'a>,
    /// Model of the fixed sources at all filled bins.
    pub(crate) fixed: &'a [f64],
    /// The free sources' pairs of planes at all filled bins.
    pub(crate) pairs: &'a [PlanePair<'a>],
    /// Their weights: of all energy bins `[bin][pair]`, or of one ([`Input::of_bin`]).
    pub(crate) weights: &'a [EdgeWeights],
    /// The free sources of which only the norm is free.
    pub(crate) columns: &'a [Column<'a>],
    /// Their norms.
    pub(crate) norms: &'a [f64],
}

impl Input<'_> {
    /// With the weights of one energy bin alone.
    pub(crate) fn of_bin(self, bin: usize) -> Self {
        let n_pairs = self.pairs.len();
        Self { weights: &self.weights[bin * n_pairs..(bin + 1) * n_pairs], ..self }
    }
}

/// A free parameter: where the derivative of the model with respect to it comes from.
#[derive(Clone, Debug)]
pub(crate) enum Row {
    /// From the pairs of planes of its source.
    Planes {
        /// Indices into [`Input::pairs`].
        pairs: Range<usize>,
        /// Index of the derivative of the first pair's weights, among those of an energy bin.
        first: usize,
    },
    /// It is a column itself.
    Column(usize),
}

/// The free parameters, and the derivatives of the weights that they need.
#[derive(Clone, Copy)]
pub(crate) struct Slopes<'a> {
    pub(crate) rows: &'a [Row],
    /// Of all energy bins `[bin][derivative]`, or of one ([`Slopes::of_bin`]); see [`Row`].
    pub(crate) derivatives: &'a [EdgeWeights],
    /// How many derivatives a bin has.
    pub(crate) stride: usize,
}

impl<'a> Slopes<'a> {
    /// With the derivatives of one energy bin alone.
    pub(crate) fn of_bin(self, bin: usize) -> Self {
        Self { derivatives: &self.derivatives[bin * self.stride..(bin + 1) * self.stride], ..self }
    }

    /// One parameter after the other, with the derivatives.
    pub(crate) fn rows(self) -> impl Iterator<Item = Slope<'a>> {
        self.rows.iter().map(move |row| Slope { row, derivatives: self.derivatives })
    }
}

/// One free parameter, and the derivatives in an energy bin.
#[derive(Clone, Copy)]
pub(crate) struct Slope<'a> {
    pub(crate) row: &'a Row,
    pub(crate) derivatives: &'a [EdgeWeights],
}

/// What a gradient pass sums, for each block.
pub(crate) struct RatioSums<'a> {
    /// `[sum N/M m-, sum N/M m+]` of each pair of planes.
    pub(crate) pairs: &'a mut [EdgeWeights],
    /// `sum N/M T` of each column.
    pub(crate) columns: &'a mut [f64],
}

impl RatioSums<'_> {
    /// The same places, for a while.
    pub(crate) fn reborrow(&mut self) -> RatioSums<'_> {
        RatioSums { pairs: &mut *self.pairs, columns: &mut *self.columns }
    }
}

/// What a Hessian pass sums.
pub(crate) struct HessianSums<'a> {
    /// For each block.
    pub(crate) ratios: RatioSums<'a>,
    /// Over blocks, added to what is there: the packed upper triangle, row by row, of the matrix over the free parameters.
    pub(crate) pairs: &'a mut [f64],
}
