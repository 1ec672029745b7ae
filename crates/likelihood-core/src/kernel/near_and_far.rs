//! The pass that takes the bins out of the likelihood along one norm.
//!
//! With `M` the model as it stands, `u` that of a source at norm 1, and `d` the change of its norm, `ln M` changes by `ln(1 + d u/M)`. Where that is small for all `|d|` up to a
//! reach `R`, it is a series of [`ORDER`] terms in `d/R`; of all these far bins the moments `sum N (R u/M)^k` are all that is needed, for every `d` the same. The bins near
//! the source are kept.

use std::sync::atomic::{AtomicUsize, Ordering};

use multiversion::multiversion;

use crate::kernel::along_norms::{LineScratch, Lines, sum_before};
use crate::kernel::filled::{BLOCK, Block, CountsView};
use crate::kernel::input::Input;
use crate::kernel::passes::{self, BlockSum, LANES};

/// Terms of the series, and the largest change of a far bin's model, relatively: what is left out is less than 2e-17 a count.
const ORDER: usize = 12;
pub(crate) const SMALL: f64 = 1.0 / 16.0;

/// What a line is made of: moments of the far bins, and the near ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct NearAndFar {
    /// Those of the far bins, from `k = 1` on.
    moments: [f64; ORDER],
    /// Of each near bin what the line does not change, its model at norm 1, and its counts.
    others: Vec<f64>,
    units: Vec<f64>,
    counts: Vec<f64>,
}

/// Bytes of a near bin.
pub(crate) const NEAR_BYTES: usize = 3 * size_of::<f64>();

/// How the bins of a line are told apart.
pub(crate) struct Border {
    /// The largest change of the norm.
    pub(crate) reach: f64,
    /// So many near bins are kept at most; whether there are more shows the number that were found.
    pub(crate) most: usize,
    pub(crate) found: AtomicUsize,
}

impl NearAndFar {
    /// Takes up those of the bins that follow.
    pub(crate) fn append(&mut self, next: Self) {
        self.moments.iter_mut().zip(next.moments).for_each(|(sum, own)| *sum += own);
        self.others.extend(next.others);
        self.units.extend(next.units);
        self.counts.extend(next.counts);
    }

    /// How many near bins there are.
    #[cfg(test)]
    pub(crate) fn n_near(&self) -> usize {
        self.counts.len()
    }

    /// The change of `sum N ln M` over the far bins when the norm changes by so many reaches.
    pub(crate) fn of_far(&self, change: f64) -> f64 {
        // Horner's rule, from the highest power on.
        let term = |sum: f64, (k, moment): (usize, &f64)| {
            let order = k as f64 + 1.0;
            change * (if k % 2 == 0 { moment / order } else { -moment / order } + sum)
        };
        self.moments.iter().enumerate().rev().fold(0.0, term)
    }

    /// `sum N ln M` over the near bins with the norm at a value.
    pub(crate) fn of_near(&self, norm: f64) -> BlockSum {
        near_sum(&self.counts, (&self.others, &self.units), norm)
    }
}

#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2"))]
fn near_sum(counts: &[f64], (others, units): (&[f64], &[f64]), norm: f64) -> BlockSum {
    let (mut model, mut all) = ([0.0; BLOCK], BlockSum::default());
    for ((counts, others), units) in counts.chunks(BLOCK).zip(others.chunks(BLOCK)).zip(units.chunks(BLOCK)) {
        let model = &mut model[..counts.len()];
        for ((model, others), unit) in model.iter_mut().zip(others).zip(units) {
            *model = others + norm * unit;
        }
        let sum = passes::poisson(CountsView::Weighted(counts), model, None);
        all.n_ln_m += sum.n_ln_m;
        all.unmodelled += sum.unmodelled;
    }
    all
}

