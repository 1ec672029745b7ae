//! Livetime of some neighbouring pixels of the sky.

use std::f64::consts::{FRAC_PI_4, PI};
use std::ops::Range;

use super::attitude::{Attitude, cross, dot};
use super::kernel::{
    ABREAST, Axes, Band, Bins, CUT, FREE, NEAR, NOTHING, TOGETHER, UNSURE, add_abreast, any_unsure, below_zenith,
    cosine_bins, cut, in_view, single,
};

/// What all pixels share.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    /// Bins of the cosine of the inclination, equal in the square root of 1 - cosine.
    pub(super) cosines: usize,
    /// Bins of azimuth, 0 for none.
    pub(super) azimuths: usize,
    /// Tangents of the angles from an axis of the instrument at which one bin of azimuth ends and the next begins.
    tangents: Vec<f64>,
    /// Cosines of the largest and smallest zenith angle, `None` where all are counted.
    pub(super) zenith: Option<(f64, f64)>,
}

impl Rule {
    pub(super) fn new(cosines: usize, azimuths: usize, zenith: Option<(f64, f64)>) -> Self {
        let tangent = |bin: usize| (FRAC_PI_4 * bin as f64 / azimuths as f64).tan();
        Self { cosines, azimuths, tangents: (1..azimuths).map(tangent).collect(), zenith }
    }

    /// Values a pixel.
    pub(super) fn width(&self) -> usize {
        self.cosines * (self.azimuths + 1)
    }
}

/// Pixels that follow each other in NESTED numbering, and their livetimes: small enough for a cache, and round enough to be left out as a
/// whole where the LAT does not see them.
#[derive(Clone, Debug)]
pub(super) struct SkyBlock {
    /// Number within the sphere of the first pixel.
    pub(super) first: usize,
    pub(super) centers: Vec<[f64; 3]>,
    pub(super) middle: [f64; 3],
    pub(super) in_view: Band,
    /// Nearer to the zenith than the largest and the smallest angle.
    pub(super) below_largest: Band,
    pub(super) below_smallest: Band,
    /// Livetime and weighted livetime, `[pixel][bin]`; a bin more than there are takes what is not in view.
    pub(super) times: Vec<[f64; 2]>,
}

impl Band {
    /// Of a limit, given by its cosine, for centres that are at most `reach` from the middle.
    fn new(cosine: f64, reach: f64) -> Self {
        let limit = cosine.clamp(-1.0, 1.0).acos();
        let none_below = if limit + reach < PI { (limit + reach).cos() } else { -2.0 };
        let all_above = if limit > reach { (limit - reach).cos() } else { 2.0 };
        #[expect(clippy::cast_possible_truncation, reason = "wider by more than single precision loses")]
        let (none_below, all_above) = (none_below as f32 - NEAR, all_above as f32 + NEAR);
        Self { none_below, all_above }
    }
}

/// Rows of which something is seen: axes and times in lists of their own, as the kernels read them.
#[derive(Debug, Default)]
struct RowLists {
    z: Axes,
    zenith: Axes,
    times: Vec<[f64; 2]>,
    /// The places of the rows among all.
    places: Vec<u32>,
}

impl RowLists {
    /// Of all rows, at most 2^32.
    fn of(rows: &[Attitude]) -> Self {
        let mut lists = Self::default();
        for (row, place) in rows.iter().zip(0..) {
            lists.z.push(single(row.z));
            lists.zenith.push(single(row.zenith));
            lists.times.push([row.livetime, row.weighted]);
            lists.places.push(place);
        }
        lists
    }

    fn len(&self) -> usize {
        self.times.len()
    }

    fn clear(&mut self) {
        self.z.clear();
        self.zenith.clear();
        self.times.clear();
        self.places.clear();
    }

    /// Appends consecutive rows of other lists.
    fn extend(&mut self, others: &Self, range: Range<usize>, with_zenith: bool) {
        self.z.extend(others.z.slice(range.clone()));
        if with_zenith {
            self.zenith.extend(others.zenith.slice(range.clone()));
        }
        self.times.extend_from_slice(others.times.get(range.clone()).unwrap_or_default());
        self.places.extend_from_slice(others.places.get(range).unwrap_or_default());
    }
}

/// Rows that are added together.
#[derive(Debug)]
pub(super) struct Rows<'a> {
    attitudes: &'a [Attitude],
    /// The x axis of each row, where azimuths are binned; otherwise none.
    x_axes: &'a [[f64; 3]],
    lists: RowLists,
}

