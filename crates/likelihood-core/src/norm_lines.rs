//! The likelihood along the normalisations of many sources at once.
//!
//! A profile of one source's norm, and a TS without it, need the model of all *others* at every filled bin. Here that is made for every free
//! source in one pass: block by block, the sums of the sources before and of those after each one are formed in the cache, so that
//! `K` lines of `P` points cost one reading of the templates and `K P` logarithms a bin. Nothing is ever subtracted.

use std::ops::Range;

use multiversion::multiversion;
use rayon::prelude::*;
use roi_model::{Roi, Source};

use crate::column::is_line;
use crate::error::Result;
use crate::evaluation::{Active, Role};
use crate::filled::{BLOCK, Block};
use crate::joint::JointLikelihood;
use crate::kernel::{self, BlockSum, EdgeWeights, Input, Row};
use crate::likelihood::{BinnedLikelihood, UnmodelledBins};
use crate::plan::{FreeSource, Plan};
use crate::workspace::Workspace;

/// A model that differs from the region's in normalisations alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NormPoint {
    /// Which of [`NormLines::sources`] is moved.
    pub line: usize,
    /// The scaled `value` of its norm.
    pub norm: f64,
    /// Factor on the norms of all other sources of the lines: 1 along a line.
    pub others: f64,
}

/// The free sources whose model is proportional to their norm, ready to be evaluated anywhere along it; made by
/// [`JointLikelihood::norm_lines`].
#[derive(Debug)]
pub struct NormLines<'a> {
    likelihood: &'a JointLikelihood,
    roi: &'a Roi,
    /// The free sources: first those that are no lines, with nothing wanted of them, then the lines, with their norms.
    plan: Plan,
    n_rest: usize,
    sources: Vec<usize>,
}

impl JointLikelihood {
    /// Prepares the lines of all free sources whose model is proportional to their norm, whether the norm itself is free or not.
    ///
    /// ```
    /// # use likelihood_core::{BinnedLikelihood, CountsCube, EnergyAxis, JointLikelihood, NormPoint, SourceMap};
    /// # use ndarray::Array3;
    /// # use roi_model::{parameter::Parameter, roi::Roi, sky::SkyDirection, source::{Source, SourceType}, spatial::SpatialModel, spectrum::Spectrum};
    /// # let spectrum = Spectrum::new("PowerLaw", vec![
    /// #     Parameter::new("Prefactor", 3.0)?.with_scale(1e-12)?.with_free(true),
    /// #     Parameter::new("Index", 2.0)?.with_scale(-1.0)?,
    /// #     Parameter::new("Scale", 1000.0)?,
    /// # ])?;
    /// # let center = SkyDirection::new(83.63, 22.01)?;
    /// # let source = Source::new("Crab", SourceType::Point, spectrum, SpatialModel::point(center)?)?;
    /// # let mut roi = Roi::new(center, vec![source])?;
    /// # let axis = EnergyAxis::new(vec![100.0, 1000.0, 10_000.0])?;
    /// # let counts = CountsCube::new(axis, Array3::from_shape_vec((2, 1, 1), vec![250.0, 31.0])?)?;
    /// # let mut component = BinnedLikelihood::new("00", &counts);
    /// # component.add_source_map("Crab", &SourceMap::new(Array3::from_elem((3, 1, 1), 7e9))?)?;
    /// # let mut likelihood = JointLikelihood::new(vec![component])?;
    /// let lines = likelihood.norm_lines(&roi)?;
    /// assert_eq!(lines.sources(), [0]);
    /// let values = lines.values(&[2.0, 4.0, 0.0].map(|norm| NormPoint { line: 0, norm, others: 1.0 }))?;
    /// // Without the only source the counts are impossible.
    /// assert_eq!(values[2], f64::NEG_INFINITY);
    /// for (norm, value) in [2.0, 4.0].into_iter().zip(values) {
    ///     roi.sources_mut()[0].spectrum_mut().parameters_mut()[0].set_value(norm)?;
    ///     assert!((likelihood.value(&roi)? / value - 1.0).abs() < 1e-14);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`crate::Error::NoSourceMap`], or a spectrum that cannot be evaluated.
    pub fn norm_lines<'a>(&'a mut self, roi: &'a Roi) -> Result<NormLines<'a>> {
        self.prepare(roi)?;
        let likelihood = &*self;
        let (mut rest, mut lines) = (Vec::new(), Vec::new());
        for free in &likelihood.plan().free {
            let source = &roi.sources()[free.source];
            let norm =
                source.spectrum().norm_index().map(|norm| likelihood.has_line(source, norm).map(|is| (norm, is)));
            match norm.transpose()? {
                Some((norm, true)) => lines.push(FreeSource { wanted: vec![norm], ..*free }),
                _ => rest.push(FreeSource { wanted: Vec::new(), ..*free }),
            }
        }
        let (n_rest, sources) = (rest.len(), lines.iter().map(|free| free.source).collect());
        rest.append(&mut lines);
        Ok(NormLines { likelihood, roi, plan: Plan::of(rest), n_rest, sources })
    }