/// Deals the bins of a block out to the near and far ones of each line.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2"))]
pub(crate) fn deal_out(
    input: Input<'_>,
    lines: Lines<'_>,
    block: &Block,
    scratch: &mut LineScratch,
    (borders, out): (&[Border], &mut [NearAndFar]),
) {
    let len = block.range.len();
    sum_before(input, lines, block, scratch);
    let LineScratch { rest, units, reached, before, after, others, model } = scratch;
    let (rest, after, others, ratio) = (&rest[..len], &mut after[..len], &mut others[..len], &mut model[..len]);
    after.fill(0.0);
    for (line, (out, border)) in out.iter_mut().zip(borders).enumerate().rev() {
        if !reached[line] {
            continue;
        }
        let (unit, norm) = (&units[line][..len], lines.norms[line]);
        // Of a line that does not move nothing is wanted but its part of the others.
        if border.reach > 0.0 {
            for (((others, rest), before), after) in others.iter_mut().zip(rest).zip(&before[line]).zip(after.iter()) {
                *others = rest + (before + after);
            }
            match input.counts.of_block(block) {
                CountsView::Plain(counts) => deal_line(counts, (others, unit), (norm, border), ratio, out),
                CountsView::Weighted(counts) => deal_line(counts, (others, unit), (norm, border), ratio, out),
            }
        }
        for (sum, unit) in after.iter_mut().zip(unit) {
            *sum += unit * norm;
        }
    }
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "compiled for the instruction set of the multiversioned caller")]
fn deal_line<T: Copy + Into<f64>>(
    counts: &[T],
    (others, units): (&[f64], &[f64]),
    (norm, border): (f64, &Border),
    ratio: &mut [f64],
    out: &mut NearAndFar,
) {
    let mut near = 0.0;
    for ((ratio, others), unit) in ratio.iter_mut().zip(others).zip(units) {
        let model = others + norm * unit;
        let share = unit / model * border.reach;
        let is_far = model >= f64::MIN_POSITIVE && share.abs() <= SMALL;
        // No share of a far bin is as large.
        *ratio = if is_far { share } else { f64::INFINITY };
        near += if is_far { 0.0 } else { 1.0 };
    }
    let mut sums = [[0.0; LANES]; ORDER];
    let step = |sums: &mut [[f64; LANES]; ORDER], lane: usize, n: T, ratio: f64| {
        let is_far = ratio < f64::INFINITY;
        let ratio = if is_far { ratio } else { 0.0 };
        let mut term = ratio * n.into();
        for sum in sums {
            sum[lane] += term;
            term *= ratio;
        }
    };
    let whole = counts.len() - counts.len() % LANES;
    for (n, r) in counts.chunks_exact(LANES).zip(ratio.chunks_exact(LANES)) {
        for lane in 0..LANES {
            step(&mut sums, lane, n[lane], r[lane]);
        }
    }
    for (lane, (&n, &r)) in counts[whole..].iter().zip(&ratio[whole..]).enumerate() {
        step(&mut sums, lane, n, r);
    }
    for (moment, sums) in out.moments.iter_mut().zip(&sums) {
        *moment += passes::total(sums);
    }
    if near > 0.0 {
        keep_near(counts, (others, units), ratio, border, out);
    }
}

/// Keeps the near bins of a block, as long as there is room.
fn keep_near<T: Copy + Into<f64>>(
    counts: &[T],
    (others, units): (&[f64], &[f64]),
    ratio: &[f64],
    border: &Border,
    out: &mut NearAndFar,
) {
    let is_near = |i: &usize| ratio[*i] == f64::INFINITY;
    let near = (0..counts.len()).filter(is_near).count();
    // All of them are counted, so that it does not depend on who comes first whether there are too many.
    if border.found.fetch_add(near, Ordering::Relaxed) + near > border.most {
        return;
    }
    for i in (0..counts.len()).filter(is_near) {
        out.others.push(others[i]);
        out.units.push(units[i]);
        out.counts.push(counts[i].into());
    }
}
