//! The filled bins of a component, and what is predicted in them: for who compares the counts with something else than the sources of a region.

use roi_model::Source;

use crate::bin_model::named_spectrum::Rows;
use crate::data::component::ComponentData;
use crate::data::weights::LikelihoodWeights;
use crate::error::Result;
use crate::kernel::passes;

/// A bin with counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FilledBin {
    /// Energy bin.
    pub energy: usize,
    /// Row.
    pub y: usize,
    /// Column.
    pub x: usize,
    /// Counts, times the likelihood weight.
    pub counts: f64,
}

impl ComponentData {
    /// The filled bins, by energy, row and column: those with counts, and a weight above 0 if there are weights.
    pub fn filled_bins(&self) -> impl Iterator<Item = FilledBin> + '_ {
        let filled = self.filled();
        filled.blocks.iter().flat_map(move |block| {
            block.range.clone().map(move |index| {
                let (y, x) = filled.pixel(index);
                FilledBin { energy: block.bin, y, x, counts: f64::from(filled.counts[index]) }
            })
        })
    }

    /// Predicted counts of sources together in the filled bins, in the order of [`ComponentData::filled_bins`], energy dispersion included.
    ///
    /// # Errors
    /// As [`ComponentData::npred`].
    pub fn model_at_filled_bins(&self, sources: &[&Source]) -> Result<Vec<f64>> {
        let filled = self.filled();
        let mut model = vec![0.0; filled.len()];
        for &source in sources {
            let planes = self.planes_of(source.name(), source.apply_edisp())?;
            let nodes = planes.nodes(source.into(), Rows::Value)?;
            for block in &filled.blocks {
                let weights = planes.stencil.pair_weights(&nodes, block.bin);
                for (pair, weights) in planes.view().pairs().zip(weights) {
                    passes::add_pair(&mut model[block.range.clone()], pair, weights, block);
                }
            }
        }
        Ok(model)
    }

    /// Its likelihood weights.
    pub fn weights(&self) -> Option<&LikelihoodWeights> {
        self.likelihood_weights()
    }
}
