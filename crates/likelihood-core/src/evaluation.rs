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
use roi_model::{Parameter, Roi, Source};

use crate::column::Column;
use crate::error::{Error, Result};
use crate::filled::Block;
use crate::fixed::FixedSum;
use crate::kernel::{self, Input, Planes, RatioSums, Row, Scratch};
use crate::likelihood::{BinnedLikelihood, UnmodelledBins};
use crate::plan::{FreeSource, Plan};
use crate::stencil::Stencil;
use crate::template::Laid;
use crate::workspace::{Workspace, resize};

/// A free source as a pass needs it.
pub(crate) struct Active<'a> {
    pub(crate) source: &'a Source,
    pub(crate) wanted: &'a [usize],
    pub(crate) laid: Laid<'a>,
    pub(crate) stencil: &'a Stencil,
    pub(crate) role: Role,
}

/// How a free source takes part in a pass.
pub(crate) enum Role {
    /// With its planes: where its nodes begin among those of all such sources, and its pairs of planes.
    Planes { node: usize, pair: usize },
    /// With the model at norm 1: the number of its column, the (weighted) predicted counts at norm 1, the norm.
    Column { index: usize, npred: f64, norm: f64 },
}

impl Active<'_> {
    pub(crate) fn n_pairs(&self) -> usize {
        self.stencil.n_planes() / 2
    }

    /// The value of the only wanted parameter.
    pub(crate) fn norm(&self) -> f64 {
        let parameters = self.source.spectrum().parameters();
        self.wanted.first().and_then(|&norm| parameters.get(norm)).map_or(0.0, Parameter::value)
    }
}

/// The parts of a pass.
#[derive(Default)]
pub(crate) struct Parts<'a> {
    pub(crate) planes: Vec<Planes<'a>>,
    pub(crate) columns: Vec<kernel::Column<'a>>,
    /// Length of the nodes of all sources that take part with their planes.
    n_nodes: usize,
}

impl BinnedLikelihood {
    /// Sums the named groups of fixed sources anew, and then all groups. `groups` holds, for each group, the indices of its fixed sources if
    /// it is to be summed.
    pub(crate) fn rebuild_fixed(&mut self, roi: &Roi, groups: &[Option<Vec<usize>>]) -> Result<()> {
        let mut fixed = std::mem::take(&mut self.fixed);
        fixed.groups.resize_with(groups.len(), FixedSum::default);
        for (group, sources) in fixed.groups.iter_mut().zip(groups) {
            if let Some(sources) = sources {
                self.sum_group(roi, sources, group)?;
            }
        }
        fixed.npred = fixed.groups.iter().map(|group| group.npred).sum();
        resize(&mut fixed.model, self.filled.len());
        let groups: Vec<&[f64]> =
            fixed.groups.iter().map(|group| group.model.as_slice()).filter(|model| !model.is_empty()).collect();
        self.par_blocks(&mut fixed.model, |block, model| {
            for group in &groups {
                model.iter_mut().zip(&group[block.range.clone()]).for_each(|(sum, term)| *sum += term);
            }
        });
        self.fixed = fixed;
        Ok(())
    }

    fn sum_group(&self, roi: &Roi, indices: &[usize], group: &mut FixedSum) -> Result<()> {
        let mut sources = Vec::with_capacity(indices.len());
        let mut npred = 0.0;
        for &index in indices {
            let source = &roi.sources()[index];
            let (laid, stencil) = self.laid(source)?;
            let mut nodes = vec![0.0; stencil.n_nodes()];
            stencil.values(source, laid.true_counts(), &mut nodes)?;
            npred += self.weighted_npred(source)?.iter().sum::<f64>();
            sources.push((laid, stencil, nodes));
        }
        group.npred = npred;
        resize(&mut group.model, if sources.is_empty() { 0 } else { self.filled.len() });
        if !sources.is_empty() {
            self.par_blocks(&mut group.model, |block, model| {
                for (laid, stencil, nodes) in &sources {
                    for (planes, weights) in laid.pairs().zip(stencil.pair_weights(nodes, block.bin)) {
                        kernel::add_pair(model, planes, weights, block);
                    }
                }
            });
        }
        Ok(())
    }

    /// Calls `task` with each block and its part of `model`, in parallel.
    fn par_blocks(&self, model: &mut [f64], task: impl Fn(&Block, &mut [f64]) + Sync) {
        let mut rest = model;
        let mut parts = Vec::with_capacity(self.filled.blocks.len());
        for block in &self.filled.blocks {
            let (part, tail) = std::mem::take(&mut rest).split_at_mut(block.range.len());
            rest = tail;
            parts.push((block, part));
        }
        parts.into_par_iter().for_each(|(block, part)| task(block, part));
    }

