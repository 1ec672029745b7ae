//! The streaming passes over one block of filled bins.
//!
//! With `N` the (weighted) counts, `M` the model and `m-`, `m+` a pair of planes of a source's map:
//! `M = F + sum (m- S- + m+ S+)` over all pairs of all free sources, `F` the fixed sources' part. Without energy dispersion a source has
//! one pair, the planes that bound the energy bin; with dispersion over a window of `n` bins it has `n + 1`. A source of which only the norm
//! `a` is free has a column `T` instead and adds `a T`: half the bytes and a quarter of the arithmetic at least.
//! - [`value`] sums `N ln M`;
//! - [`gradient`] also sums `N/M m-` and `N/M m+` of every pair, and `N/M T`, which is all that first (and, for the spectra's own curvature,
//!   second) derivatives need;
//! - [`hessian`] also sums the products `N/M^2 dM/da dM/db` of every pair of free parameters.
//!
//! Each pass reads a source's planes from memory once. Sums run over sixteen fixed lanes, so that they vectorise and give the same
//! bits on every instruction set; nothing is fused.

use multiversion::multiversion;

use crate::kernel::filled::{BLOCK, Block, CountsView};
use crate::kernel::input::{EdgeWeights, HessianSums, Input, PlanePair, RatioSums, Row, Slope, Slopes};
use crate::kernel::ln::ln;

/// Lanes of the running sums: two of the widest registers, so that one addition need not wait for the one before.
pub(crate) const LANES: usize = 16;

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
    /// Whether the row of a parameter is not zero in the block.
    reached: Vec<bool>,
}

impl Scratch {
    pub(crate) fn new(n_parameters: usize) -> Self {
        Self {
            model: [0.0; BLOCK],
            ratio: [0.0; BLOCK],
            scaled: vec![0.0; n_parameters * BLOCK],
            reached: vec![false; n_parameters],
        }
    }
}

/// Adds one pair of planes to the model of a block; `model` is of the block's length.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2"))]
pub(crate) fn add_pair(model: &mut [f64], pair: PlanePair<'_>, weights: EdgeWeights, block: &Block) {
    accumulate(model, pair, weights, block);
}

/// Sum of `N ln M` over a block.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2"))]
pub(crate) fn value(input: Input<'_>, block: &Block, scratch: &mut Scratch) -> BlockSum {
    let model = &mut scratch.model[..block.range.len()];
    sum_model(input, block, model);
    poisson(input.counts.of_block(block), model, None)
}

/// [`value`], and the sums that first derivatives need.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2"))]
pub(crate) fn gradient(input: Input<'_>, block: &Block, scratch: &mut Scratch, sums: RatioSums<'_>) -> BlockSum {
    let sum = model_and_ratio(input, block, scratch);
    ratio_sums(input, block, scratch, sums);
    sum
}

/// [`gradient`], and the pair sums. `slopes` are those of the block's energy bin.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2"))]
pub(crate) fn hessian(
    input: Input<'_>,
    slopes: Slopes<'_>,
    block: &Block,
    scratch: &mut Scratch,
    sums: HessianSums<'_>,
) -> BlockSum {
    let sum = model_and_ratio(input, block, scratch);
    ratio_sums(input, block, scratch, sums.ratios);

    let len = block.range.len();
    // (N/M)/sqrt(N) = sqrt(N)/M: with it on both factors the pair sums become plain dot products.
    match input.counts.of_block(block) {
        CountsView::Plain(counts) => over_roots(&mut scratch.ratio, counts),
        CountsView::Weighted(counts) => over_roots(&mut scratch.ratio, counts),
    }
    let outs = scratch.scaled.chunks_exact_mut(BLOCK).zip(&mut scratch.reached);
    for (slope, (out, reached)) in slopes.rows().zip(outs) {
        *reached = scale_row(input, slope, block, &scratch.ratio[..len], &mut out[..len]);
    }
    add_products(scratch, slopes.rows.len(), len, sums.pairs);
    sum
}

/// Divides each ratio by the root of its counts.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled for the instruction set of the multiversioned caller")]
fn over_roots<T: Copy + Into<f64>>(ratio: &mut [f64], counts: &[T]) {
    for (r, &n) in ratio.iter_mut().zip(counts) {
        *r /= n.into().sqrt();
    }
}

