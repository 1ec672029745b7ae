//! What is done for many bundles of rows at once, in single precision where that decides.

use std::ops::Range;

use multiversion::multiversion;

use super::attitude::{Attitude, STEPS, steps};
use super::kernel::{Axes, AxesSlice, Band, CUT, FREE, NEAR, NOTHING, ROUNDER, single};

/// Bundles of rows: the middle of the axes and of the zeniths of each, and how far the rows reach from there.
#[derive(Debug, Default)]
pub(super) struct Middles {
    z: Axes,
    zenith: Axes,
    /// The largest angle between a row's axis and the middle one, as a step of sqrt(1 - cosine): by so much an inclination differs at most.
    reaches: Vec<f32>,
    /// The same angle and that of the zeniths, radians.
    radii: Vec<f32>,
    zenith_radii: Vec<f32>,
    times: Vec<[f64; 2]>,
    numbers: Vec<u32>,
}

/// Some consecutive bundles of a list.
#[derive(Clone, Copy, Debug)]
pub(super) struct MiddlesSlice<'a> {
    z: AxesSlice<'a>,
    zenith: AxesSlice<'a>,
    reaches: &'a [f32],
    radii: &'a [f32],
    zenith_radii: &'a [f32],
    pub(super) times: &'a [[f64; 2]],
    pub(super) numbers: &'a [u32],
}

impl Middles {
    /// Appends a bundle: axis and zenith, the reach, radius and radius of the zeniths, livetimes, its number.
    pub(super) fn push(
        &mut self,
        (z, zenith): (&[f32; 3], &[f32; 3]),
        reaches: [f64; 3],
        times: [f64; 2],
        number: u32,
    ) {
        self.z.push(*z);
        self.zenith.push(*zenith);
        #[expect(clippy::cast_possible_truncation, reason = "larger by more than single precision loses")]
        let [reach, radius, zenith_radius] = reaches.map(|angle| (angle * 1.001) as f32);
        self.reaches.push(reach);
        self.radii.push(radius);
        self.zenith_radii.push(zenith_radius);
        self.times.push(times);
        self.numbers.push(number);
    }

    pub(super) fn len(&self) -> usize {
        self.numbers.len()
    }

    pub(super) fn clear(&mut self) {
        let Self { z, zenith, reaches, radii, zenith_radii, times, numbers } = self;
        z.clear();
        zenith.clear();
        reaches.clear();
        radii.clear();
        zenith_radii.clear();
        times.clear();
        numbers.clear();
    }

    /// Some of them; none beyond the last.
    pub(super) fn slice(&self, range: Range<usize>) -> MiddlesSlice<'_> {
        let Self { z, zenith, reaches, radii, zenith_radii, times, numbers } = self;
        MiddlesSlice {
            z: z.slice(range.clone()),
            zenith: zenith.slice(range.clone()),
            reaches: reaches.get(range.clone()).unwrap_or_default(),
            radii: radii.get(range.clone()).unwrap_or_default(),
            zenith_radii: zenith_radii.get(range.clone()).unwrap_or_default(),
            times: times.get(range.clone()).unwrap_or_default(),
            numbers: numbers.get(range).unwrap_or_default(),
        }
    }

    /// Appends some of another list.
    pub(super) fn extend(&mut self, others: MiddlesSlice<'_>) {
        self.z.extend(others.z);
        self.zenith.extend(others.zenith);
        self.reaches.extend_from_slice(others.reaches);
        self.radii.extend_from_slice(others.radii);
        self.zenith_radii.extend_from_slice(others.zenith_radii);
        self.times.extend_from_slice(others.times);
        self.numbers.extend_from_slice(others.numbers);
    }
}

