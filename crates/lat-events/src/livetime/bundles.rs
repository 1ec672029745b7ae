//! Rows put together by where the LAT and the zenith were, so that a pixel of the sky has the same bin of inclination in most rows of a bundle.
//!
//! In ten years the LAT looks some hundred times into each square degree: 32 rows that look almost the same way lie within a third of a degree, where a bin of
//! inclination is two degrees wide. Of a bundle that lies within one bin the sum of the livetimes is added, once.

use std::ops::Range;

use super::attitude::{Attitude, dot, steps};
use super::bundle_kernel::{Members, Middles};
use super::kernel::single;
use super::sky_block::Rule;

/// Rows of a bundle.
const BUNDLE: u32 = 32;
const ROWS: usize = BUNDLE as usize;

/// What a difference in the zenith weighs beside the same in the axis of the LAT: inclination has dozens of edges, the angle to the zenith one or two; but an
/// axis goes with zeniths at several places.
const ZENITH_WEIGHT: f64 = 0.1;

/// Fewer rows than that are not divided among threads.
const SHARED: usize = 1 << 15;

/// Rows in bundles, and those that fit into none.
#[derive(Debug)]
pub(super) struct Bundles {
    /// Row by row as bundles have them.
    rows: Vec<Attitude>,
    /// The bundles that lie within two neighbouring bins.
    pub(super) middles: Middles,
    /// The rows of all bundles.
    pub(super) members: Members,
    /// Where the rows of those bundles are that reach farther, and of the last one, if it is not full.
    loose: Vec<Range<usize>>,
}

impl Bundles {
    /// Of rows in any order. Memory beside the rows: 20 bytes a row, 32 where there is a limit on the zenith angle.
    pub(super) fn of(mut rows: Vec<Attitude>, rule: &Rule) -> Self {
        let with_zenith = rule.zenith.is_some();
        order(&mut rows, if with_zenith { 6 } else { 3 });
        let (mut middles, mut members) = (Middles::default(), Members::new(ROWS, rows.len(), with_zenith));
        let mut loose: Vec<Range<usize>> = Vec::new();
        for (bundle, number) in rows.chunks(ROWS).zip(0..) {
            let first = number as usize * ROWS;
            members.extend(bundle);
            if bundle.len() == ROWS && middles.push_tight(bundle, number, rule) {
                continue;
            }
            match loose.last_mut() {
                Some(last) if last.end == first => last.end += bundle.len(),
                _ => loose.push(first..first + bundle.len()),
            }
        }
        Self { rows, middles, members, loose }
    }

    /// The rows that are in no bundle, in runs of at most so many.
    pub(super) fn loose(&self, together: usize) -> impl Iterator<Item = &[Attitude]> {
        self.loose.iter().flat_map(move |range| self.rows.get(range.clone()).unwrap_or_default().chunks(together))
    }

    /// The rows of a bundle.
    pub(super) fn rows_of(&self, number: u32) -> &[Attitude] {
        let first = number as usize * ROWS;
        self.rows.get(first..first + ROWS).unwrap_or_default()
    }
}

impl Middles {
    /// Appends a bundle, if it reaches over one edge of the bins at most.
    fn push_tight(&mut self, rows: &[Attitude], number: u32, rule: &Rule) -> bool {
        let (Some(z), Some(zenith)) = (Cone::around(rows, |row| row.z), Cone::around(rows, |row| row.zenith)) else {
            return false;
        };
        let reach = z.radius * std::f64::consts::FRAC_1_SQRT_2;
        // What single precision does not tell of the place of a middle between two edges, at worst: near the axis.
        let n = rule.cosines as f64;
        let tight = n * reach + n * n * 4e-7 < 0.49;
        // NaN, as of an axis that is none, is not tight either.
        if !tight || rows.iter().any(longer_than_its_part) {
            return false;
        }
        let times = rows.iter().fold([0.0; 2], |sum, row| [sum[0] + row.livetime, sum[1] + row.weighted]);
        self.push((&z.middle, &zenith.middle), [reach, z.radius, zenith.radius], times, number);
        true
    }
}

/// Whether a row is longer than that sums of a bundle are sure to fit into 32 bits: 32 s. Rows of spacecraft files have 30 s.
fn longer_than_its_part(row: &Attitude) -> bool {
    let part = u32::MAX / BUNDLE;
    [row.livetime, row.weighted].into_iter().any(|time| steps(time).is_none_or(|steps| steps > part))
}

/// A direction, and the largest angle from it.
struct Cone {
    middle: [f32; 3],
    /// Radians.
    radius: f64,
}

impl Cone {
    /// Around a direction of some rows; none where they have no middle.
    fn around(rows: &[Attitude], direction: impl Fn(&Attitude) -> [f64; 3]) -> Option<Self> {
        let add = |sum: [f64; 3], row: &Attitude| {
            let part = direction(row);
            [sum[0] + part[0], sum[1] + part[1], sum[2] + part[2]]
        };
        let sum = rows.iter().fold([0.0; 3], add);
        let length = dot(sum, sum).sqrt();
        let middle = single(sum.map(|part| part / length));
        let center = middle.map(f64::from);
        let square = |row: &Attitude| {
            let part = direction(row);
            let apart = [part[0] - center[0], part[1] - center[1], part[2] - center[2]];
            dot(apart, apart)
        };
        let chord = rows.iter().map(square).fold(0.0, f64::max).sqrt();
        // The angle that belongs to a chord, and more than rounding loses.
        (length > 1e-6).then(|| Self { middle, radius: 2.0 * (chord / 2.0).min(1.0).asin() * (1.0 + 1e-6) + 1e-7 })
    }
}

/// Puts rows beside those that look the same way: cut in two where they lie farthest apart, and the halves again. Bundles are full but the last.
fn order(rows: &mut [Attitude], components: usize) {
    let bundles = rows.len().div_ceil(ROWS);
    if bundles < 2 {
        return;
    }
    let (mut low, mut high) = ([f64::INFINITY; 6], [f64::NEG_INFINITY; 6]);
    for row in rows.iter() {
        for ((low, high), place) in low.iter_mut().zip(&mut high).zip(place(row)) {
            (*low, *high) = (low.min(place), high.max(place));
        }
    }
    let width = |component: &usize| high.get(*component).zip(low.get(*component)).map_or(0.0, |(high, low)| high - low);
    let widest = (0..components).max_by(|a, b| width(a).total_cmp(&width(b))).unwrap_or(0);
    let along = |row: &Attitude| place(row).get(widest).copied().unwrap_or(0.0);
    let half = bundles / 2 * ROWS;
    rows.select_nth_unstable_by(half, |a, b| along(a).total_cmp(&along(b)));
    let (one, other) = rows.split_at_mut(half);
    if one.len() < SHARED {
        order(one, components);
        order(other, components);
    } else {
        rayon::join(|| order(one, components), || order(other, components));
    }
}

/// Where a row lies among others: axis, and zenith as far as it matters.
fn place(row: &Attitude) -> [f64; 6] {
    let ([a, b, c], [d, e, f]) = (row.z, row.zenith.map(|part| part * ZENITH_WEIGHT));
    [a, b, c, d, e, f]
}