/// Adds the products of all pairs of scaled rows, of so many values each, to the packed upper triangle.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled for the instruction set of the multiversioned caller")]
fn add_products(scratch: &Scratch, n_rows: usize, len: usize, pairs: &mut [f64]) {
    let scaled = |a: usize| &scratch.scaled[a * BLOCK..a * BLOCK + len];
    let mut next = 0;
    for a in 0..n_rows {
        let mut b = a;
        if !scratch.reached[a] {
            next += n_rows - a;
            continue;
        }
        // Two at a time: each value of row a is loaded once for both.
        while b + 1 < n_rows {
            let [first, second] = dot2(scaled(a), scaled(b), scaled(b + 1));
            if scratch.reached[b] {
                pairs[next] += first;
            }
            if scratch.reached[b + 1] {
                pairs[next + 1] += second;
            }
            (b, next) = (b + 2, next + 2);
        }
        if b < n_rows {
            if scratch.reached[b] {
                pairs[next] += dot(scaled(a), scaled(b));
            }
            next += 1;
        }
    }
}

/// The derivative of the model with respect to a parameter times `sqrt(N)/M`; whether there is any in the block.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled for the instruction set of the multiversioned caller")]
fn scale_row(input: Input<'_>, slope: Slope<'_>, block: &Block, ratio: &[f64], out: &mut [f64]) -> bool {
    if let Row::Column(column) = slope.row {
        let Some(values) = input.columns[*column].slice(block) else { return false };
        for ((out, &value), &r) in out.iter_mut().zip(values).zip(ratio) {
            *out = value * r;
        }
        return true;
    }
    let is_reached = row_values(input, slope, block, out);
    if is_reached {
        for (out, &r) in out.iter_mut().zip(ratio) {
            *out *= r;
        }
    }
    is_reached
}

/// The derivative of the model with respect to a parameter; whether there is any in the block.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled for the instruction set of the multiversioned caller")]
pub(crate) fn row_values(input: Input<'_>, slope: Slope<'_>, block: &Block, out: &mut [f64]) -> bool {
    match slope.row {
        Row::Column(column) => {
            let Some(values) = input.columns[*column].slice(block) else { return false };
            out.copy_from_slice(values);
        }
        Row::Planes { pairs, first } => {
            let mut weights = slope.derivatives[*first..].iter();
            let mut planes = input.pairs[pairs.clone()].iter();
            let (Some(first), Some(weight)) = (planes.next(), weights.next()) else { return false };
            let Some((lower, upper)) = first.slice(block) else { return false };
            for ((out, &lower), &upper) in out.iter_mut().zip(lower).zip(upper) {
                *out = f64::from(lower) * weight[0] + f64::from(upper) * weight[1];
            }
            for (planes, &weights) in planes.zip(weights) {
                accumulate(out, *planes, weights, block);
            }
        }
    }
    true
}

/// The model of the block, its `N ln M` and, in the scratch, `N/M`.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled for the instruction set of the multiversioned caller")]
fn model_and_ratio(input: Input<'_>, block: &Block, scratch: &mut Scratch) -> BlockSum {
    let model = &mut scratch.model[..block.range.len()];
    sum_model(input, block, model);
    poisson(input.counts.of_block(block), model, Some(&mut scratch.ratio[..block.range.len()]))
}

