//! The filled bins, and predicted counts of a source in each: for what asks which source a photon came from, or what one more would do.

use roi_model::Source;

use crate::bin_model::named_spectrum::Rows;
use crate::data::component::ComponentData;
use crate::data::weights::LikelihoodWeights;
use crate::error::Result;

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
    /// Predicted counts of a source in each filled bin, energy dispersion included, in the order of [`ComponentData::filled_bin`]. Bytes: 8 a
    /// filled bin.
    ///
    /// # Errors
    /// [`Error::NoSourceMap`](crate::Error::NoSourceMap), or a spectrum that cannot be evaluated.
    pub fn filled_model(&self, source: &Source) -> Result<Vec<f64>> {
        let own = self.planes_of(source.name(), source.apply_edisp())?;
        let nodes = own.nodes(source.into(), Rows::Value)?;
        let view = own.view();
        let mut counts = vec![0.0; self.n_filled()];
        for block in &self.filled().blocks {
            let Some(counts) = counts.get_mut(block.range.clone()) else { continue };
            let weights = own.stencil.nodes_of(&nodes, block.bin).iter().zip(own.stencil.coefficients(block.bin));
            let planes = view.pairs().flat_map(|pair| [(pair.lower, pair.reach), (pair.upper, pair.reach)]);
            for ((plane, reach), (node, coefficient)) in planes.zip(weights) {
                let Some(plane) = reach.slice(plane, block) else { continue };
                let weight = node * coefficient;
                counts.iter_mut().zip(plane).for_each(|(sum, value)| *sum += f64::from(*value) * weight);
            }
        }
        Ok(counts)
    }

    /// The number of the filled bin of an energy bin and a pixel (row times the number of columns plus column); `None` where there are no
    /// counts, or none of any weight.
    pub fn filled_bin(&self, energy_bin: usize, pixel: usize) -> Option<usize> {
        self.filled().find(energy_bin, pixel)
    }
    /// The filled bins, by energy, row and column: those with counts, and a weight above 0 if there are weights.
    pub fn filled_bins(&self) -> impl Iterator<Item = FilledBin> + '_ {
        let filled = self.filled();
        filled.blocks.iter().flat_map(move |block| {
            block.range.clone().map(move |index| {
                let (y, x) = filled.pixel(index);
                FilledBin { energy: block.bin, y, x, counts: filled.counts.at(index) }
            })
        })
    }

    /// Its likelihood weights.
    pub fn weights(&self) -> Option<&LikelihoodWeights> {
        self.likelihood_weights()
    }
}