impl<'a> Rows<'a> {
    /// At most 2^32 rows, with their x axes where azimuths are binned.
    pub(super) fn new(attitudes: &'a [Attitude], x_axes: &'a [[f64; 3]]) -> Self {
        Self { attitudes, x_axes, lists: RowLists::of(attitudes) }
    }
}

/// What a thread keeps for its work.
#[derive(Debug)]
pub(super) struct Scratch {
    classes: Vec<u8>,
    /// Rows whose zenith angle needs no look, and those that need one.
    free: RowLists,
    cut: RowLists,
    bins: Box<Bins>,
}

impl Default for Scratch {
    fn default() -> Self {
        let (classes, free, cut) = <(Vec<u8>, RowLists, RowLists)>::default();
        Self { classes, free, cut, bins: Box::new([[UNSURE; TOGETHER]; ABREAST]) }
    }
}

impl SkyBlock {
    /// Pixels with these centres.
    pub(super) fn new(first: usize, centers: Vec<[f64; 3]>, rule: &Rule) -> Self {
        let sum =
            centers.iter().fold([0.0; 3], |sum, center| [sum[0] + center[0], sum[1] + center[1], sum[2] + center[2]]);
        let length = dot(sum, sum).sqrt();
        // The centres of a whole sphere have no middle; then nothing is ever left out.
        let (middle, reach) = if length > 1e-6 {
            let middle = sum.map(|part| part / length);
            let least = centers.iter().map(|center| dot(*center, middle)).fold(1.0, f64::min);
            // A little more, for rounding.
            (middle, least.clamp(-1.0, 1.0).acos() + 1e-6)
        } else {
            ([0.0, 0.0, 1.0], PI)
        };
        let (low, high) = rule.zenith.unwrap_or((-1.0, 1.0));
        let [in_view, below_largest, below_smallest] = [0.0, low, high].map(|cosine| Band::new(cosine, reach));
        let times = vec![[0.0; 2]; centers.len() * (rule.width() + 1)];
        Self { first, centers, middle, in_view, below_largest, below_smallest, times }
    }

    /// The centres of the pixels, as unit vectors.
    pub(super) fn centers(&self) -> &[[f64; 3]] {
        &self.centers
    }

    /// The livetimes of each pixel, `[livetime, weighted]` a bin.
    pub(super) fn pixels(&self, rule: &Rule) -> impl Iterator<Item = &[[f64; 2]]> {
        let width = rule.width();
        self.times.chunks_exact(width + 1).map(move |times| times.get(..width).unwrap_or_default())
    }

    /// Adds the livetime of some rows.
    pub(super) fn add(&mut self, rows: &Rows<'_>, rule: &Rule, scratch: &mut Scratch) {
        self.sort(&rows.lists, rule, scratch);
        let Scratch { free, cut, bins, .. } = scratch;
        for (seen, zenith) in [(&*free, None), (&*cut, rule.zenith)] {
            for first in (0..seen.len()).step_by(TOGETHER) {
                let range = first..(first + TOGETHER).min(seen.len());
                self.add_seen(rows, &Seen { lists: seen, range, zenith }, rule, bins);
            }
        }
    }

    /// Sorts out the rows of which the block sees something. They come in runs: the LAT turns slowly.
    fn sort(&self, lists: &RowLists, rule: &Rule, scratch: &mut Scratch) {
        let Scratch { classes, free, cut, .. } = scratch;
        free.clear();
        cut.clear();
        classes.resize(lists.len(), NOTHING);
        let (all, middle) = (0..lists.len(), single(self.middle));
        in_view(lists.z.slice(all.clone()), middle, self.in_view, classes);
        if rule.zenith.is_some() {
            below_zenith(lists.zenith.slice(all), middle, self.below_largest, self.below_smallest, classes);
        }
        let mut first = 0;
        for run in classes.chunk_by(|a, b| a == b) {
            let range = first..first + run.len();
            first = range.end;
            match run.first() {
                Some(&FREE) => free.extend(lists, range, false),
                Some(&CUT) => cut.extend(lists, range, true),
                _ => {}
            }
        }
    }

    /// Adds some rows to all pixels.
    fn add_seen(&mut self, rows: &Rows<'_>, seen: &Seen<'_>, rule: &Rule, bins: &mut Bins) {
        let stride = rule.width() + 1;
        for (centers, sums) in self.centers.chunks(ABREAST).zip(self.times.chunks_mut(ABREAST * stride)) {
            for ((center, bins), first) in centers.iter().zip(bins.iter_mut()).zip((0..).step_by(stride)) {
                seen.bins(*center, (first, rule), bins);
            }
            let side_by_side = rule.azimuths == 0 && centers.len() == ABREAST;
            if side_by_side {
                add_abreast(sums, bins, seen.times());
            }
            for ((center, bins), first) in centers.iter().zip(bins.iter()).zip((0..).step_by(stride)) {
                if !side_by_side || any_unsure(bins.get(..seen.range.len()).unwrap_or_default()) {
                    let sums = sums.get_mut(first..first + stride).unwrap_or_default();
                    seen.add_each(rows, *center, (bins, first, side_by_side), (rule, sums));
                }
            }
        }
    }
}

