//! Livetime of some neighbouring pixels of the sky.

use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, PI};

use super::attitude::{Attitude, dot};
use super::kernel::{Axes, UNSURE, cosine_bins, cut, single};

/// What all pixels share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    /// Bins of the cosine of the inclination, equal in the square root of 1 - cosine.
    pub(super) cosines: usize,
    /// Bins of azimuth, 0 for none.
    pub(super) azimuths: usize,
    /// Cosines of the largest and smallest zenith angle, `None` where all are counted.
    pub(super) zenith: Option<(f64, f64)>,
}

impl Rule {
    /// Values a pixel.
    pub(super) fn width(&self) -> usize {
        self.cosines * (self.azimuths + 1)
    }
}

/// Rows that are looked at together: their axes fit a cache.
const TOGETHER: usize = 2048;

/// Pixels that follow each other in NESTED numbering, and their livetimes: small enough for a cache, and round enough to be left out as a
/// whole where the LAT does not see them.
#[derive(Debug)]
pub(super) struct SkyBlock {
    /// Number within the sphere of the first pixel.
    pub(super) first: usize,
    centers: Vec<[f64; 3]>,
    middle: [f64; 3],
    in_view: Band,
    /// Nearer to the zenith than the largest and the smallest angle.
    below_largest: Band,
    below_smallest: Band,
    /// Livetime and weighted livetime, `[pixel][bin]`; a bin more than there are takes what is not in view.
    times: Vec<[f64; 2]>,
}

/// Between which cosines of an angle to the middle only a part of the centres is within a limit.
#[derive(Clone, Copy, Debug)]
struct Band {
    none_below: f64,
    all_above: f64,
}

/// Whether a part of the sky is within a range of angles to an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Seen {
    No,
    Partly,
    Wholly,
}

impl Band {
    /// Of a limit, given by its cosine, for centres that are at most `reach` from the middle.
    fn new(cosine: f64, reach: f64) -> Self {
        let limit = cosine.clamp(-1.0, 1.0).acos();
        let none_below = if limit + reach < PI { (limit + reach).cos() } else { -2.0 };
        let all_above = if limit > reach { (limit - reach).cos() } else { 2.0 };
        Self { none_below, all_above }
    }

    fn seen(&self, cosine: f64) -> Seen {
        if cosine < self.none_below {
            Seen::No
        } else if cosine > self.all_above {
            Seen::Wholly
        } else {
            Seen::Partly
        }
    }
}

/// Rows of which a block sees something.
#[derive(Debug, Default)]
struct Seeing {
    rows: Vec<Attitude>,
    z: Axes,
    zenith: Axes,
    bins: Vec<i32>,
}

impl Seeing {
    fn clear(&mut self) {
        self.rows.clear();
        self.z.clear();
        self.zenith.clear();
    }

    fn push(&mut self, row: &Attitude, with_zenith: bool) {
        self.rows.push(*row);
        self.z.push(row.z);
        if with_zenith {
            self.zenith.push(row.zenith);
        }
    }
}

/// What a thread keeps for its work.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// Rows whose zenith angle needs no look, and those that need one.
    free: Seeing,
    cut: Seeing,
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

    /// The livetimes of each pixel, `[livetime, weighted]` a bin.
    pub(super) fn pixels(&self, rule: &Rule) -> impl Iterator<Item = &[[f64; 2]]> {
        let width = rule.width();
        self.times.chunks_exact(width + 1).map(move |times| times.get(..width).unwrap_or_default())
    }

    /// Adds the livetime of some rows.
    pub(super) fn add(&mut self, rows: &[Attitude], rule: &Rule, scratch: &mut Scratch) {
        for rows in rows.chunks(TOGETHER) {
            self.sort(rows, rule, scratch);
            self.add_seen(&mut scratch.free, rule, None);
            self.add_seen(&mut scratch.cut, rule, rule.zenith);
        }
    }

    /// Sorts out the rows of which the block sees something.
    fn sort(&self, rows: &[Attitude], rule: &Rule, scratch: &mut Scratch) {
        scratch.free.clear();
        scratch.cut.clear();
        for row in rows {
            if self.in_view.seen(dot(row.z, self.middle)) == Seen::No {
                continue;
            }
            if rule.zenith.is_none() {
                scratch.free.push(row, false);
                continue;
            }
            let to_zenith = dot(row.zenith, self.middle);
            match (self.below_largest.seen(to_zenith), self.below_smallest.seen(to_zenith)) {
                (Seen::No, _) | (_, Seen::Wholly) => {}
                (Seen::Wholly, Seen::No) => scratch.free.push(row, false),
                _ => scratch.cut.push(row, true),
            }
        }
    }

    /// Adds rows to all pixels.
    fn add_seen(&mut self, seeing: &mut Seeing, rule: &Rule, zenith: Option<(f64, f64)>) {
        let Seeing { rows, z, zenith: zeniths, bins } = seeing;
        bins.resize(rows.len(), UNSURE);
        let n = i32::try_from(rule.cosines).unwrap_or(i32::MAX);
        for (center, times) in self.centers.iter().zip(self.times.chunks_exact_mut(rule.width() + 1)) {
            let pixel = single(*center);
            cosine_bins(z, pixel, n, bins);
            if let Some((low, high)) = zenith {
                #[expect(clippy::cast_possible_truncation, reason = "what single precision cannot tell is marked")]
                cut(zeniths, pixel, (low as f32, high as f32), n, bins);
            }
            for (row, bin) in rows.iter().zip(bins.iter()) {
                let bin = usize::try_from(*bin).unwrap_or_else(|_| exact_bin(row, *center, rule));
                if rule.azimuths == 0 {
                    add_to(times, bin, row);
                } else if bin < rule.cosines {
                    add_to(times, bin, row);
                    let azimuth = azimuth_bin(dot(row.x, *center), dot(row.y, *center), rule.azimuths);
                    add_to(times, (azimuth + 1) * rule.cosines + bin, row);
                }
            }
        }
    }
}