/// The rows of bundles: axes, zeniths where they are looked at, livetime and weighted livetime in steps.
#[derive(Debug)]
pub(super) struct Members {
    z: Axes,
    zenith: Axes,
    times: [Vec<u32>; 2],
    /// Livetimes of each bundle.
    totals: Vec<[f64; 2]>,
    /// Rows of a bundle. Not a constant: the compiler would write each row's work out, one by one.
    count: usize,
    with_zenith: bool,
}

impl Members {
    pub(super) fn new(count: usize, rows: usize, with_zenith: bool) -> Self {
        let times = [Vec::with_capacity(rows), Vec::with_capacity(rows)];
        Self { z: Axes::default(), zenith: Axes::default(), times, totals: Vec::new(), count, with_zenith }
    }

    fn slice(&self, range: Range<usize>) -> MembersSlice<'_> {
        let [livetime, weighted] = &self.times;
        MembersSlice {
            z: self.z.slice(range.clone()),
            livetime: livetime.get(range.clone()).unwrap_or_default(),
            weighted: weighted.get(range).unwrap_or_default(),
        }
    }

    /// Appends the rows of a bundle. What 32 bits do not hold is not read: such a bundle is loose.
    pub(super) fn extend(&mut self, rows: &[Attitude]) {
        let mut total = [0.0; 2];
        for row in rows {
            self.z.push(single(row.z));
            if self.with_zenith {
                self.zenith.push(single(row.zenith));
            }
            for ((times, total), time) in self.times.iter_mut().zip(&mut total).zip([row.livetime, row.weighted]) {
                times.push(steps(time).unwrap_or(u32::MAX));
                *total += time;
            }
        }
        self.totals.push(total);
    }
}

/// The rows of a bundle, without zeniths.
struct MembersSlice<'a> {
    z: AxesSlice<'a>,
    livetime: &'a [u32],
    weighted: &'a [u32],
}

/// Sorts bundles by what a part of the sky sees of them, as `in_view` and `below_zenith` sort rows: the bands are wider by what the rows lie apart.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl+avx512bw", "x86_64+avx2"))]
pub(super) fn bundles_in_view(bundles: MiddlesSlice<'_>, middle: [f32; 3], band: Band, classes: &mut [u8]) {
    let [mx, my, mz] = middle;
    let (x, y, z) = bundles.z.parts();
    for ((((class, x), y), z), radius) in classes.iter_mut().zip(x).zip(y).zip(z).zip(bundles.radii) {
        *class = if x * mx + y * my + z * mz < band.none_below - radius { NOTHING } else { FREE };
    }
}

/// See [`bundles_in_view`].
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl+avx512bw", "x86_64+avx2"))]
pub(super) fn bundles_below_zenith(
    bundles: MiddlesSlice<'_>,
    middle: [f32; 3],
    largest: Band,
    smallest: Band,
    classes: &mut [u8],
) {
    let [mx, my, mz] = middle;
    let (x, y, z) = bundles.zenith.parts();
    for ((((class, x), y), z), radius) in classes.iter_mut().zip(x).zip(y).zip(z).zip(bundles.zenith_radii) {
        let cosine = x * mx + y * my + z * mz;
        let outside = cosine < largest.none_below - radius || cosine > smallest.all_above + radius;
        let inside = cosine > largest.all_above + radius && cosine < smallest.none_below - radius;
        let found = if inside { FREE } else { CUT };
        let found = if outside { NOTHING } else { found };
        *class = if *class == NOTHING { NOTHING } else { found };
    }
}