/// Some of the rows of which a block sees something.
#[derive(Clone, Debug)]
struct Seen<'a> {
    lists: &'a RowLists,
    range: Range<usize>,
    /// Cosines of the largest and smallest zenith angle, where they need a look.
    zenith: Option<(f64, f64)>,
}

impl Seen<'_> {
    fn times(&self) -> &[[f64; 2]] {
        self.lists.times.get(self.range.clone()).unwrap_or_default()
    }

    /// The places of a pixel's bins, from `first` on, where single precision tells them.
    fn bins(&self, center: [f64; 3], (first, rule): (usize, &Rule), bins: &mut [i32]) {
        // Options allow a thousand bins, and a block has some pixels.
        let count = |n: usize| i32::try_from(n).unwrap_or(0);
        let (pixel, first, n) = (single(center), count(first), count(rule.cosines));
        cosine_bins(self.lists.z.slice(self.range.clone()), pixel, (first, n), bins);
        if let Some((low, high)) = self.zenith {
            #[expect(clippy::cast_possible_truncation, reason = "what single precision cannot tell is marked")]
            cut(self.lists.zenith.slice(self.range.clone()), pixel, (low as f32, high as f32), first + n, bins);
        }
    }

    /// Adds rows to a pixel one by one, with double precision where single precision does not tell; only those where `told` are added already.
    fn add_each(
        &self,
        rows: &Rows<'_>,
        center: [f64; 3],
        (bins, first, told): (&[i32], usize, bool),
        (rule, sums): (&Rule, &mut [[f64; 2]]),
    ) {
        let places = self.lists.places.get(self.range.clone()).unwrap_or_default();
        for ((bin, place), time) in bins.iter().zip(places).zip(self.times()) {
            if told && *bin >= 0 {
                continue;
            }
            let Some(row) = rows.attitudes.get(*place as usize) else { continue };
            let bin = usize::try_from(*bin).map_or_else(|_| exact_bin(row, center, rule), |place| place - first);
            // With bins of azimuth there is no place for what is not in view.
            if bin >= rule.cosines {
                continue;
            }
            add_to(sums, bin, *time);
            if let Some(x) = rows.x_axes.get(*place as usize) {
                let azimuth = azimuth_bin(dot(*x, center), dot(cross(row.z, *x), center), &rule.tangents);
                add_to(sums, (azimuth + 1) * rule.cosines + bin, *time);
            }
        }
    }
}

/// The bin of a direction in a row, in double precision; the number of bins where it is not in view.
pub(super) fn exact_bin(row: &Attitude, center: [f64; 3], rule: &Rule) -> usize {
    let cosine = dot(row.z, center);
    let outside = rule.zenith.is_some_and(|(low, high)| {
        let to_zenith = dot(row.zenith, center);
        !(low < to_zenith && to_zenith < high)
    });
    if cosine <= 0.0 || outside { rule.cosines } else { cosine_bin(cosine, rule.cosines) }
}

pub(super) fn add_to(sums: &mut [[f64; 2]], bin: usize, time: [f64; 2]) {
    if let Some([livetime, weighted]) = sums.get_mut(bin) {
        *livetime += time[0];
        *weighted += time[1];
    }
}

/// The bin of a cosine above 0: of `n` that are equal in the square root of 1 - cosine.
fn cosine_bin(cosine: f64, n: usize) -> usize {
    // Rounding may make a cosine larger than 1; the cast takes the root of a negative number as 0.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to n")]
    let bin = (n as f64 * (1.0 - cosine).sqrt()) as usize;
    bin.min(n - 1)
}

