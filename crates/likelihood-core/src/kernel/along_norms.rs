//! The pass along the normalisations of many sources: block by block, the sums of the sources before and of those after each one are
//! formed in the cache, so that `K` lines of `P` points cost one reading of the planes and `K P` logarithms a bin.

use std::ops::Range;

use multiversion::multiversion;

use crate::kernel::filled::{BLOCK, Block};
use crate::kernel::input::{Input, Slopes};
use crate::kernel::passes::{self, BlockSum};

/// A model that differs from the region's in normalisations alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NormPoint {
    /// Which of [`NormLines::sources`](crate::NormLines::sources) is moved.
    pub line: usize,
    /// The scaled `value` of its norm.
    pub norm: f64,
    /// Factor on the norms of all other sources of the lines: 1 along a line.
    pub others: f64,
}

/// The lines, and the points on them.
#[derive(Clone, Copy)]
pub(crate) struct Lines<'a> {
    /// So many of the pairs of planes are of sources that are no lines.
    pub(crate) n_rest_pairs: usize,
    /// Where the model of each line at norm 1 comes from.
    pub(crate) slopes: Slopes<'a>,
    /// The norms as they stand.
    pub(crate) norms: &'a [f64],
    pub(crate) points: &'a [NormPoint],
    /// The points of each line.
    pub(crate) ranges: &'a [Range<usize>],
}

/// Buffers of one thread.
pub(crate) struct LineScratch {
    /// What no line changes.
    pub(crate) rest: [f64; BLOCK],
    /// Each line's model at norm 1.
    pub(crate) units: Vec<[f64; BLOCK]>,
    /// Whether the line reaches the block.
    pub(crate) reached: Vec<bool>,
    /// The sum of the lines before each one.
    pub(crate) before: Vec<[f64; BLOCK]>,
    /// The sum of the lines after the present one; of all others; the model.
    pub(crate) after: [f64; BLOCK],
    pub(crate) others: [f64; BLOCK],
    pub(crate) model: [f64; BLOCK],
}

impl LineScratch {
    pub(crate) fn new(lines: usize) -> Self {
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
pub(crate) fn along_norms(
    input: Input<'_>,
    lines: Lines<'_>,
    block: &Block,
    scratch: &mut LineScratch,
    sums: &mut [BlockSum],
) {
    let len = block.range.len();
    let counts = input.counts.of_block(block);
    sum_before(input, lines, block, scratch);
    let LineScratch { rest, units, reached, before, after, others, model } = scratch;
    let (rest, after, others, model) = (&rest[..len], &mut after[..len], &mut others[..len], &mut model[..len]);
    after.fill(0.0);
    for line in (0..lines.slopes.rows.len()).rev() {
        let unit = &units[line][..len];
        for ((others, before), after) in others.iter_mut().zip(&before[line]).zip(after.iter()) {
            *others = before + after;
        }
        // Beyond its reach, the norm of the line makes no difference.
        let mut unmoved: Option<BlockSum> = None;
        for index in lines.ranges[line].clone() {
            let point = lines.points[index];
            let is_unmoved = !reached[line] && point.others == 1.0;
            let sum = if let Some(sum) = unmoved.filter(|_| is_unmoved) {
                sum
            } else {
                move_to(point, model, (rest, others), reached[line].then_some(unit));
                passes::poisson(counts, model, None)
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

/// What no line changes, each line's model at norm 1, and the sum of the lines before it.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled for the instruction set of the multiversioned caller")]
pub(crate) fn sum_before(input: Input<'_>, lines: Lines<'_>, block: &Block, scratch: &mut LineScratch) {
    let len = block.range.len();
    let LineScratch { rest, units, reached, before, after, .. } = scratch;
    let (rest, sum) = (&mut rest[..len], &mut after[..len]);
    rest.copy_from_slice(&input.fixed[block.range.clone()]);
    for (planes, &weights) in input.pairs.iter().zip(input.weights).take(lines.n_rest_pairs) {
        passes::accumulate(rest, *planes, weights, block);
    }
    sum.fill(0.0);
    for (line, slope) in lines.slopes.rows().enumerate() {
        before[line][..len].copy_from_slice(sum);
        reached[line] = passes::row_values(input, slope, block, &mut units[line][..len]);
        if reached[line] {
            for (sum, unit) in sum.iter_mut().zip(&units[line]) {
                *sum += unit * lines.norms[line];
            }
        }
    }
}

/// The model of a point, from what no line changes, the other lines, and the model of the moved line at norm 1 if it reaches the block.
#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled for the instruction set of the multiversioned caller")]
fn move_to(point: NormPoint, model: &mut [f64], (rest, others): (&[f64], &[f64]), unit: Option<&[f64]>) {
    let sums = rest.iter().zip(others);
    if let Some(unit) = unit {
        for ((model, (rest, others)), unit) in model.iter_mut().zip(sums).zip(unit) {
            *model = (rest + point.others * others) + point.norm * unit;
        }
    } else {
        for (model, (rest, others)) in model.iter_mut().zip(sums) {
            *model = rest + point.others * others;
        }
    }
}
