//! The planes of a source in one component, and the stencil that makes them its model.

use std::ops::Range;
use std::sync::Arc;

use crate::bin_model::named_spectrum::{NamedSpectrum, Rows};
use crate::bin_model::stencil::Stencil;
use crate::error::Result;
use crate::layout::kept_map::{Draw, KeptMap, PlaneView};

/// What a component has of a source.
#[derive(Clone, Debug)]
pub(crate) struct SourcePlanes {
    pub(crate) kept_map: Arc<KeptMap>,
    pub(crate) draw: Draw,
    pub(crate) stencil: Arc<Stencil>,
}

impl SourcePlanes {
    /// The planes that the stencil draws on.
    pub(crate) fn view(&self) -> PlaneView<'_> {
        self.kept_map.view(self.draw)
    }

    /// How many pairs of planes a bin draws on.
    pub(crate) fn n_pairs(&self) -> usize {
        self.stencil.n_planes() / 2
    }

    /// The nodes of the source for a spectrum, or derivatives of them, row by row into `out`.
    pub(crate) fn evaluate(&self, spectrum: NamedSpectrum<'_>, rows: Rows<'_>, out: &mut [f64]) -> Result<()> {
        self.stencil.nodes(spectrum, rows, self.view().true_counts(), out)
    }

    /// The same in a vector of its own.
    pub(crate) fn nodes(&self, spectrum: NamedSpectrum<'_>, rows: Rows<'_>) -> Result<Vec<f64>> {
        let mut nodes = vec![0.0; rows.len() * self.stencil.n_nodes()];
        self.evaluate(spectrum, rows, &mut nodes)?;
        Ok(nodes)
    }

    /// Predicted counts in each of these energy bins for these nodes (or derivatives of them), from sums of the planes of a bin over all pixels.
    pub(crate) fn counts<'a>(
        &'a self,
        nodes: &'a [f64],
        bins: Range<usize>,
        sums: impl Fn(PlaneView<'a>, usize) -> &'a [f64] + 'a,
    ) -> impl Iterator<Item = f64> + 'a {
        bins.map(move |bin| {
            let terms = sums(self.view(), bin).iter().zip(self.stencil.nodes_of(nodes, bin));
            terms.zip(self.stencil.coefficients(bin)).map(|((sum, node), coefficient)| sum * node * coefficient).sum()
        })
    }

    /// [`SourcePlanes::counts`] with each pixel's weight, if there are weights.
    pub(crate) fn weighted_counts<'a>(
        &'a self,
        nodes: &'a [f64],
        bins: Range<usize>,
    ) -> impl Iterator<Item = f64> + 'a {
        self.counts(nodes, bins, PlaneView::weighted_sums)
    }
}
