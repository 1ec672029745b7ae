//! What the evaluation of a component is expected to take of memory, told before its source maps are read.

use crate::evaluation::HESSIAN_CHUNKS;
use crate::filled::BLOCK;
use crate::fixed::groups;
use crate::footprint::Footprint;

/// How large the fit of a component is. What is not counted here, the counts and the axis, [`Footprint::data`] tells when they are there.
///
/// ```
/// use likelihood_core::Need;
/// let mut need = Need::new(1000, 10);
/// (need.sources, need.planes) = (9, 18);
/// assert_eq!(need.footprint().templates, 4 * 1000 * 18);
/// // Three groups of three sources, and their sum.
/// assert_eq!(need.footprint().fixed, 8 * 1000 * 4);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Need {
    /// Filled bins.
    pub filled: usize,
    /// Energy bins.
    pub bins: usize,
    /// Sources.
    pub sources: usize,
    /// Planes of the source maps of all sources, as they are kept.
    pub planes: usize,
    /// Free parameters of all sources.
    pub parameters: usize,
    /// Free sources of which only the norm is free, a factor of the spectrum.
    pub columns: usize,
    /// Pairs of planes of the other free sources.
    pub pairs: usize,
}

impl Need {
    /// That of so many filled bins and energy bins, without any source.
    pub fn new(filled: usize, bins: usize) -> Self {
        Self { filled, bins, ..Self::default() }
    }

    /// Bytes of templates, fixed sums, columns and partial sums at their largest: a map that fills the region, and derivatives of all that is
    /// free.
    pub fn footprint(&self) -> Footprint {
        let blocks = self.filled.div_ceil(BLOCK) + self.bins;
        // Partial sums of each block: of the pairs and columns, and its share of the likelihood.
        let sums = blocks * (16 * self.pairs + 8 * self.columns + 32);
        let hessians = HESSIAN_CHUNKS.min(blocks) * 8 * self.parameters * (self.parameters + 1) / 2;
        Footprint {
            data: 0,
            templates: 4 * self.filled * self.planes,
            // The sum of each group, and that of the groups.
            fixed: 8 * self.filled * (groups(self.sources).count() + 1),
            columns: 8 * self.filled * self.columns,
            work: sums + hessians + 16 * self.bins * self.pairs * 8,
        }
    }

    /// Bytes that a thread takes to keep of a map, in single precision, what lies at the filled bins: one plane.
    pub fn excerpt(&self) -> usize {
        4 * self.filled
    }
}