    /// Makes the columns of the sources of which only the norm is free, where they are not there or no longer true.
    pub(crate) fn collapse(&mut self, roi: &Roi, plan: &Plan) -> Result<()> {
        let wanted = |free: &FreeSource| {
            let source = &roi.sources()[free.source];
            source.spectrum().norm_index().filter(|norm| free.wanted == [*norm]).map(|norm| (source, norm))
        };
        let needed: Vec<(&Source, usize)> = plan.free.iter().filter_map(wanted).collect();
        let needed = self.within_budget(needed)?;
        self.columns.retain(|name, _| needed.iter().any(|(source, _)| source.name() == name));
        let missing: Vec<(&Source, usize)> = needed
            .into_iter()
            .filter(|(source, norm)| !self.columns.get(source.name()).is_some_and(|c| c.is_of(source, *norm)))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let make = |(source, norm): &(&Source, usize)| {
            Ok((source.name().to_owned(), Column::new(source, *norm, self.laid(source)?, &self.filled)?))
        };
        let made: Vec<Result<(String, Column)>> = missing.par_iter().map(make).collect();
        for column in made {
            let (name, column) = column?;
            self.columns.insert(name, column);
        }
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

    /// See [`crate::JointLikelihood::bytes_per_pass`].
    pub(crate) fn bytes_per_pass(&self, roi: &Roi, plan: &Plan) -> Result<usize> {
        let (_, parts) = self.active(roi, plan)?;
        let planes = parts.planes.iter().map(|pair| size_of_val(pair.lower) + size_of_val(pair.upper));
        let columns = parts.columns.iter().map(|column| size_of_val(column.values));
        let own = size_of_val(&self.filled.counts[..]) + size_of_val(&self.fixed.model[..]);
        Ok(own + planes.chain(columns).sum::<usize>())
    }

    /// The free sources of a plan, and what the passes read of them.
    pub(crate) fn active<'a>(&'a self, roi: &'a Roi, plan: &'a Plan) -> Result<(Vec<Active<'a>>, Parts<'a>)> {
        let mut parts = Parts::default();
        let mut all = Vec::with_capacity(plan.free.len());
        for free in &plan.free {
            let source = &roi.sources()[free.source];
            let (laid, stencil) = self.laid(source)?;
            let column = self.columns.get(source.name()).filter(|_| free.wanted.len() == 1);
            let role = if let (Some((column, npred)), [norm]) =
                (column.and_then(|c| c.view(laid.reach())), &free.wanted[..])
            {
                parts.columns.push(column);
                let norm = source.spectrum().parameters()[*norm].value();
                Role::Column { index: parts.columns.len() - 1, npred, norm }
            } else {
                let role = Role::Planes { node: parts.n_nodes, pair: parts.planes.len() };
                parts.n_nodes += stencil.n_nodes();
                parts.planes.extend(laid.pairs());
                role
            };
            all.push(Active { source, wanted: &free.wanted, laid, stencil, role });
        }
        Ok((all, parts))
    }

    /// Evaluates the spectra and streams the filled bins.
    fn run(&self, roi: &Roi, plan: &Plan, work: &mut Workspace, order: Order) -> Result<f64> {
        let (sources, parts) = self.active(roi, plan)?;
        let npred = self.weigh(&sources, &parts, work)?;
        if order != Order::Value {
            self.first_derivatives(&sources, work)?;
        }
        self.stream(&parts, work, order);

        let (mut n_ln_m, mut unmodelled) = (0.0, 0.0);
        for sum in &work.block_sums {
            n_ln_m += sum.n_ln_m;
            unmodelled += sum.unmodelled;
        }
        if unmodelled > 0.0 && self.unmodelled_bins == UnmodelledBins::Error {
            return Err(self.first_unmodelled(&parts, work, unmodelled));
        }
        let value = n_ln_m - npred;
        if value.is_finite() { Ok(value) } else { Err(Error::NotFinite { component: self.name.clone(), value }) }
    }

