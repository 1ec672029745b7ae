//! The evaluation of one component: value, gradient and Hessian of the binned Poisson likelihood.
//!
//! `logL = sum_filled w N ln M - sum w M`, without the `ln N!` term (LAT binned likelihood); `w` is 1 without weights. The first sum runs
//! over the filled bins, in the passes of [`crate::kernel`]; the second comes from the sums of the source maps' planes, whatever the
//! number of pixels.
//!
//! The model is linear in a source's nodes `X` ([`crate::stencil`]). With `c_jn = d logL/dX_jn`, which is `sum_i w (N/M - 1) m` gathered
//! from all bins that draw on the node, the derivatives are
//! `d logL/da = sum_n c_jn dX_jn/da` and
//! `d2 logL/da db = -sum_filled w N/M^2 dM/da dM/db + sum_n c_jn d2X_jn/da db` (the last term only within one source).

use ndarray::Array2;
use rayon::prelude::*;
use roi_model::roi::Roi;
use roi_model::source::Source;

use crate::error::{Error, Result};
use crate::kernel::{self, EdgeWeights, Input, Planes, Row, Scratch};
use crate::likelihood::{BinnedLikelihood, UnmodelledBins};
use crate::plan::Plan;
use crate::stencil::Stencil;
use crate::template::Laid;
use crate::workspace::{FixedPart, Workspace, resize};

/// A free source as a pass needs it.
struct Active<'a> {
    source: &'a Source,
    wanted: &'a [usize],
    laid: Laid<'a>,
    stencil: &'a Stencil,
    /// Where its nodes begin among those of all free sources.
    node: usize,
    /// Where its pairs of planes begin.
    pair: usize,
}

impl Active<'_> {
    fn n_pairs(&self) -> usize {
        self.stencil.n_planes() / 2
    }
}

impl BinnedLikelihood {
    /// Sums the fixed sources' model anew.
    pub(crate) fn rebuild_fixed(&mut self, roi: &Roi, plan: &Plan) -> Result<()> {
        let mut fixed = FixedPart { model: std::mem::take(&mut self.fixed.model), npred: 0.0 };
        fixed.model.clear();
        fixed.model.resize(self.filled.len(), 0.0);
        let mut sources = Vec::with_capacity(plan.fixed.len());
        for &index in &plan.fixed {
            let source = &roi.sources()[index];
            let (laid, stencil) = self.laid(source)?;
            let mut nodes = vec![0.0; stencil.n_nodes()];
            stencil.values(source, laid.true_counts(), &mut nodes)?;
            fixed.npred += self.weighted_npred(source)?.iter().sum::<f64>();
            sources.push((laid, stencil, nodes));
        }
        let mut rest = fixed.model.as_mut_slice();
        let mut blocks = Vec::with_capacity(self.filled.blocks.len());
        for block in &self.filled.blocks {
            let (model, tail) = std::mem::take(&mut rest).split_at_mut(block.range.len());
            rest = tail;
            blocks.push((block, model));
        }
        blocks.into_par_iter().for_each(|(block, model)| {
            for (laid, stencil, nodes) in &sources {
                for (planes, weights) in laid.pairs().zip(pair_weights(stencil, nodes, block.bin)) {
                    kernel::add_pair(model, planes, weights, &block.range);
                }
            }
        });
        self.fixed = fixed;
        Ok(())
    }

    /// `logL` of this component. `rebuild_fixed` must have been called for the plan.
    pub(crate) fn value(&mut self, roi: &Roi, plan: &Plan) -> Result<f64> {
        let mut work = std::mem::take(&mut self.work);
        let result = self.run(roi, plan, &mut work, Order::Value);
        self.work = work;
        result
    }

    /// `logL`; its derivatives with respect to the free parameters' `value` are added to `gradient`.
    pub(crate) fn gradient(&mut self, roi: &Roi, plan: &Plan, gradient: &mut [f64]) -> Result<f64> {
        let mut work = std::mem::take(&mut self.work);
        let result = self.run(roi, plan, &mut work, Order::Gradient).and_then(|value| {
            self.add_gradient(roi, plan, &mut work, gradient)?;
            Ok(value)
        });
        self.work = work;
        result
    }