    fn has_line(&self, source: &Source, norm: usize) -> Result<bool> {
        for component in self.components() {
            let (laid, stencil) = component.laid(source)?;
            if !is_line(source, norm, laid, stencil)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl NormLines<'_> {
    /// The sources that can be moved, by their indices in the region, in its order.
    pub fn sources(&self) -> &[usize] {
        &self.sources
    }

    /// `logL` of each point, as [`JointLikelihood::value`] gives it for a region with these norms, up to rounding; minus infinity where the
    /// data are impossible. It is the same to the last bit for any number of threads.
    ///
    /// # Errors
    /// A spectrum that cannot be evaluated. Points of lines that are not there, or whose numbers are not finite, are minus infinity.
    pub fn values(&self, points: &[NormPoint]) -> Result<Vec<f64>> {
        let mut order: Vec<usize> = (0..points.len()).filter(|&i| points[i].line < self.sources.len()).collect();
        order.sort_by_key(|&i| points[i].line);
        let sorted: Vec<NormPoint> = order.iter().map(|&i| points[i]).collect();
        let mut totals = vec![0.0; sorted.len()];
        for component in self.likelihood.components() {
            component.add_along_norms(self, &sorted, &mut totals)?;
        }
        let mut values = vec![f64::NEG_INFINITY; points.len()];
        for (index, total) in order.into_iter().zip(totals) {
            values[index] = if total.is_nan() { f64::NEG_INFINITY } else { total };
        }
        Ok(values)
    }
}

impl BinnedLikelihood {
    /// Adds `logL` of this component at each point; `points` are in the order of their lines.
    fn add_along_norms(&self, lines: &NormLines<'_>, points: &[NormPoint], totals: &mut [f64]) -> Result<()> {
        let mut work = Workspace::default();
        let (active, parts) = self.active(lines.roi, &lines.plan)?;
        let (rest, active_lines) = active.split_at(lines.n_rest);
        self.weigh(&active, &parts, &mut work)?;
        self.first_derivatives(&active, &mut work)?;
        let rest_npred = self.fixed.npred + rest.iter().map(|source| self.npred_of(source, &parts, &work)).sum::<f64>();
        let norms: Vec<f64> = active_lines.iter().map(Active::norm).collect();
        let units = active_lines.iter().map(|line| self.unit_npred(line)).collect::<Result<Vec<f64>>>()?;

        let n_rest_pairs = rest.iter().map(Active::n_pairs).sum();
        let n_planes = parts.planes.len();
        let stride = work.derivatives.len() / self.axis().n_bins();
        let of_line = |line: usize| {
            points.partition_point(|point| point.line < line)..points.partition_point(|point| point.line <= line)
        };
        let ranges: Vec<Range<usize>> = (0..norms.len()).map(of_line).collect();
        let blocks = &self.filled.blocks;
        // As many partial sums whatever the number of threads.
        let run = blocks.len().div_ceil(CHUNKS).max(1);
        let mut partial = vec![BlockSum::default(); blocks.len().div_ceil(run) * points.len()];
        blocks.par_chunks(run).zip(partial.par_chunks_exact_mut(points.len().max(1))).for_each_init(
            || Scratch::new(norms.len()),
            |scratch, (blocks, sums)| {
                for block in blocks {
                    let input = Input {
                        counts: &self.filled.counts,
                        fixed: &self.fixed.model,
                        pairs: &parts.planes,
                        weights: &work.weights[block.bin * n_planes..(block.bin + 1) * n_planes],
                        columns: &parts.columns,
                        norms: &work.norms,
                    };
                    let derivatives = &work.derivatives[block.bin * stride..(block.bin + 1) * stride];
                    let lines =
                        Lines { n_rest_pairs, rows: &work.rows, derivatives, norms: &norms, points, ranges: &ranges };
                    along_norms(input, lines, block, scratch, sums);
                }
            },
        );
        let others = |line: usize| -> f64 {
            let all = norms.iter().zip(&units).enumerate();
            all.filter(|(other, _)| *other != line).map(|(_, (norm, unit))| norm * unit).sum()
        };
        let others: Vec<f64> = (0..norms.len()).map(others).collect();
        for (index, (point, total)) in points.iter().zip(totals).enumerate() {
            let (mut n_ln_m, mut unmodelled) = (0.0, 0.0);
            for sum in partial.iter().skip(index).step_by(points.len()) {
                n_ln_m += sum.n_ln_m;
                unmodelled += sum.unmodelled;
            }
            let npred = rest_npred + point.others * others[point.line] + point.norm * units[point.line];
            let is_impossible = unmodelled > 0.0 && self.unmodelled_bins == UnmodelledBins::Error;
            *total += if is_impossible { f64::NEG_INFINITY } else { n_ln_m - npred };
        }
        Ok(())
    }

    /// (Weighted) predicted counts of a source that takes part with its planes.
    fn npred_of(&self, source: &Active<'_>, parts: &crate::evaluation::Parts<'_>, work: &Workspace) -> f64 {
        let Role::Planes { pair, .. } = source.role else { return 0.0 };
        let of_bin = |bin: usize| {
            let weights = work.weights[bin * parts.planes.len() + pair..].iter();
            let sums = source.laid.weighted_sums(bin).chunks_exact(2).zip(weights);
            sums.map(|(sums, weights)| sums[0] * weights[0] + sums[1] * weights[1]).sum::<f64>()
        };
        (0..self.axis().n_bins()).map(of_bin).sum()
    }

    /// (Weighted) predicted counts of a line at norm 1.
    fn unit_npred(&self, line: &Active<'_>) -> Result<f64> {
        if let Role::Column { npred, .. } = line.role {
            return Ok(npred);
        }
        let mut slopes = vec![0.0; line.stencil.n_nodes()];
        line.stencil.gradient(line.source, line.wanted, line.laid.true_counts(), &mut slopes)?;
        Ok(crate::column::unit_npred(line.laid, line.stencil, &slopes, self.axis().n_bins()))
    }
}

/// How many partial sums a point has at most.
const CHUNKS: usize = 64;

/// The lines in one energy bin.
#[derive(Clone, Copy)]
struct Lines<'a> {
    /// So many of the pairs of planes are of sources that are no lines.
    n_rest_pairs: usize,
    /// Where the model of each line at norm 1 comes from.
    rows: &'a [Row],
    derivatives: &'a [EdgeWeights],
    /// The norms as they stand.
    norms: &'a [f64],
    points: &'a [NormPoint],
    /// The points of each line.
    ranges: &'a [Range<usize>],
}

/// Buffers of one thread.
struct Scratch {
    /// What no line changes.
    rest: [f64; BLOCK],
    /// Each line's model at norm 1.
    units: Vec<[f64; BLOCK]>,
    /// Whether the line reaches the block.
    reached: Vec<bool>,
    /// The sum of the lines before each one.
    before: Vec<[f64; BLOCK]>,
    /// The sum of the lines after the present one; of all others; the model.
    after: [f64; BLOCK],
    others: [f64; BLOCK],
    model: [f64; BLOCK],
}

impl Scratch {
    fn new(lines: usize) -> Self {
        let zeros = [0.0; BLOCK];
        Self {
            rest: zeros,
            units: vec![zeros; lines],
            reached: vec![false; lines],
            before: vec![zeros; lines],
            after: zeros,
            others: zeros,
            model: zeros,
        }
    }
}

/// Adds `sum N ln M` over a block to the sums of all points.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2"))]
fn along_norms(input: Input<'_>, lines: Lines<'_>, block: &Block, scratch: &mut Scratch, sums: &mut [BlockSum]) {
    let len = block.range.len();
    let counts = &input.counts[block.range.clone()];
    let Scratch { rest, units, reached, before, after, others, model } = scratch;
    let (rest, after, others, model) = (&mut rest[..len], &mut after[..len], &mut others[..len], &mut model[..len]);
    rest.copy_from_slice(&input.fixed[block.range.clone()]);
    for (planes, &weights) in input.pairs.iter().zip(input.weights).take(lines.n_rest_pairs) {
        kernel::accumulate(rest, *planes, weights, block);
    }
    after.fill(0.0);
    for (line, row) in lines.rows.iter().enumerate() {
        before[line][..len].copy_from_slice(after);
        reached[line] = kernel::row_values(input, row, lines.derivatives, block, &mut units[line][..len]);
        if reached[line] {
            for (sum, unit) in after.iter_mut().zip(&units[line]) {
                *sum += unit * lines.norms[line];
            }
        }
    }
    after.fill(0.0);
    for line in (0..lines.rows.len()).rev() {
        let unit = &units[line][..len];
        for ((others, before), after) in others.iter_mut().zip(&before[line]).zip(after.iter()) {
            *others = before + after;
        }
        // Beyond its reach, the norm of the line makes no difference.
        let mut unmoved: Option<BlockSum> = None;
        for index in lines.ranges[line].clone() {
            let point = lines.points[index];
            let is_unmoved = !reached[line] && point.others == 1.0;
            let sum = match unmoved.filter(|_| is_unmoved) {
                Some(sum) => sum,
                None if reached[line] => {
                    for (((model, rest), others), unit) in
                        model.iter_mut().zip(rest.iter()).zip(others.iter()).zip(unit)
                    {
                        *model = (rest + point.others * others) + point.norm * unit;
                    }
                    kernel::poisson(counts, model, None)
                }
                None => {
                    for ((model, rest), others) in model.iter_mut().zip(rest.iter()).zip(others.iter()) {
                        *model = rest + point.others * others;
                    }
                    kernel::poisson(counts, model, None)
                }
            };
            if is_unmoved {
                unmoved = Some(sum);
            }
            sums[index].n_ln_m += sum.n_ln_m;
            sums[index].unmodelled += sum.unmodelled;
        }
        if reached[line] {
            for (sum, unit) in after.iter_mut().zip(unit) {
                *sum += unit * lines.norms[line];
            }
        }
    }
}
