//! What is done for many rows at once: which of them a part of the sky sees, the bin of inclination of one pixel in each, in single precision where
//! that decides and marked where it does not, and the sums.

use std::ops::Range;

use multiversion::multiversion;

/// Marks a row whose bin single precision cannot tell: the pixel is within [`NEAR`] of an edge.
pub(super) const UNSURE: i32 = i32::MIN;

/// Sums of three products of unit vectors in single precision are right to 4e-7: three factors and two sums, each rounded to 6e-8.
pub(super) const NEAR: f32 = 1e-6;

/// Adding and subtracting it rounds a number below 2^22 to a whole one, which then stands in the last bits.
pub(super) const ROUNDER: f32 = 12_582_912.0;

/// Axes of rows, one list a component.
#[derive(Debug, Default)]
pub(super) struct Axes {
    x: Vec<f32>,
    y: Vec<f32>,
    z: Vec<f32>,
}

impl Axes {
    pub(super) fn clear(&mut self) {
        self.x.clear();
        self.y.clear();
        self.z.clear();
    }

    pub(super) fn push(&mut self, [x, y, z]: [f32; 3]) {
        self.x.push(x);
        self.y.push(y);
        self.z.push(z);
    }

    /// Appends some axes of others.
    pub(super) fn extend(&mut self, others: AxesSlice<'_>) {
        self.x.extend_from_slice(others.x);
        self.y.extend_from_slice(others.y);
        self.z.extend_from_slice(others.z);
    }

    /// Some of them; none beyond the last.
    pub(super) fn slice(&self, range: Range<usize>) -> AxesSlice<'_> {
        AxesSlice {
            x: self.x.get(range.clone()).unwrap_or_default(),
            y: self.y.get(range.clone()).unwrap_or_default(),
            z: self.z.get(range).unwrap_or_default(),
        }
    }
}

/// Axes of some consecutive rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct AxesSlice<'a> {
    x: &'a [f32],
    y: &'a [f32],
    z: &'a [f32],
}

impl<'a> AxesSlice<'a> {
    /// The list of each component.
    pub(super) fn parts(&self) -> (&'a [f32], &'a [f32], &'a [f32]) {
        (self.x, self.y, self.z)
    }
}

/// A vector in single precision.
pub(super) fn single(vector: [f64; 3]) -> [f32; 3] {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "what single precision cannot tell is told by double precision"
    )]
    vector.map(|component| component as f32)
}

/// Cosines of an angle to the middle of a part of the sky, between which only some of it is within a limit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Band {
    pub(super) none_below: f32,
    pub(super) all_above: f32,
}

/// What a part of the sky sees in a row: nothing, something whose angle to the zenith needs no look, or something where it needs one.
pub(super) const NOTHING: u8 = 0;
pub(super) const FREE: u8 = 1;
pub(super) const CUT: u8 = 2;

/// Whether a part of the sky around `middle` is in view in each row.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl+avx512bw", "x86_64+avx2"))]
pub(super) fn in_view(axes: AxesSlice<'_>, middle: [f32; 3], band: Band, classes: &mut [u8]) {
    let [mx, my, mz] = middle;
    let rows = axes.x.iter().zip(axes.y).zip(axes.z);
    for (class, ((x, y), z)) in classes.iter_mut().zip(rows) {
        *class = if x * mx + y * my + z * mz < band.none_below { NOTHING } else { FREE };
    }
}

/// Sorts out the rows in view by the angle to the zenith: nearer than `largest`, farther than `smallest`.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl+avx512bw", "x86_64+avx2"))]
pub(super) fn below_zenith(axes: AxesSlice<'_>, middle: [f32; 3], largest: Band, smallest: Band, classes: &mut [u8]) {
    let [mx, my, mz] = middle;
    let rows = axes.x.iter().zip(axes.y).zip(axes.z);
    for (class, ((x, y), z)) in classes.iter_mut().zip(rows) {
        let cosine = x * mx + y * my + z * mz;
        let outside = cosine < largest.none_below || cosine > smallest.all_above;
        let inside = cosine > largest.all_above && cosine < smallest.none_below;
        let found = if inside { FREE } else { CUT };
        let found = if outside { NOTHING } else { found };
        *class = if *class == NOTHING { NOTHING } else { found };
    }
}