/// The model of the block's bins.
pub(crate) fn model<'a>(input: Input<'_>, block: &Block, scratch: &'a mut Scratch) -> &'a [f64] {
    let model = &mut scratch.model[..block.range.len()];
    sum_model(input, block, model);
    model
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled for the instruction set of the multiversioned caller")]
fn sum_model(input: Input<'_>, block: &Block, model: &mut [f64]) {
    model.copy_from_slice(&input.fixed[block.range.clone()]);
    for (planes, &weights) in input.pairs.iter().zip(input.weights) {
        accumulate(model, *planes, weights, block);
    }
    // Four columns at a time: the memory is asked for four streams at once, and the model is loaded and stored a quarter as often.
    let (mut waiting, mut len) = ([(&[][..], 0.0); 4], 0);
    for (column, &norm) in input.columns.iter().zip(input.norms) {
        let Some(values) = column.slice(block) else { continue };
        waiting[len] = (values, norm);
        len = (len + 1) % 4;
        if len == 0 {
            let [(a, x), (b, y), (c, z), (d, w)] = waiting;
            let (ab, cd) = (a.iter().zip(b), c.iter().zip(d));
            for ((m, (a, b)), (c, d)) in model.iter_mut().zip(ab).zip(cd) {
                *m = (((*m + a * x) + b * y) + c * z) + d * w;
            }
        }
    }
    for (values, norm) in &waiting[..len] {
        for (m, value) in model.iter_mut().zip(*values) {
            *m += value * norm;
        }
    }
}

/// `sum N/M m-` and `sum N/M m+` of every pair of planes, `sum N/M T` of every column.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled for the instruction set of the multiversioned caller")]
fn ratio_sums(input: Input<'_>, block: &Block, scratch: &Scratch, sums: RatioSums<'_>) {
    let ratio = &scratch.ratio[..block.range.len()];
    // No closures here: they would be compiled for the oldest instruction set.
    for (planes, out) in input.pairs.iter().zip(sums.pairs) {
        *out = [0.0; 2];
        if let Some((lower, upper)) = planes.slice(block) {
            *out = dot2(ratio, lower, upper);
        }
    }
    for (column, out) in input.columns.iter().zip(sums.columns) {
        *out = 0.0;
        if let Some(values) = column.slice(block) {
            *out = dot(ratio, values);
        }
    }
}

/// `model += m- S- + m+ S+`.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled for the instruction set of the multiversioned caller")]
pub(crate) fn accumulate(model: &mut [f64], planes: PlanePair<'_>, weights: EdgeWeights, block: &Block) {
    let Some((lower, upper)) = planes.slice(block) else { return };
    for ((m, &lower), &upper) in model.iter_mut().zip(lower).zip(upper) {
        *m += f64::from(lower) * weights[0] + f64::from(upper) * weights[1];
    }
}

/// Sum of `N ln M`, and `ratio = N/M` if it is wanted; bins with `M <= 0` (or NaN) are counted and contribute nothing.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled for the instruction set of the multiversioned caller")]
pub(crate) fn poisson(counts: CountsView<'_>, model: &[f64], ratio: Option<&mut [f64]>) -> BlockSum {
    match counts {
        CountsView::Plain(counts) => poisson_of(counts, model, ratio),
        CountsView::Weighted(counts) => poisson_of(counts, model, ratio),
    }
}

/// [`poisson`] of counts in single or double precision.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled for the instruction set of the multiversioned caller")]
fn poisson_of<T: Copy + Into<f64>>(counts: &[T], model: &[f64], ratio: Option<&mut [f64]>) -> BlockSum {
    let mut sums = [[0.0; LANES]; 2];
    let step = |[sum, unmodelled]: &mut [[f64; LANES]; 2], lane: usize, n: T, m: f64| {
        let modelled = m >= f64::MIN_POSITIVE;
        let n: f64 = if modelled { n.into() } else { 0.0 };
        let m = if modelled { m } else { 1.0 };
        unmodelled[lane] += if modelled { 0.0 } else { 1.0 };
        sum[lane] += n * ln(m);
        (n, m)
    };
    let whole = counts.len() - counts.len() % LANES;
    let rest = counts[whole..].iter().zip(&model[whole..]).enumerate();
    let chunks = counts.chunks_exact(LANES).zip(model.chunks_exact(LANES));
    // Two loops: without the ratio there is no division and no store.
    if let Some(ratio) = ratio {
        for ((n, m), r) in chunks.zip(ratio.chunks_exact_mut(LANES)) {
            for lane in 0..LANES {
                let (n, m) = step(&mut sums, lane, n[lane], m[lane]);
                r[lane] = n / m;
            }
        }
        for ((lane, (&n, &m)), r) in rest.zip(&mut ratio[whole..]) {
            let (n, m) = step(&mut sums, lane, n, m);
            *r = n / m;
        }
    } else {
        for (n, m) in chunks {
            for lane in 0..LANES {
                step(&mut sums, lane, n[lane], m[lane]);
            }
        }
        for (lane, (&n, &m)) in rest {
            step(&mut sums, lane, n, m);
        }
    }
    BlockSum { n_ln_m: total(&sums[0]), unmodelled: total(&sums[1]) }
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
    total(&sum)
}

/// Two dot products with one vector, each with the same bits as [`dot`].
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled for the instruction set of the multiversioned caller")]
fn dot2<T: Copy + Into<f64>>(a: &[f64], b: &[T], c: &[T]) -> [f64; 2] {
    let (mut first, mut second) = ([0.0; LANES], [0.0; LANES]);
    let whole = a.len() - a.len() % LANES;
    for ((a, b), c) in a.chunks_exact(LANES).zip(b.chunks_exact(LANES)).zip(c.chunks_exact(LANES)) {
        for lane in 0..LANES {
            first[lane] += a[lane] * b[lane].into();
        }
        for lane in 0..LANES {
            second[lane] += a[lane] * c[lane].into();
        }
    }
    for (lane, ((&a, &b), &c)) in a[whole..].iter().zip(&b[whole..]).zip(&c[whole..]).enumerate() {
        first[lane] += a * b.into();
        second[lane] += a * c.into();
    }
    [total(&first), total(&second)]
}

/// The lanes' sum, in a fixed order. A call, so that the lanes are written to memory side by side: the loops before it are then vectorised
/// lane by lane, and not as the tree of additions here suggests.
#[inline(never)]
pub(crate) fn total(lanes: &[f64; LANES]) -> f64 {
    let mut lanes = *lanes;
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            lanes[lane] += lanes[lane + half];
        }
        half /= 2;
    }
    lanes[0]
}
