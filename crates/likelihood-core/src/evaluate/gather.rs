//! From the sums of the passes to derivatives.
//!
//! The model is linear in a source's nodes `X` ([`crate::bin_model::stencil`]). With `c_jn = d logL/dX_jn`, which is `sum_i w (N/M - 1) m`
//! gathered from all bins that draw on the node, the derivatives are `d logL/da = sum_n c_jn dX_jn/da` and
//! `d2 logL/da db = -sum_filled w N/M^2 dM/da dM/db + sum_n c_jn d2X_jn/da db` (the last term only within one source).

use ndarray::Array2;

use crate::bin_model::named_spectrum::Rows;
use crate::error::Result;
use crate::evaluate::pass::Pass;
use crate::kernel::buffers::{Buffers, resize};

impl Pass<'_> {
    /// Gathers `d logL/dX` and adds its contraction with the first derivatives of the nodes to `gradient`.
    pub(crate) fn add_gradient(&self, buffers: &mut Buffers, gradient: &mut [f64]) {
        self.gather(buffers);
        for source in &self.free.planes {
            let sums = &buffers.node_sums[source.nodes.clone()];
            let rows = buffers.first[source.derivatives.clone()].chunks_exact(sums.len());
            for (slot, row) in gradient[source.first..].iter_mut().zip(rows) {
                *slot += contract(sums, row);
            }
        }
        let n_columns = self.free.columns.len();
        for (at, source) in self.free.columns.iter().enumerate() {
            let sums = buffers.column_sums.iter().skip(at).step_by(n_columns);
            gradient[source.first] += sums.sum::<f64>() - source.unit.npred();
        }
    }

    /// `d logL/dX` of every node.
    fn gather(&self, buffers: &mut Buffers) {
        let Buffers { node_sums, ratio_sums, .. } = buffers;
        resize(node_sums, self.free.n_nodes);
        let ratios = ratio_sums.chunks_exact(self.free.n_pairs.max(1));
        for (block, ratios) in self.component.filled().blocks.iter().zip(ratios) {
            for source in &self.free.planes {
                let stencil = &source.planes.stencil;
                let sums = stencil.nodes_of_mut(&mut node_sums[source.nodes.clone()], block.bin);
                let ratios = ratios[source.pairs.clone()].iter().flatten();
                for ((sum, ratio), coefficient) in sums.iter_mut().zip(ratios).zip(stencil.coefficients(block.bin)) {
                    *sum += ratio * coefficient;
                }
            }
        }
        for source in &self.free.planes {
            let (stencil, view) = (&source.planes.stencil, source.planes.view());
            let sums = &mut node_sums[source.nodes.clone()];
            for bin in 0..self.component.n_bins() {
                let planes = view.weighted_sums(bin).iter().zip(stencil.coefficients(bin));
                for (sum, (plane, coefficient)) in stencil.nodes_of_mut(sums, bin).iter_mut().zip(planes) {
                    *sum -= plane * coefficient;
                }
            }
        }
    }

    /// Adds the pair sums and the curvature of the nodes, once the gradient is gathered; a column has none.
    pub(crate) fn add_hessian(&self, buffers: &mut Buffers, hessian: &mut Array2<f64>) -> Result<()> {
        let positions = &self.free.positions;
        let n_products = positions.len() * (positions.len() + 1) / 2;
        for sums in buffers.pair_sums.chunks_exact(n_products.max(1)) {
            let mut sums = sums.iter();
            for (i, &a) in positions.iter().enumerate() {
                for (&b, sum) in positions[i..].iter().zip(&mut sums) {
                    add_symmetric(hessian, a, b, -sum);
                }
            }
        }
        for source in &self.free.planes {
            let n_nodes = source.nodes.len();
            let rows = Rows::Second(&source.wanted);
            resize(&mut buffers.second, rows.len() * n_nodes);
            source.planes.evaluate(self.sources[source.source.position()].named(), rows, &mut buffers.second)?;
            let sums = &buffers.node_sums[source.nodes.clone()];
            let mut second = buffers.second.chunks_exact(n_nodes);
            let end = source.first + source.wanted.len();
            for a in source.first..end {
                for (b, nodes) in (a..end).zip(&mut second) {
                    add_symmetric(hessian, a, b, contract(sums, nodes));
                }
            }
        }
        Ok(())
    }
}

fn add_symmetric(hessian: &mut Array2<f64>, a: usize, b: usize, term: f64) {
    hessian[[a, b]] += term;
    if a != b {
        hessian[[b, a]] += term;
    }
}

fn contract(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
