//! The evaluation of one component: value, gradient and Hessian of the binned Poisson likelihood.
//!
//! `logL = sum_filled N ln M - sum M`, without the `ln N!` term (LAT binned likelihood). The first sum runs over the filled bins, in
//! the passes of [`crate::kernel`]; the second comes from the sums of the source maps' planes, whatever the number of pixels.
//!
//! With `c_jk = sum_i (N/M - 1) m_ijk` gathered at both edges of every bin, the derivatives are
//! `d logL/da = sum_k c_jk dS_jk/da` and
//! `d2 logL/da db = -sum_filled N/M^2 dM/da dM/db + sum_k c_jk d2S_jk/da db` (the last term only within one source).

use ndarray::Array2;
use rayon::prelude::*;
use roi_model::roi::Roi;

use crate::error::{Error, Result};
use crate::kernel::{self, EdgeWeights, Input, Planes, Scratch};
use crate::likelihood::{BinnedLikelihood, UnmodelledBins};
use crate::plan::Plan;
use crate::workspace::{FixedPart, Workspace, resize};

impl BinnedLikelihood {
    /// Sums the fixed sources' model anew.
    pub(crate) fn rebuild_fixed(&mut self, roi: &Roi, plan: &Plan) -> Result<()> {
        let mut fixed = FixedPart { model: std::mem::take(&mut self.fixed.model), npred: 0.0 };
        fixed.model.clear();
        fixed.model.resize(self.filled.len(), 0.0);
        let mut sources = Vec::with_capacity(plan.fixed.len());
        for &index in &plan.fixed {
            let source = &roi.sources()[index];
            sources.push((self.template(source.name())?.planes(), self.spectrum(source)?));
            fixed.npred += self.npred(source)?.iter().sum::<f64>();
        }
        let mut rest = fixed.model.as_mut_slice();
        let mut blocks = Vec::with_capacity(self.filled.blocks.len());
        for block in &self.filled.blocks {
            let (model, tail) = std::mem::take(&mut rest).split_at_mut(block.range.len());
            rest = tail;
            blocks.push((block, model));
        }
        blocks.into_par_iter().for_each(|(block, model)| {
            for (planes, spectrum) in &sources {
                let weights = self.edge_weights(spectrum, block.bin);
                kernel::add_source(model, *planes, weights, &block.range);
            }
        });
        self.fixed = fixed;
        Ok(())
    }