    /// Evaluates the spectra: the weights of all planes and the norms of the columns. Returns the (weighted) predicted counts.
    pub(crate) fn weigh(&self, sources: &[Active<'_>], parts: &Parts<'_>, work: &mut Workspace) -> Result<f64> {
        let mut npred = self.fixed.npred;
        let n_bins = self.axis().n_bins();
        let planes = &parts.planes;
        resize(&mut work.nodes, parts.n_nodes);
        resize(&mut work.weights, n_bins * planes.len());
        work.norms.clear();
        for Active { source, laid, stencil, role, .. } in sources {
            let (node, pair) = match role {
                Role::Planes { node, pair } => (*node, *pair),
                Role::Column { npred: unit, norm, .. } => {
                    npred += norm * unit;
                    work.norms.push(*norm);
                    continue;
                }
            };
            let nodes = &mut work.nodes[node..node + stencil.n_nodes()];
            stencil.values(source, laid.true_counts(), nodes)?;
            for k in 0..n_bins {
                let out = work.weights[k * planes.len() + pair..].iter_mut();
                let sums = laid.weighted_sums(k).chunks_exact(2);
                for ((weights, sums), out) in stencil.pair_weights(nodes, k).zip(sums).zip(out) {
                    npred += sums[0] * weights[0] + sums[1] * weights[1];
                    *out = weights;
                }
            }
        }
        Ok(npred)
    }

    /// First derivatives of the free sources' nodes, and as weights of their planes.
    pub(crate) fn first_derivatives(&self, sources: &[Active<'_>], work: &mut Workspace) -> Result<()> {
        let n_bins = self.axis().n_bins();
        // Parameters of muted sources are in the vector of free parameters, but in no source here; the rows are packed without them.
        work.rows.clear();
        let (mut stride, mut n_first) = (0, 0);
        for active in sources {
            match active.role {
                Role::Column { index, .. } => work.rows.push(Row::Column(index)),
                Role::Planes { pair, .. } => {
                    n_first += active.wanted.len() * active.stencil.n_nodes();
                    for _ in active.wanted {
                        work.rows.push(Row::Planes { pairs: pair..pair + active.n_pairs(), first: stride });
                        stride += active.n_pairs();
                    }
                }
            }
        }
        resize(&mut work.first, n_first);
        resize(&mut work.derivatives, n_bins * stride);
        let Workspace { first, derivatives, .. } = work;
        let (mut first, mut start) = (first.as_mut_slice(), 0);
        for active in sources {
            let Active { source, wanted, laid, stencil, role: Role::Planes { .. } } = active else { continue };
            let (own, rest) = std::mem::take(&mut first).split_at_mut(wanted.len() * stencil.n_nodes());
            first = rest;
            stencil.gradient(source, wanted, laid.true_counts(), own)?;
            for nodes in own.chunks_exact(stencil.n_nodes()) {
                for k in 0..n_bins {
                    let out = derivatives[k * stride + start..].iter_mut();
                    stencil.pair_weights(nodes, k).zip(out).for_each(|(weights, out)| *out = weights);
                }
                start += active.n_pairs();
            }
        }
        Ok(())
    }

    /// The passes over all blocks, in parallel. Every partial sum has its place, so the later sums are made in one order.
    fn stream(&self, parts: &Parts<'_>, work: &mut Workspace, order: Order) {
        let (n_planes, n_columns, blocks) = (parts.planes.len(), parts.columns.len(), &self.filled.blocks);
        let n_rows = if order == Order::Value { 0 } else { work.rows.len() };
        let stride = if order == Order::Value { 0 } else { work.derivatives.len() / self.axis().n_bins() };
        let n_pairs = n_rows * (n_rows + 1) / 2;
        // At most `HESSIAN_CHUNKS` matrices are kept, each the sum of a run of blocks.
        let run = blocks.len().div_ceil(HESSIAN_CHUNKS).max(1);
        resize(&mut work.block_sums, blocks.len());
        resize(&mut work.ratio_sums, blocks.len() * n_planes);
        resize(&mut work.column_sums, blocks.len() * n_columns);
        resize(&mut work.pair_sums, if order == Order::Hessian { blocks.len().div_ceil(run) * n_pairs } else { 0 });

        let Workspace { weights, norms, rows, derivatives, block_sums, ratio_sums, column_sums, pair_sums, .. } = work;
        let input = |bin: usize| Input {
            counts: &self.filled.counts,
            fixed: &self.fixed.model,
            pairs: &parts.planes,
            weights: &weights[bin * n_planes..(bin + 1) * n_planes],
            columns: &parts.columns,
            norms,
        };
        if order == Order::Value || n_rows == 0 {
            blocks.par_iter().zip(block_sums).for_each_init(
                || Scratch::new(0),
                |scratch, (block, sum)| *sum = kernel::value(input(block.bin), block, scratch),
            );
            return;
        }
        // Each block's own place for its sums.
        let mut places = Vec::with_capacity(blocks.len());
        let (mut ratio_sums, mut column_sums) = (ratio_sums.as_mut_slice(), column_sums.as_mut_slice());
        for (block, sum) in blocks.iter().zip(block_sums) {
            let (pairs, rest) = std::mem::take(&mut ratio_sums).split_at_mut(n_planes);
            ratio_sums = rest;
            let (columns, rest) = std::mem::take(&mut column_sums).split_at_mut(n_columns);
            column_sums = rest;
            places.push((block, sum, RatioSums { pairs, columns }));
        }
        if order == Order::Gradient {
            places.into_par_iter().for_each_init(
                || Scratch::new(0),
                |scratch, (block, sum, ratios)| *sum = kernel::gradient(input(block.bin), block, scratch, ratios),
            );
            return;
        }
        places.par_chunks_mut(run).zip(pair_sums.par_chunks_exact_mut(n_pairs)).for_each_init(
            || Scratch::new(n_rows),
            |scratch, (places, pairs)| {
                for (block, sum, ratios) in places {
                    let derivatives = &derivatives[block.bin * stride..(block.bin + 1) * stride];
                    let ratios = RatioSums { pairs: ratios.pairs, columns: ratios.columns };
                    **sum = kernel::hessian(input(block.bin), rows, derivatives, block, scratch, ratios, pairs);
                }
            },
        );
    }

    /// The first filled bin that the model leaves empty.
    fn first_unmodelled(&self, parts: &Parts<'_>, work: &Workspace, bins: f64) -> Error {
        let mut scratch = Scratch::new(0);
        let n_planes = parts.planes.len();
        for block in &self.filled.blocks {
            let input = Input {
                counts: &self.filled.counts,
                fixed: &self.fixed.model,
                pairs: &parts.planes,
                weights: &work.weights[block.bin * n_planes..(block.bin + 1) * n_planes],
                columns: &parts.columns,
                norms: &work.norms,
            };
            let models = kernel::model(input, block, &mut scratch);
            let empty = models.iter().position(|model| model.is_nan() || *model < f64::MIN_POSITIVE);
            if let Some(offset) = empty {
                let (index, model) = (block.range.start + offset, models[offset]);
                let (energy, y, x) = self.filled.place(index);
                let counts = f64::from(self.filled.counts[index] / self.weight(energy, y, x));
                let component = self.name.clone();
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of bins")]
                return Error::UnmodelledCounts { component, bins: bins as usize, energy, x, y, counts, model };
            }
        }
        Error::NotFinite { component: self.name.clone(), value: f64::NAN }
    }

    /// Gathers `d logL/dX` and contracts it with the first derivatives of the nodes.
    fn add_gradient(&self, roi: &Roi, plan: &Plan, work: &mut Workspace, gradient: &mut [f64]) -> Result<()> {
        let (sources, parts) = self.active(roi, plan)?;
        resize(&mut work.node_sums, work.nodes.len());
        let ratios = work.ratio_sums.chunks_exact(parts.planes.len().max(1));
        for (block, ratios) in self.filled.blocks.iter().zip(ratios) {
            for Active { stencil, role, .. } in &sources {
                let Role::Planes { node, pair } = role else { continue };
                let sums = stencil.nodes_of_mut(&mut work.node_sums[*node..], block.bin);
                let ratios = ratios[*pair..].iter().flatten();
                for ((sum, ratio), coefficient) in sums.iter_mut().zip(ratios).zip(stencil.coefficients(block.bin)) {
                    *sum += ratio * coefficient;
                }
            }
        }
        let n_columns = parts.columns.len();
        let mut rows = work.first.as_slice();
        for (free, Active { laid, stencil, role, .. }) in plan.free.iter().zip(&sources) {
            let node = match role {
                Role::Planes { node, .. } => *node,
                Role::Column { index, npred, .. } => {
                    let sums = work.column_sums.iter().skip(*index).step_by(n_columns);
                    gradient[free.first] += sums.sum::<f64>() - npred;
                    continue;
                }
            };
            let sums = &mut work.node_sums[node..node + stencil.n_nodes()];
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

    /// Adds the pair sums and the curvature of the nodes; a column has none.
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
        for (free, active) in plan.free.iter().zip(&self.active(roi, plan)?.0) {
            let Active { source, wanted, laid, stencil, role: Role::Planes { node, .. } } = active else { continue };
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

/// How many partial Hessians are kept at most.
pub(crate) const HESSIAN_CHUNKS: usize = 64;

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
