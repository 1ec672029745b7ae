//! The bin of inclination of one pixel in many rows at once: in single precision where that decides, and marked where it does not.

use multiversion::multiversion;

/// Marks a row whose bin single precision cannot tell: the pixel is within [`NEAR`] of an edge.
pub(super) const UNSURE: i32 = -1;

/// Sums of three products of unit vectors in single precision are right to 4e-7: three factors and two sums, each rounded to 6e-8.
const NEAR: f32 = 1e-6;

/// Adding and subtracting it rounds a number below 2^22 to a whole one, which then stands in the last bits.
const ROUNDER: f32 = 12_582_912.0;

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

    pub(super) fn push(&mut self, axis: [f64; 3]) {
        let [x, y, z] = single(axis);
        self.x.push(x);
        self.y.push(y);
        self.z.push(z);
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

/// The bin of a pixel in each row, [`UNSURE`], or `n` where the pixel is not in view. Bins are equal in the square root of 1 - cosine.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2"))]
pub(super) fn cosine_bins(axes: &Axes, pixel: [f32; 3], n: i32, bins: &mut [i32]) {
    let [px, py, pz] = pixel;
    #[expect(clippy::cast_precision_loss, reason = "at most a thousand")]
    let (bins_of_one, out) = (n as f32, n);
    let rows = axes.x.iter().zip(&axes.y).zip(&axes.z);
    for (bin, ((x, y), z)) in bins.iter_mut().zip(rows) {
        let cosine = x * px + y * py + z * pz;
        let rest = (1.0 - cosine).max(0.0);
        let place = bins_of_one * rest.sqrt();
        let shifted = place + ROUNDER;
        let nearest = shifted - ROUNDER;
        let edge = nearest / bins_of_one;
        let whole = shifted.to_bits().cast_signed() - ROUNDER.to_bits().cast_signed();
        let below = whole - i32::from(nearest > place);
        let near_edge = (rest - edge * edge).abs() < NEAR || cosine.abs() < NEAR;
        let found = if cosine < 0.0 { out } else { below };
        *bin = if near_edge { UNSURE } else { found };
    }
}

/// Puts out of view what is not between two cosines of the angle to a second axis, and marks what single precision cannot tell.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2"))]
pub(super) fn cut(axes: &Axes, pixel: [f32; 3], (low, high): (f32, f32), n: i32, bins: &mut [i32]) {
    let [px, py, pz] = pixel;
    let rows = axes.x.iter().zip(&axes.y).zip(&axes.z);
    for (bin, ((x, y), z)) in bins.iter_mut().zip(rows) {
        let cosine = x * px + y * py + z * pz;
        let inside = low < cosine && cosine < high;
        let near_edge = (cosine - low).abs() < NEAR || (cosine - high).abs() < NEAR;
        let found = if inside { *bin } else { n };
        *bin = if near_edge { UNSURE } else { found };
    }
}