    /// `logL`; first and second derivatives are added to `gradient` and `hessian` (both triangles).
    pub(crate) fn hessian(
        &mut self,
        roi: &Roi,
        plan: &Plan,
        gradient: &mut [f64],
        hessian: &mut Array2<f64>,
    ) -> Result<f64> {
        let mut work = std::mem::take(&mut self.work);
        let result = self.run(roi, plan, &mut work, Order::Hessian).and_then(|value| {
            self.add_gradient(roi, plan, &mut work, gradient)?;
            self.add_hessian(roi, plan, &mut work, hessian)?;
            Ok(value)
        });
        self.work = work;
        result
    }

    /// The free sources of a plan.
    fn active<'a>(&'a self, roi: &'a Roi, plan: &'a Plan) -> Result<Vec<Active<'a>>> {
        let (mut node, mut pair) = (0, 0);
        let mut all = Vec::with_capacity(plan.free.len());
        for free in &plan.free {
            let source = &roi.sources()[free.source];
            let (laid, stencil) = self.laid(source)?;
            let active = Active { source, wanted: &free.wanted, laid, stencil, node, pair };
            node += stencil.n_nodes();
            pair += active.n_pairs();
            all.push(active);
        }
        Ok(all)
    }

    /// Evaluates the spectra and streams the filled bins.
    fn run(&self, roi: &Roi, plan: &Plan, work: &mut Workspace, order: Order) -> Result<f64> {
        let mut npred = self.fixed.npred;
        let n_bins = self.axis().n_bins();
        let sources = self.active(roi, plan)?;
        let planes: Vec<Planes<'_>> = sources.iter().flat_map(|active| active.laid.pairs()).collect();
        resize(&mut work.nodes, sources.iter().map(|active| active.stencil.n_nodes()).sum());
        resize(&mut work.weights, n_bins * planes.len());
        for Active { source, laid, stencil, node, pair, .. } in &sources {
            let nodes = &mut work.nodes[*node..node + stencil.n_nodes()];
            stencil.values(source, laid.true_counts(), nodes)?;
            for k in 0..n_bins {
                let out = work.weights[k * planes.len() + pair..].iter_mut();
                let sums = laid.weighted_sums(k).chunks_exact(2);
                for ((weights, sums), out) in pair_weights(stencil, nodes, k).zip(sums).zip(out) {
                    npred += sums[0] * weights[0] + sums[1] * weights[1];
                    *out = weights;
                }
            }
        }
        if order != Order::Value {
            self.first_derivatives(&sources, work)?;
        }
        self.stream(&planes, work, order);

        let (mut n_ln_m, mut unmodelled) = (0.0, 0.0);
        for sum in &work.block_sums {
            n_ln_m += sum.n_ln_m;
            unmodelled += sum.unmodelled;
        }
        if unmodelled > 0.0 && self.unmodelled_bins == UnmodelledBins::Error {
            return Err(self.first_unmodelled(&planes, work, unmodelled));
        }
        let value = n_ln_m - npred;
        if value.is_finite() { Ok(value) } else { Err(Error::NotFinite { component: self.name.clone(), value }) }
    }

    /// First derivatives of the free sources' nodes, and as weights of their planes.
    fn first_derivatives(&self, sources: &[Active<'_>], work: &mut Workspace) -> Result<()> {
        let n_bins = self.axis().n_bins();
        resize(&mut work.first, sources.iter().map(|active| active.wanted.len() * active.stencil.n_nodes()).sum());
        // Parameters of muted sources are in the vector of free parameters, but in no source here; the rows are packed without them.
        work.rows.clear();
        let mut stride = 0;
        for active in sources {
            for _ in active.wanted {
                work.rows.push(Row { pairs: active.pair..active.pair + active.n_pairs(), first: stride });
                stride += active.n_pairs();
            }
        }
        resize(&mut work.derivatives, n_bins * stride);
        let Workspace { first, rows, derivatives, .. } = work;
        let (mut first, mut rows) = (first.as_mut_slice(), rows.iter());
        for Active { source, wanted, laid, stencil, .. } in sources {
            let (own, rest) = std::mem::take(&mut first).split_at_mut(wanted.len() * stencil.n_nodes());
            first = rest;
            stencil.gradient(source, wanted, laid.true_counts(), own)?;
            for (nodes, row) in own.chunks_exact(stencil.n_nodes()).zip(&mut rows) {
                for k in 0..n_bins {
                    let out = derivatives[k * stride + row.first..].iter_mut();
                    pair_weights(stencil, nodes, k).zip(out).for_each(|(weights, out)| *out = weights);
                }
            }
        }
        Ok(())
    }

    /// The passes over all blocks, in parallel. Every partial sum has its place, so the later sums are made in one order.
    fn stream(&self, planes: &[Planes<'_>], work: &mut Workspace, order: Order) {
        let (n_planes, blocks) = (planes.len(), &self.filled.blocks);
        let n_rows = if order == Order::Value { 0 } else { work.rows.len() };
        let stride = if order == Order::Value { 0 } else { work.derivatives.len() / self.axis().n_bins() };
        let n_pairs = n_rows * (n_rows + 1) / 2;
        // At most `HESSIAN_CHUNKS` matrices are kept, each the sum of a run of blocks.
        let run = blocks.len().div_ceil(HESSIAN_CHUNKS).max(1);
        resize(&mut work.block_sums, blocks.len());
        resize(&mut work.ratio_sums, blocks.len() * n_planes);
        resize(&mut work.pair_sums, if order == Order::Hessian { blocks.len().div_ceil(run) * n_pairs } else { 0 });

        let Workspace { weights, rows, derivatives, block_sums, ratio_sums, pair_sums, .. } = work;
        let input = |bin: usize| Input {
            counts: &self.filled.counts,
            fixed: &self.fixed.model,
            pairs: planes,
            weights: &weights[bin * n_planes..(bin + 1) * n_planes],
        };
        match order {
            Order::Value => blocks.par_iter().zip(block_sums).for_each_init(
                || Scratch::new(0),
                |scratch, (block, sum)| *sum = kernel::value(input(block.bin), &block.range, scratch),
            ),
            _ if n_planes == 0 => blocks.par_iter().zip(block_sums).for_each_init(
                || Scratch::new(0),
                |scratch, (block, sum)| *sum = kernel::value(input(block.bin), &block.range, scratch),
            ),
            Order::Gradient => {
                blocks.par_iter().zip(block_sums).zip(ratio_sums.par_chunks_exact_mut(n_planes)).for_each_init(
                    || Scratch::new(0),
                    |scratch, ((block, sum), ratios)| {
                        *sum = kernel::gradient(input(block.bin), &block.range, scratch, ratios);
                    },
                );
            }
            Order::Hessian => blocks
                .par_chunks(run)
                .zip(block_sums.par_chunks_mut(run))
                .zip(ratio_sums.par_chunks_mut(run * n_planes))
                .zip(pair_sums.par_chunks_exact_mut(n_pairs))
                .for_each_init(
                    || Scratch::new(n_rows),
                    |scratch, (((blocks, sums), ratios), pairs)| {
                        for ((block, sum), ratios) in blocks.iter().zip(sums).zip(ratios.chunks_exact_mut(n_planes)) {
                            let derivatives = &derivatives[block.bin * stride..(block.bin + 1) * stride];
                            let input = input(block.bin);
                            *sum = kernel::hessian(input, rows, derivatives, &block.range, scratch, ratios, pairs);
                        }
                    },
                ),
        }
    }

    /// The first filled bin that the model leaves empty.
    fn first_unmodelled(&self, planes: &[Planes<'_>], work: &Workspace, bins: f64) -> Error {
        let model = |index: usize, bin: usize| {
            let weights = &work.weights[bin * planes.len()..(bin + 1) * planes.len()];
            planes.iter().zip(weights).fold(self.fixed.model[index], |model, (planes, weights)| {
                model + f64::from(planes.lower[index]) * weights[0] + f64::from(planes.upper[index]) * weights[1]
            })
        };
        let all = self.filled.blocks.iter().flat_map(|block| block.range.clone().map(|index| (index, block.bin)));
        let (index, model) = all
            .map(|(index, bin)| (index, model(index, bin)))
            .find(|(_, model)| model.is_nan() || *model < f64::MIN_POSITIVE)
            .unwrap_or_default();
        let (energy, y, x) = self.filled.place(index);
        let counts = f64::from(self.filled.counts[index] / self.weight(energy, y, x));
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of bins")]
        Error::UnmodelledCounts { component: self.name.clone(), bins: bins as usize, energy, x, y, counts, model }
    }

    /// Gathers `d logL/dX` and contracts it with the first derivatives of the nodes.
    fn add_gradient(&self, roi: &Roi, plan: &Plan, work: &mut Workspace, gradient: &mut [f64]) -> Result<()> {
        let sources = self.active(roi, plan)?;
        let n_planes = sources.last().map_or(0, |active| active.pair + active.n_pairs());
        resize(&mut work.node_sums, work.nodes.len());
        for (block, ratios) in self.filled.blocks.iter().zip(work.ratio_sums.chunks_exact(n_planes.max(1))) {
            for Active { stencil, node, pair, .. } in &sources {
                let sums = stencil.nodes_of_mut(&mut work.node_sums[*node..], block.bin);
                let ratios = ratios[*pair..].iter().flatten();
                for ((sum, ratio), coefficient) in sums.iter_mut().zip(ratios).zip(stencil.coefficients(block.bin)) {
                    *sum += ratio * coefficient;
                }
            }
        }
        let mut rows = work.first.as_slice();
        for (free, Active { laid, stencil, node, .. }) in plan.free.iter().zip(&sources) {
            let sums = &mut work.node_sums[*node..node + stencil.n_nodes()];
            for k in 0..self.axis().n_bins() {
                let planes = laid.weighted_sums(k).iter().zip(stencil.coefficients(k));
                for (sum, (plane, coefficient)) in stencil.nodes_of_mut(sums, k).iter_mut().zip(planes) {
                    *sum -= plane * coefficient;
                }
            }
            for p in 0..free.wanted.len() {
                let (row, rest) = rows.split_at(stencil.n_nodes());
                gradient[free.first + p] += contract(sums, row);
                rows = rest;
            }
        }
        Ok(())
    }

    /// Adds the pair sums and the curvature of the nodes.
    fn add_hessian(&self, roi: &Roi, plan: &Plan, work: &mut Workspace, hessian: &mut Array2<f64>) -> Result<()> {
        let positions: Vec<usize> = plan.free.iter().flat_map(|f| f.first..f.first + f.wanted.len()).collect();
        let n_pairs = positions.len() * (positions.len() + 1) / 2;
        for sums in work.pair_sums.chunks_exact(n_pairs.max(1)) {
            let mut sums = sums.iter();
            for (i, &a) in positions.iter().enumerate() {
                for (&b, sum) in positions[i..].iter().zip(&mut sums) {
                    hessian[[a, b]] -= sum;
                    if a != b {
                        hessian[[b, a]] -= sum;
                    }
                }
            }
        }
        for (free, Active { source, wanted, laid, stencil, node, .. }) in plan.free.iter().zip(&self.active(roi, plan)?)
        {
            let sums = &work.node_sums[*node..node + stencil.n_nodes()];
            resize(&mut work.second, free.n_pairs() * stencil.n_nodes());
            stencil.hessian(source, wanted, laid.true_counts(), &mut work.second)?;
            let mut second = work.second.chunks_exact(stencil.n_nodes());
            for a in free.first..free.first + free.wanted.len() {
                for (b, nodes) in (a..free.first + free.wanted.len()).zip(&mut second) {
                    let curvature = contract(sums, nodes);
                    hessian[[a, b]] += curvature;
                    if a != b {
                        hessian[[b, a]] += curvature;
                    }
                }
            }
        }
        Ok(())
    }
}

/// The weights of the pairs of planes of an energy bin, for a source's nodes (or a derivative of them).
fn pair_weights<'a>(stencil: &'a Stencil, nodes: &'a [f64], bin: usize) -> impl Iterator<Item = EdgeWeights> + use<'a> {
    let nodes = stencil.nodes_of(nodes, bin).chunks_exact(2);
    nodes.zip(stencil.coefficients(bin).chunks_exact(2)).map(|(x, a)| [x[0] * a[0], x[1] * a[1]])
}

/// How many partial Hessians are kept at most.
const HESSIAN_CHUNKS: usize = 64;

/// Which derivatives a pass takes.
#[derive(Clone, Copy, PartialEq)]
enum Order {
    Value,
    Gradient,
    Hessian,
}

fn contract(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