    /// `S-` and `S+` of energy bin `k` for a spectrum (or a derivative of one) at the edges.
    fn edge_weights(&self, at_edges: &[f64], k: usize) -> EdgeWeights {
        [at_edges[k] * self.rule.lower[k], at_edges[k + 1] * self.rule.upper[k]]
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
        let result = self.run(roi, plan, &mut work, Order::Gradient);
        if result.is_ok() {
            self.add_gradient(plan, &mut work, gradient);
        }
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
            self.add_gradient(plan, &mut work, gradient);
            self.add_hessian(roi, plan, &mut work, hessian)?;
            Ok(value)
        });
        self.work = work;
        result
    }

    /// Evaluates the spectra and streams the filled bins.
    fn run(&self, roi: &Roi, plan: &Plan, work: &mut Workspace, order: Order) -> Result<f64> {
        let mut npred = self.fixed.npred;
        let edges = self.axis.edges();
        let (n_edges, n_bins, n_free) = (edges.len(), self.axis.n_bins(), plan.free.len());
        let mut planes = Vec::with_capacity(n_free);
        resize(&mut work.spectra, n_free * n_edges);
        resize(&mut work.weights, n_bins * n_free);
        for (j, free) in plan.free.iter().enumerate() {
            let source = &roi.sources()[free.source];
            let template = self.template(source.name())?;
            let values = &mut work.spectra[j * n_edges..(j + 1) * n_edges];
            source.spectrum().evaluate(edges, values).map_err(|error| error.in_source(source.name()))?;
            self.check_finite(source, values)?;
            for k in 0..n_bins {
                let weights = self.edge_weights(values, k);
                npred += template.plane_sums[k] * weights[0] + template.plane_sums[k + 1] * weights[1];
                work.weights[k * n_free + j] = weights;
            }
            planes.push(template.planes());
        }
        if order != Order::Value {
            self.first_derivatives(roi, plan, work)?;
        }
        self.stream(plan, &planes, work, order);

        let (mut n_ln_m, mut unmodelled) = (0.0, 0.0);
        for sum in &work.block_sums {
            n_ln_m += sum.n_ln_m;
            unmodelled += sum.unmodelled;
        }
        if unmodelled > 0.0 && self.unmodelled_bins == UnmodelledBins::Error {
            return Err(self.first_unmodelled(plan, &planes, work, unmodelled));
        }
        let value = n_ln_m - npred;
        if value.is_finite() { Ok(value) } else { Err(Error::NotFinite { component: self.name.clone(), value }) }
    }

    /// First derivatives of the free spectra, at the edges and as edge weights.
    fn first_derivatives(&self, roi: &Roi, plan: &Plan, work: &mut Workspace) -> Result<()> {
        let edges = self.axis.edges();
        let n_edges = edges.len();
        // Parameters of muted sources are in the vector of free parameters, but in no source here; the rows are packed without them.
        let n_rows: usize = plan.free.iter().map(|free| free.wanted.len()).sum();
        resize(&mut work.first, n_rows * n_edges);
        work.parameter_weights.clear();
        work.parameter_weights.resize(n_rows * self.axis.n_bins(), (0, [0.0; 2]));
        let mut row = 0;
        for (j, free) in plan.free.iter().enumerate() {
            let source = &roi.sources()[free.source];
            let rows = &mut work.first[row * n_edges..(row + free.wanted.len()) * n_edges];
            let evaluated = source.spectrum().gradient(edges, &free.wanted, rows);
            evaluated.map_err(|error| error.in_source(source.name()))?;
            self.check_finite(source, rows)?;
            for at_edges in rows.chunks_exact(n_edges) {
                for k in 0..self.axis.n_bins() {
                    work.parameter_weights[k * n_rows + row] = (j, self.edge_weights(at_edges, k));
                }
                row += 1;
            }
        }
        Ok(())
    }

    /// The passes over all blocks, in parallel. Every partial sum has its place, so the later sums are made in one order.
    fn stream(&self, plan: &Plan, planes: &[Planes<'_>], work: &mut Workspace, order: Order) {
        let (n_free, blocks) = (plan.free.len(), &self.filled.blocks);
        let n_rows = if order == Order::Value { 0 } else { work.parameter_weights.len() / self.axis.n_bins() };
        let n_pairs = n_rows * (n_rows + 1) / 2;
        // At most `HESSIAN_CHUNKS` matrices are kept, each the sum of a run of blocks.
        let run = blocks.len().div_ceil(HESSIAN_CHUNKS).max(1);
        resize(&mut work.block_sums, blocks.len());
        resize(&mut work.ratio_sums, blocks.len() * n_free);
        resize(&mut work.pair_sums, if order == Order::Hessian { blocks.len().div_ceil(run) * n_pairs } else { 0 });

        let Workspace { weights, parameter_weights, block_sums, ratio_sums, pair_sums, .. } = work;
        let input = |bin: usize| Input {
            counts: &self.filled.counts,
            fixed: &self.fixed.model,
            sources: planes,
            weights: &weights[bin * n_free..(bin + 1) * n_free],
        };
        match order {
            Order::Value => blocks.par_iter().zip(block_sums).for_each_init(
                || Scratch::new(0),
                |scratch, (block, sum)| *sum = kernel::value(input(block.bin), &block.range, scratch),
            ),
            _ if n_free == 0 => blocks.par_iter().zip(block_sums).for_each_init(
                || Scratch::new(0),
                |scratch, (block, sum)| *sum = kernel::value(input(block.bin), &block.range, scratch),
            ),
            Order::Gradient => {
                blocks.par_iter().zip(block_sums).zip(ratio_sums.par_chunks_exact_mut(n_free)).for_each_init(
                    || Scratch::new(0),
                    |scratch, ((block, sum), ratios)| {
                        *sum = kernel::gradient(input(block.bin), &block.range, scratch, ratios);
                    },
                );
            }
            Order::Hessian => blocks
                .par_chunks(run)
                .zip(block_sums.par_chunks_mut(run))
                .zip(ratio_sums.par_chunks_mut(run * n_free))
                .zip(pair_sums.par_chunks_exact_mut(n_pairs))
                .for_each_init(
                    || Scratch::new(n_rows),
                    |scratch, (((blocks, sums), ratios), pairs)| {
                        for ((block, sum), ratios) in blocks.iter().zip(sums).zip(ratios.chunks_exact_mut(n_free)) {
                            let parameters = &parameter_weights[block.bin * n_rows..(block.bin + 1) * n_rows];
                            *sum = kernel::hessian(input(block.bin), parameters, &block.range, scratch, ratios, pairs);
                        }
                    },
                ),
        }
    }

    /// The first filled bin that the model leaves empty.
    fn first_unmodelled(&self, plan: &Plan, planes: &[Planes<'_>], work: &Workspace, bins: f64) -> Error {
        let n_free = plan.free.len();
        let model = |index: usize, bin: usize| {
            let weights = &work.weights[bin * n_free..(bin + 1) * n_free];
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
        let counts = f64::from(self.filled.counts[index]);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of bins")]
        Error::UnmodelledCounts { component: self.name.clone(), bins: bins as usize, energy, x, y, counts, model }
    }

    /// Gathers `sum (N/M - 1) m` at the edges and contracts it with the first derivatives of the spectra.
    fn add_gradient(&self, plan: &Plan, work: &mut Workspace, gradient: &mut [f64]) {
        let (n_edges, n_free) = (self.axis.edges().len(), plan.free.len());
        resize(&mut work.edge_sums, n_free * n_edges);
        for (block, ratios) in self.filled.blocks.iter().zip(work.ratio_sums.chunks_exact(n_free.max(1))) {
            let k = block.bin;
            for (j, [lower, upper]) in ratios.iter().enumerate() {
                work.edge_sums[j * n_edges + k] += lower * self.rule.lower[k];
                work.edge_sums[j * n_edges + k + 1] += upper * self.rule.upper[k];
            }
        }
        let mut row = 0;
        for (free, sums) in plan.free.iter().zip(work.edge_sums.chunks_exact_mut(n_edges)) {
            let Some(template) = self.templates.get(&plan.names[free.source]) else { continue };
            for k in 0..self.axis.n_bins() {
                sums[k] -= template.plane_sums[k] * self.rule.lower[k];
                sums[k + 1] -= template.plane_sums[k + 1] * self.rule.upper[k];
            }
            for p in 0..free.wanted.len() {
                gradient[free.first + p] += contract(sums, &work.first[row * n_edges..(row + 1) * n_edges]);
                row += 1;
            }
        }
    }

    /// Adds the pair sums and the curvature of the spectra.
    fn add_hessian(&self, roi: &Roi, plan: &Plan, work: &mut Workspace, hessian: &mut Array2<f64>) -> Result<()> {
        let n_edges = self.axis.edges().len();
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
        for (free, sums) in plan.free.iter().zip(work.edge_sums.chunks_exact(n_edges)) {
            let source = &roi.sources()[free.source];
            resize(&mut work.second, free.n_pairs() * n_edges);
            let evaluated = source.spectrum().hessian(self.axis.edges(), &free.wanted, &mut work.second);
            evaluated.map_err(|error| error.in_source(source.name()))?;
            self.check_finite(source, &work.second)?;
            let mut second = work.second.chunks_exact(n_edges);
            for a in free.first..free.first + free.wanted.len() {
                for (b, at_edges) in (a..free.first + free.wanted.len()).zip(&mut second) {
                    let curvature = contract(sums, at_edges);
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