/// The bin of a direction in a row, in double precision; the number of bins where it is not in view.
fn exact_bin(row: &Attitude, center: [f64; 3], rule: &Rule) -> usize {
    let cosine = dot(row.z, center);
    let outside = rule.zenith.is_some_and(|(low, high)| {
        let to_zenith = dot(row.zenith, center);
        !(low < to_zenith && to_zenith < high)
    });
    if cosine <= 0.0 || outside { rule.cosines } else { cosine_bin(cosine, rule.cosines) }
}

fn add_to(times: &mut [[f64; 2]], bin: usize, row: &Attitude) {
    if let Some([livetime, weighted]) = times.get_mut(bin) {
        *livetime += row.livetime;
        *weighted += row.weighted;
    }
}

/// The bin of a cosine above 0: of `n` that are equal in the square root of 1 - cosine.
fn cosine_bin(cosine: f64, n: usize) -> usize {
    // Rounding may make a cosine larger than 1; the cast takes the root of a negative number as 0.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to n")]
    let bin = (n as f64 * (1.0 - cosine).sqrt()) as usize;
    bin.min(n - 1)
}

/// The bin of an azimuth, folded as the LAT tools fold it: 0 along an axis of the instrument, 1 on a diagonal.
fn azimuth_bin(x: f64, y: f64, bins: usize) -> usize {
    let azimuth = y.atan2(x);
    let azimuth = if azimuth < 0.0 { azimuth + 2.0 * PI } else { azimuth };
    let folded = 1.0 - (FRAC_PI_4 - azimuth % FRAC_PI_2).abs() / FRAC_PI_4;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to the number of bins")]
    let bin = (folded * bins as f64) as usize;
    bin.min(bins - 1)
}

#[cfg(test)]
mod tests {
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
        let rule = Rule { cosines: 40, azimuths: 0, zenith: Some((0.1, 0.95)) };
        let pixel = [0.6, 0.0, 0.8];
        let (mut z, mut zenith, mut rows) = (Axes::default(), Axes::default(), Vec::new());
        for (axis, up) in directions(20_000).zip(directions(20_000).skip(7).chain(directions(7))) {
            z.push(axis);
            zenith.push(up);
            rows.push(Attitude { z: axis, x: axis, y: axis, zenith: up, livetime: 1.0, weighted: 1.0 });
        }
        let mut bins = vec![0; rows.len()];
        cosine_bins(&z, single(pixel), 40, &mut bins);
        cut(&zenith, single(pixel), (0.1, 0.95), 40, &mut bins);
        let mut unsure = 0;
        for (row, bin) in rows.iter().zip(bins) {
            match usize::try_from(bin) {
                Ok(bin) => assert_eq!(bin, exact_bin(row, pixel, &rule)),
                Err(_) => unsure += 1,
            }
        }
        assert!(unsure < 40, "{unsure} of 20000");
    }

    #[test]
    fn what_a_block_leaves_out_is_not_in_view() {
        let rule = Rule { cosines: 40, azimuths: 0, zenith: Some((0.2, 0.98)) };
        let centers: Vec<_> = directions(3000).filter(|center| center[0] > 0.99).collect();
        assert!(centers.len() > 5);
        let mut block = SkyBlock::new(0, centers.clone(), &rule);
        let row = |(z, zenith)| Attitude { z, x: z, y: z, zenith, livetime: 1.0, weighted: 0.5 };
        let rows: Vec<_> = directions(5000).zip(directions(5000).skip(1234).chain(directions(1234))).map(row).collect();
        block.add(&rows, &rule, &mut Scratch::default());
        for (center, times) in centers.iter().zip(block.pixels(&rule)) {
            let mut expected = vec![[0.0; 2]; 41];
            for row in &rows {
                add_to(&mut expected, exact_bin(row, *center, &rule), row);
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
        for quarter in 0..4 {
            for (degrees, bin) in [(1.0, 0), (10.0, 1), (44.0, 5), (46.0, 5), (80.0, 1), (89.0, 0)] {
                let azimuth = (f64::from(quarter) * 90.0 + degrees).to_radians();
                assert_eq!(azimuth_bin(azimuth.cos(), azimuth.sin(), 6), bin, "{quarter} {degrees}");
            }
        }
    }
}