/// The bin of an azimuth, folded as the LAT tools fold it: 0 along an axis of the instrument, 1 on a diagonal. The folded angle is that from the nearest axis,
/// whose tangent is compared.
fn azimuth_bin(x: f64, y: f64, tangents: &[f64]) -> usize {
    let (x, y) = (x.abs(), y.abs());
    let (low, high) = (x.min(y), x.max(y));
    if high > 0.0 { tangents.partition_point(|tangent| tangent * high <= low) } else { 0 }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::FRAC_PI_2;

    use super::*;

    /// Directions all over the sphere, without order.
    fn directions(n: u32) -> impl Iterator<Item = [f64; 3]> {
        (0..n).map(move |step| {
            let (z, longitude) =
                (1.0 - 2.0 * (f64::from(step) + 0.5) / f64::from(n), f64::from(step) * 2.399_963_229_728_653);
            let across = (1.0 - z * z).sqrt();
            [across * longitude.cos(), across * longitude.sin(), z]
        })
    }

    #[test]
    fn single_precision_decides_as_double_precision_or_not_at_all() {
        let rule = Rule::new(40, 0, Some((0.1, 0.95)));
        let pixel = [0.6, 0.0, 0.8];
        let mut rows = Vec::new();
        for (axis, up) in directions(20_000).zip(directions(20_000).skip(7).chain(directions(7))) {
            rows.push(Attitude { z: axis, zenith: up, livetime: 1.0, weighted: 1.0 });
        }
        let (mut bins, lists) = (vec![0; rows.len()], RowLists::of(&rows));
        Seen { lists: &lists, range: 0..rows.len(), zenith: rule.zenith }.bins(pixel, (3, &rule), &mut bins);
        let mut unsure = 0;
        for (row, bin) in rows.iter().zip(bins) {
            match usize::try_from(bin) {
                Ok(place) => assert_eq!(place, 3 + exact_bin(row, pixel, &rule)),
                Err(_) => unsure += 1,
            }
        }
        assert!(unsure < 40, "{unsure} of 20000");
    }

    #[test]
    fn what_a_block_leaves_out_is_not_in_view() {
        let rule = Rule::new(40, 0, Some((0.2, 0.98)));
        let centers: Vec<_> = directions(3000).filter(|center| center[0] > 0.99).collect();
        assert!(centers.len() > 5);
        let mut block = SkyBlock::new(0, centers.clone(), &rule);
        let row = |(z, zenith)| Attitude { z, zenith, livetime: 1.0, weighted: 0.5 };
        let rows: Vec<_> = directions(5000).zip(directions(5000).skip(1234).chain(directions(1234))).map(row).collect();
        block.add(&Rows::new(&rows, &[]), &rule, &mut Scratch::default());
        for (center, times) in centers.iter().zip(block.pixels(&rule)) {
            let mut expected = vec![[0.0; 2]; 41];
            for row in &rows {
                add_to(&mut expected, exact_bin(row, *center, &rule), [row.livetime, row.weighted]);
            }
            assert_eq!(times, &expected[..40]);
        }
    }

    #[test]
    fn bins_begin_at_the_axis_and_end_at_the_horizon() {
        assert_eq!((cosine_bin(1.0 + 1e-15, 40), cosine_bin(1.0, 40), cosine_bin(1e-12, 40)), (0, 0, 39));
        // The edge of bin j is at cosine 1 - (j/n)^2.
        for bin in 1..40usize {
            let edge = 1.0 - (bin as f64 / 40.0).powi(2);
            assert_eq!((cosine_bin(edge + 1e-9, 40), cosine_bin(edge - 1e-9, 40)), (bin - 1, bin));
        }
    }

    #[test]
    fn azimuths_are_folded_at_axes_and_diagonals() {
        let tangents = Rule::new(40, 6, None).tangents;
        for quarter in 0..4 {
            for (degrees, bin) in [(1.0, 0), (10.0, 1), (44.0, 5), (46.0, 5), (80.0, 1), (89.0, 0)] {
                let azimuth = (f64::from(quarter) * 90.0 + degrees).to_radians();
                assert_eq!(azimuth_bin(azimuth.cos(), azimuth.sin(), &tangents), bin, "{quarter} {degrees}");
            }
        }
        assert_eq!(azimuth_bin(0.0, 0.0, &tangents), 0);
    }

    #[test]
    fn the_bin_of_an_azimuth_is_that_of_its_folded_angle() {
        for bins in [1, 2, 6, 7, 15] {
            let tangents = Rule::new(40, bins, None).tangents;
            for step in 0..5000 {
                let azimuth = 0.0013 + f64::from(step) * 0.002_718;
                let folded = 1.0 - (FRAC_PI_4 - azimuth % FRAC_PI_2).abs() / FRAC_PI_4;
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to the number of bins")]
                let expected = ((folded * bins as f64) as usize).min(bins - 1);
                let found = azimuth_bin(0.3 * azimuth.cos(), 0.3 * azimuth.sin(), &tangents);
                assert_eq!(found, expected, "{bins} bins, {azimuth}");
            }
        }
    }
}
