//! The streaming passes over one block of filled bins.
//!
//! With `N` the (weighted) counts, `M` the model and `m-`, `m+` a pair of planes of a source's map:
//! `M = F + sum (m- S- + m+ S+)` over all pairs of all free sources, `F` the fixed sources' part. Without energy dispersion a source has
//! one pair, the planes that bound the energy bin; with dispersion over a window of `n` bins it has `n + 1`.
//! - [`value`] sums `N ln M`;
//! - [`gradient`] also sums `N/M m-` and `N/M m+` of every pair, which is all that first (and, for the spectra's own curvature,
//!   second) derivatives need;
//! - [`hessian`] also sums the products `N/M^2 dM/da dM/db` of every pair of free parameters.
//!
//! Each pass reads a source's templates from memory once. Sums run over eight fixed lanes, so that they vectorise and give the same
//! bits on every instruction set; nothing is fused.

use std::ops::Range;

use multiversion::multiversion;

use crate::filled::BLOCK;
use crate::mathvec::ln;

/// Lanes of the running sums.
const LANES: usize = 8;

/// Two planes of a source's map, at each filled bin: those that bound it, or two of a window around it.
#[derive(Clone, Copy)]
pub(crate) struct Planes<'a> {
    pub(crate) lower: &'a [f32],
    pub(crate) upper: &'a [f32],
}

impl Planes<'_> {
    fn slice(self, range: &Range<usize>) -> Self {
        Self { lower: &self.lower[range.clone()], upper: &self.upper[range.clone()] }
    }
}

/// A spectrum's weights of the two planes of a pair, `S-` and `S+` (or a derivative of them).
pub(crate) type EdgeWeights = [f64; 2];

/// What every pass reads: the data, the fixed part of the model, and the free sources with their weights in the block's energy bin.
#[derive(Clone, Copy)]
pub(crate) struct Input<'a> {
    /// Counts of all filled bins.
    pub(crate) counts: &'a [f32],
    /// Model of the fixed sources at all filled bins.
    pub(crate) fixed: &'a [f64],
    /// The free sources' pairs of planes at all filled bins.
    pub(crate) pairs: &'a [Planes<'a>],
    /// Their weights in this energy bin.
    pub(crate) weights: &'a [EdgeWeights],
}

/// A free parameter: the pairs of its source, and where the derivatives of their weights begin.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// Indices into [`Input::pairs`].
    pub(crate) pairs: Range<usize>,
    /// Index of the derivative of the first pair's weights, among those of an energy bin.
    pub(crate) first: usize,
}

/// What a pass says of a block.
#[derive(Clone, Copy, Default, Debug, PartialEq)]
pub(crate) struct BlockSum {
    /// Sum of `N ln M`.
    pub(crate) n_ln_m: f64,
    /// Bins where `M` is not positive; they are left out of every sum.
    pub(crate) unmodelled: f64,
}

/// Buffers of one thread, each [`BLOCK`] long (`scaled`: one row a free parameter).
pub(crate) struct Scratch {
    model: [f64; BLOCK],
    ratio: [f64; BLOCK],
    scaled: Vec<f64>,
}

impl Scratch {
    pub(crate) fn new(n_parameters: usize) -> Self {
        Self { model: [0.0; BLOCK], ratio: [0.0; BLOCK], scaled: vec![0.0; n_parameters * BLOCK] }
    }
}

/// Adds one pair of planes to the model of a block; `model` is of the block's length.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2"))]
pub(crate) fn add_pair(model: &mut [f64], pair: Planes<'_>, weights: EdgeWeights, range: &Range<usize>) {
    accumulate(model, pair.slice(range), weights);
}

/// Sum of `N ln M` over a block.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2"))]
pub(crate) fn value(input: Input<'_>, range: &Range<usize>, scratch: &mut Scratch) -> BlockSum {
    model_and_ratio(input, range, scratch)
}

/// [`value`], and `sums[q] = [sum N/M m-_q, sum N/M m+_q]` of every pair of planes.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2"))]
pub(crate) fn gradient(
    input: Input<'_>,
    range: &Range<usize>,
    scratch: &mut Scratch,
    sums: &mut [EdgeWeights],
) -> BlockSum {
    let sum = model_and_ratio(input, range, scratch);
    ratio_sums(input, range, scratch, sums);
    sum
}