/// The place of the bin of a pixel in all rows of each bundle, that behind all `n` bins where it is not in view; for a bundle that may lie on both sides of
/// an edge `!edge`, which is negative. Bins are equal in `s = sqrt(1 - cosine)` and stand at `first` and the places behind it.
///
/// The inclination of a row differs from that of the middle by the angle between their axes at most (triangle inequality), and `s`, the sine of half the
/// inclination times the root of 2, by that angle over the root of 2: the reach. So all rows lie on one side of an edge `e` when
/// `|s - e| > reach`, or `|s^2 - e^2| > reach (s + e)`.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2"))]
pub(super) fn bundle_bins(bundles: MiddlesSlice<'_>, pixel: [f32; 3], (first, n): (i32, i32), bins: &mut [i32]) {
    let [px, py, pz] = pixel;
    #[expect(clippy::cast_precision_loss, reason = "at most a thousand")]
    let bins_of_one = n as f32;
    let width = 1.0 / bins_of_one;
    let (x, y, z) = bundles.z.parts();
    for ((((bin, x), y), z), reach) in bins.iter_mut().zip(x).zip(y).zip(z).zip(bundles.reaches) {
        let cosine = x * px + y * py + z * pz;
        let rest = (1.0 - cosine).max(0.0);
        let root = rest.sqrt();
        let place = bins_of_one * root;
        let shifted = place + ROUNDER;
        let nearest = shifted - ROUNDER;
        // The horizon is the last edge.
        let edge = nearest.min(bins_of_one) * width;
        let whole = shifted.to_bits().cast_signed() - ROUNDER.to_bits().cast_signed();
        let below = whole - i32::from(nearest > place);
        let divided = (rest - edge * edge).abs() < NEAR + reach * (root + edge);
        *bin = if divided { !whole.min(n) } else { first + below.min(n) };
    }
}

/// Puts to the place behind all bins the bundles that are not between two cosines of the angle to the zenith. A bundle that lies on both sides of a limit is
/// divided, if it was not, at the edge behind its bin.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2"))]
pub(super) fn cut_bundles(
    bundles: MiddlesSlice<'_>,
    pixel: [f32; 3],
    (low, high): (f32, f32),
    (first, n): (i32, i32),
    bins: &mut [i32],
) {
    let ([px, py, pz], out) = (pixel, first + n);
    let (x, y, z) = bundles.zenith.parts();
    for ((((bin, x), y), z), radius) in bins.iter_mut().zip(x).zip(y).zip(z).zip(bundles.zenith_radii) {
        let cosine = x * px + y * py + z * pz;
        let inside = low < cosine && cosine < high;
        let apart = NEAR + radius;
        let near_limit = (cosine - low).abs() < apart || (cosine - high).abs() < apart;
        let divided = if *bin < 0 { *bin } else { !(*bin - first + 1) };
        let divided = if *bin == out { out } else { divided };
        let whole = if inside { *bin } else { out };
        *bin = if near_limit { divided } else { whole };
    }
}

/// A bundle whose rows lie on both sides of an edge: the numbers of both.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Divided {
    bundle: u32,
    edge: u32,
}

/// Picks out the bundles that are divided, and returns how many. `divided` is as long as `bins` at least.
pub(super) fn pick_divided(bins: &[i32], numbers: &[u32], divided: &mut [Divided]) -> usize {
    let mut count = 0;
    for (bin, bundle) in bins.iter().zip(numbers) {
        // Without a branch: every third or so is divided. One that is not is overwritten by the next.
        if let Some(place) = divided.get_mut(count) {
            *place = Divided { bundle: *bundle, edge: (!*bin).cast_unsigned() };
        }
        count += usize::from(*bin < 0);
    }
    count
}

/// What rows of divided bundles are compared with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits<'a> {
    pub(super) pixel: [f32; 3],
    /// The cosine at each edge of the bins, above 1 for the first: nothing lies before it.
    pub(super) edges: &'a [f32],
    /// Cosines of the largest and smallest zenith angle, where they need a look.
    pub(super) zenith: Option<(f32, f32)>,
}