/// The place of the bin of a pixel in each row, [`UNSURE`], or that behind all `n` bins where the pixel is not in view. Bins are equal in the square
/// root of 1 - cosine and stand at `first` and the places behind it.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2"))]
pub(super) fn cosine_bins(axes: AxesSlice<'_>, pixel: [f32; 3], (first, n): (i32, i32), bins: &mut [i32]) {
    let [px, py, pz] = pixel;
    #[expect(clippy::cast_precision_loss, reason = "at most a thousand")]
    let bins_of_one = n as f32;
    // Right to two roundings, 1.2e-7, which is within what is called near.
    let width = 1.0 / bins_of_one;
    let rows = axes.x.iter().zip(axes.y).zip(axes.z);
    for (bin, ((x, y), z)) in bins.iter_mut().zip(rows) {
        let cosine = x * px + y * py + z * pz;
        let rest = (1.0 - cosine).max(0.0);
        let place = bins_of_one * rest.sqrt();
        let shifted = place + ROUNDER;
        let nearest = shifted - ROUNDER;
        let edge = nearest * width;
        let whole = shifted.to_bits().cast_signed() - ROUNDER.to_bits().cast_signed();
        let below = whole - i32::from(nearest > place);
        // The horizon is the last edge, and behind it numbers go on.
        let near_edge = (rest - edge * edge).abs() < NEAR;
        *bin = if near_edge { UNSURE } else { first + below.min(n) };
    }
}

/// Puts to the place `out` what is not between two cosines of the angle to a second axis, and marks what single precision cannot tell.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2"))]
pub(super) fn cut(axes: AxesSlice<'_>, pixel: [f32; 3], (low, high): (f32, f32), out: i32, bins: &mut [i32]) {
    let [px, py, pz] = pixel;
    let rows = axes.x.iter().zip(axes.y).zip(axes.z);
    for (bin, ((x, y), z)) in bins.iter_mut().zip(rows) {
        let cosine = x * px + y * py + z * pz;
        let inside = low < cosine && cosine < high;
        let near_edge = (cosine - low).abs() < NEAR || (cosine - high).abs() < NEAR;
        let found = if inside { *bin } else { out };
        *bin = if near_edge { UNSURE } else { found };
    }
}

/// Whether single precision could not tell a bin.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2"))]
pub(super) fn any_unsure(bins: &[i32]) -> bool {
    bins.iter().fold(0, |all, bin| all | bin) < 0
}

/// Pixels whose sums are made side by side: a sum waits for the last that went into the same bin, the other pixels' meanwhile go on.
pub(super) const ABREAST: usize = 8;

/// Rows that are looked at together: what is made of them for some pixels fits a cache.
pub(super) const TOGETHER: usize = 512;

/// The bins of some pixels in some rows.
pub(super) type Bins = [[i32; TOGETHER]; ABREAST];

/// Adds the times of rows to the bins of neighbouring pixels, which follow each other in `sums`. What is [`UNSURE`] is left out.
#[multiversion(targets("x86_64+avx2"))]
pub(super) fn add_abreast(sums: &mut [[f64; 2]], bins: &Bins, times: &[[f64; 2]]) {
    for (row, time) in times.iter().enumerate().take(TOGETHER) {
        let [livetime, weighted] = *time;
        for bins in bins {
            #[expect(clippy::cast_sign_loss, reason = "what is below 0 becomes larger than any place")]
            if let Some(sum) = sums.get_mut(bins[row] as usize) {
                sum[0] += livetime;
                sum[1] += weighted;
            }
        }
    }
}