/// [`gradient`], and the pair sums added to `pairs`: the packed upper triangle, row by row, of the matrix over the free parameters.
/// `rows[a]` are the pairs of planes of parameter `a`, `derivatives` those of their weights in this energy bin.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2"))]
pub(crate) fn hessian(
    input: Input<'_>,
    rows: &[Row],
    derivatives: &[EdgeWeights],
    range: &Range<usize>,
    scratch: &mut Scratch,
    sums: &mut [EdgeWeights],
    pairs: &mut [f64],
) -> BlockSum {
    let sum = model_and_ratio(input, range, scratch);
    ratio_sums(input, range, scratch, sums);

    let len = range.len();
    // (N/M)/sqrt(N) = sqrt(N)/M: with it on both factors the pair sums become plain dot products.
    for (r, &n) in scratch.ratio.iter_mut().zip(&input.counts[range.clone()]) {
        *r /= f64::from(n).sqrt();
    }
    for (row, out) in rows.iter().zip(scratch.scaled.chunks_exact_mut(BLOCK)) {
        let out = &mut out[..len];
        let (last, others) = (row.pairs.end - 1, row.pairs.start..row.pairs.end - 1);
        let weights = &derivatives[row.first..];
        let final_weights = weights[others.len()];
        let planes = input.pairs[last].slice(range);
        if others.is_empty() {
            for (((out, &lower), &upper), &r) in out.iter_mut().zip(planes.lower).zip(planes.upper).zip(&scratch.ratio)
            {
                *out = (f64::from(lower) * final_weights[0] + f64::from(upper) * final_weights[1]) * r;
            }
            continue;
        }
        out.fill(0.0);
        for (pair, &weights) in others.zip(weights) {
            accumulate(out, input.pairs[pair].slice(range), weights);
        }
        for (((out, &lower), &upper), &r) in out.iter_mut().zip(planes.lower).zip(planes.upper).zip(&scratch.ratio) {
            *out = (*out + f64::from(lower) * final_weights[0] + f64::from(upper) * final_weights[1]) * r;
        }
    }
    let scaled = |a: usize| &scratch.scaled[a * BLOCK..a * BLOCK + len];
    let mut next = 0;
    for a in 0..rows.len() {
        for b in a..rows.len() {
            pairs[next] += dot(scaled(a), scaled(b));
            next += 1;
        }
    }
    sum
}

/// The model of the block, its `N ln M` and, in the scratch, `N/M`.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled for the instruction set of the multiversioned caller")]
fn model_and_ratio(input: Input<'_>, range: &Range<usize>, scratch: &mut Scratch) -> BlockSum {
    let model = &mut scratch.model[..range.len()];
    model.copy_from_slice(&input.fixed[range.clone()]);
    for (planes, &weights) in input.pairs.iter().zip(input.weights) {
        accumulate(model, planes.slice(range), weights);
    }
    poisson(&input.counts[range.clone()], model, &mut scratch.ratio[..range.len()])
}

/// `sum N/M m-` and `sum N/M m+` of every pair.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled for the instruction set of the multiversioned caller")]
fn ratio_sums(input: Input<'_>, range: &Range<usize>, scratch: &Scratch, sums: &mut [EdgeWeights]) {
    let ratio = &scratch.ratio[..range.len()];
    for (planes, out) in input.pairs.iter().zip(sums) {
        let planes = planes.slice(range);
        *out = [dot(ratio, planes.lower), dot(ratio, planes.upper)];
    }
}

/// `model += m- S- + m+ S+`.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled for the instruction set of the multiversioned caller")]
fn accumulate(model: &mut [f64], planes: Planes<'_>, weights: EdgeWeights) {
    for ((m, &lower), &upper) in model.iter_mut().zip(planes.lower).zip(planes.upper) {
        *m += f64::from(lower) * weights[0] + f64::from(upper) * weights[1];
    }
}

/// Sum of `N ln M`, and `ratio = N/M`; bins with `M <= 0` (or NaN) are counted and contribute nothing.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled for the instruction set of the multiversioned caller")]
fn poisson(counts: &[f32], model: &[f64], ratio: &mut [f64]) -> BlockSum {
    let mut sum = [0.0; LANES];
    let mut unmodelled = [0.0; LANES];
    let mut step = |lane: usize, n: f32, m: f64, r: &mut f64| {
        let modelled = m >= f64::MIN_POSITIVE;
        let n = if modelled { f64::from(n) } else { 0.0 };
        let m = if modelled { m } else { 1.0 };
        unmodelled[lane] += if modelled { 0.0 } else { 1.0 };
        sum[lane] += n * ln(m);
        *r = n / m;
    };
    let whole = counts.len() - counts.len() % LANES;
    for ((n, m), r) in counts.chunks_exact(LANES).zip(model.chunks_exact(LANES)).zip(ratio.chunks_exact_mut(LANES)) {
        for lane in 0..LANES {
            step(lane, n[lane], m[lane], &mut r[lane]);
        }
    }
    for (lane, ((&n, &m), r)) in counts[whole..].iter().zip(&model[whole..]).zip(&mut ratio[whole..]).enumerate() {
        step(lane, n, m, r);
    }
    BlockSum { n_ln_m: total(sum), unmodelled: total(unmodelled) }
}

/// Dot product over fixed lanes; `b` may be single or double precision.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled for the instruction set of the multiversioned caller")]
fn dot<T: Copy + Into<f64>>(a: &[f64], b: &[T]) -> f64 {
    let mut sum = [0.0; LANES];
    let whole = a.len() - a.len() % LANES;
    for (a, b) in a.chunks_exact(LANES).zip(b.chunks_exact(LANES)) {
        for lane in 0..LANES {
            sum[lane] += a[lane] * b[lane].into();
        }
    }
    for (lane, (&a, &b)) in a[whole..].iter().zip(&b[whole..]).enumerate() {
        sum[lane] += a * b.into();
    }
    total(sum)
}

/// The lanes' sum, in a fixed order.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled for the instruction set of the multiversioned caller")]
fn total(lanes: [f64; LANES]) -> f64 {
    ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]))
}