/// Adds the rows of divided bundles to the bins of a pixel on both sides of the edge. Bundles with a row for which single precision does not decide are put into
/// `unsure`, and nothing of them is added.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl+avx512bw", "x86_64+avx2"))]
pub(super) fn add_divided(
    members: &Members,
    divided: &[Divided],
    limits: &Limits<'_>,
    sums: &mut [[f64; 2]],
    unsure: &mut Vec<u32>,
) {
    for Divided { bundle, edge } in divided {
        let (number, above) = (*bundle as usize, *edge as usize);
        let range = number * members.count..(number + 1) * members.count;
        let (Some(edge), Some(total)) = (limits.edges.get(above), members.totals.get(number)) else { continue };
        let rows = members.slice(range.clone());
        let (near, times) = match limits.zenith {
            None => {
                let (near, before) = parted(&rows, limits.pixel, *edge);
                // Whole numbers of steps: a difference is as exact as a sum.
                (near, [before, [total[0] - before[0], total[1] - before[1]]])
            }
            Some(zenith) => parted_and_cut(&rows, members.zenith.slice(range), limits.pixel, (*edge, zenith)),
        };
        if near {
            unsure.push(*bundle);
            continue;
        }
        for (bin, times) in [above.wrapping_sub(1), above].into_iter().zip(times) {
            if let Some(sum) = sums.get_mut(bin) {
                *sum = [sum[0] + times[0], sum[1] + times[1]];
            }
        }
    }
}

/// Livetimes of those of some rows in which a pixel is nearer to the axis than an edge; whether it is too near to the edge in one of them.
#[inline]
fn parted(rows: &MembersSlice<'_>, [px, py, pz]: [f32; 3], edge: f32) -> (bool, [f64; 2]) {
    let (x, y, z) = rows.z.parts();
    let (mut near, mut sums) = (0, [0_u32; 2]);
    for ((((x, y), z), livetime), weighted) in x.iter().zip(y).zip(z).zip(rows.livetime).zip(rows.weighted) {
        let from_edge = x * px + y * py + z * pz - edge;
        near |= i32::from(from_edge.abs() < NEAR);
        let before = from_edge > 0.0;
        sums[0] = sums[0].wrapping_add(if before { *livetime } else { 0 });
        sums[1] = sums[1].wrapping_add(if before { *weighted } else { 0 });
    }
    (near != 0, seconds(sums))
}

/// Livetimes of rows in which a pixel is within limits of the angle to the zenith, nearer to the axis than an edge and behind it; whether it is too near to the edge
/// or a limit in one of them.
#[inline]
fn parted_and_cut(
    rows: &MembersSlice<'_>,
    zenith: AxesSlice<'_>,
    [px, py, pz]: [f32; 3],
    (edge, (low, high)): (f32, (f32, f32)),
) -> (bool, [[f64; 2]; 2]) {
    let ((x, y, z), (u, v, w)) = (rows.z.parts(), zenith.parts());
    let (mut near, mut before, mut behind) = (0, [0_u32; 2], [0_u32; 2]);
    let times = rows.livetime.iter().zip(rows.weighted);
    for ((((((x, y), z), u), v), w), (livetime, weighted)) in x.iter().zip(y).zip(z).zip(u).zip(v).zip(w).zip(times) {
        let from_edge = x * px + y * py + z * pz - edge;
        let cosine = u * px + v * py + w * pz;
        let nearest = from_edge.abs().min((cosine - low).abs()).min((cosine - high).abs());
        near |= i32::from(nearest < NEAR);
        // Above 0 between the limits.
        let inside = (cosine - low).min(high - cosine);
        let (one, other) = (inside.min(from_edge) > 0.0, inside.min(-from_edge) > 0.0);
        before[0] = before[0].wrapping_add(if one { *livetime } else { 0 });
        before[1] = before[1].wrapping_add(if one { *weighted } else { 0 });
        behind[0] = behind[0].wrapping_add(if other { *livetime } else { 0 });
        behind[1] = behind[1].wrapping_add(if other { *weighted } else { 0 });
    }
    (near != 0, [seconds(before), seconds(behind)])
}

#[inline]
fn seconds([livetime, weighted]: [u32; 2]) -> [f64; 2] {
    [f64::from(livetime) / STEPS, f64::from(weighted) / STEPS]
}
