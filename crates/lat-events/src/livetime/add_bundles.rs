//! Livetime of many bundles of rows, added to the pixels of a block.

use std::ops::Range;

use super::bundle_kernel::{
    Divided, Limits, Middles, add_divided, bundle_bins, bundles_below_zenith, bundles_in_view, cut_bundles,
    pick_divided,
};
use super::bundles::Bundles;
use super::kernel::{ABREAST, Bins, CUT, FREE, NOTHING, TOGETHER, UNSURE, add_abreast, single};
use super::sky_block::{Rule, SkyBlock, add_to, exact_bin};

/// What a thread keeps for its work.
#[derive(Debug)]
pub(super) struct BundleScratch {
    classes: Vec<u8>,
    /// Bundles whose zenith angle needs no look, and those that need one.
    free: Middles,
    cut: Middles,
    bins: Box<Bins>,
    divided: Vec<Divided>,
    unsure: Vec<u32>,
}

impl Default for BundleScratch {
    fn default() -> Self {
        Self {
            classes: Vec::new(),
            free: Middles::default(),
            cut: Middles::default(),
            bins: Box::new([[UNSURE; TOGETHER]; ABREAST]),
            divided: vec![Divided::default(); TOGETHER],
            unsure: Vec::new(),
        }
    }
}

/// Some consecutive bundles, and what all blocks share for them.
#[derive(Clone, Debug)]
pub(super) struct Part<'a> {
    bundles: &'a Bundles,
    range: Range<usize>,
    rule: &'a Rule,
    /// The cosine at each edge of the bins.
    edges: &'a [f32],
}

/// The cosine at each edge of bins of inclination, above 1 for the first: no row lies before it.
fn edges(rule: &Rule) -> Vec<f32> {
    let edge = |bin: usize| if bin == 0 { 2.0 } else { 1.0 - (bin as f64 / rule.cosines as f64).powi(2) };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "what single precision cannot tell is told by double precision"
    )]
    (0..=rule.cosines).map(|bin| edge(bin) as f32).collect()
}

/// Hands over bundles, so many at a time.
///
/// # Errors
/// That of `take`.
pub(super) fn for_parts<E>(
    bundles: &Bundles,
    rule: &Rule,
    together: usize,
    mut take: impl FnMut(&Part<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let (edges, n) = (edges(rule), bundles.middles.len());
    for first in (0..n).step_by(together) {
        take(&Part { bundles, range: first..(first + together).min(n), rule, edges: &edges })?;
    }
    Ok(())
}

impl Part<'_> {
    /// Adds their livetime to the pixels of a block.
    pub(super) fn add_to(&self, block: &mut SkyBlock, scratch: &mut BundleScratch) {
        self.sort(block, scratch);
        let BundleScratch { free, cut, bins, divided, unsure, .. } = scratch;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "what single precision cannot tell is told by double precision"
        )]
        let zenith = self.rule.zenith.map(|(low, high)| (low as f32, high as f32));
        for (seen, zenith) in [(&*free, None), (&*cut, zenith)] {
            for first in (0..seen.len()).step_by(TOGETHER) {
                let list = Seen { part: self, list: seen, range: first..(first + TOGETHER).min(seen.len()), zenith };
                list.add_to(block, (bins, divided, unsure));
            }
        }
    }

    /// Sorts out the bundles of which the block sees something. They come in runs, as neighbours look the same way.
    fn sort(&self, block: &SkyBlock, scratch: &mut BundleScratch) {
        let BundleScratch { classes, free, cut, .. } = scratch;
        free.clear();
        cut.clear();
        classes.resize(self.range.len(), NOTHING);
        let (all, middle) = (self.bundles.middles.slice(self.range.clone()), single(block.middle));
        bundles_in_view(all, middle, block.in_view, classes);
        if self.rule.zenith.is_some() {
            bundles_below_zenith(all, middle, block.below_largest, block.below_smallest, classes);
        }
        let mut first = self.range.start;
        for run in classes.chunk_by(|a, b| a == b) {
            let range = first..first + run.len();
            first = range.end;
            match run.first() {
                Some(&FREE) => free.extend(self.bundles.middles.slice(range)),
                Some(&CUT) => cut.extend(self.bundles.middles.slice(range)),
                _ => {}
            }
        }
    }
}

/// Some of the bundles of which a block sees something.
struct Seen<'a> {
    part: &'a Part<'a>,
    list: &'a Middles,
    range: Range<usize>,
    zenith: Option<(f32, f32)>,
}

impl Seen<'_> {
    fn add_to(&self, block: &mut SkyBlock, (bins, divided, unsure): (&mut Bins, &mut [Divided], &mut Vec<u32>)) {
        let (rule, seen) = (self.part.rule, self.list.slice(self.range.clone()));
        let stride = rule.width() + 1;
        // Options allow a thousand bins, and a block has some pixels.
        let count = |n: usize| i32::try_from(n).unwrap_or(0);
        for (centers, sums) in block.centers.chunks(ABREAST).zip(block.times.chunks_mut(ABREAST * stride)) {
            // Of the last pixels there may be fewer; what stands in the other places is no bin.
            bins.iter_mut().skip(centers.len()).for_each(|bins| bins.fill(UNSURE));
            for ((center, bins), first) in centers.iter().zip(bins.iter_mut()).zip((0..).step_by(stride)) {
                let places = (count(first), count(rule.cosines));
                bundle_bins(seen, single(*center), places, bins);
                if let Some(limits) = self.zenith {
                    cut_bundles(seen, single(*center), limits, places, bins);
                }
            }
            add_abreast(sums, bins, seen.times);
            for ((center, bins), sums) in centers.iter().zip(bins.iter()).zip(sums.chunks_mut(stride)) {
                let count = pick_divided(bins, seen.numbers, divided);
                let limits = Limits { pixel: single(*center), edges: self.part.edges, zenith: self.zenith };
                unsure.clear();
                let divided = divided.get(..count).unwrap_or_default();
                add_divided(&self.part.bundles.members, divided, &limits, sums, unsure);
                for row in unsure.iter().flat_map(|bundle| self.part.bundles.rows_of(*bundle)) {
                    add_to(sums, exact_bin(row, *center, rule), [row.livetime, row.weighted]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::attitude::{Attitude, dot};
    use super::super::sky_block::{Rows, Scratch};
    use super::*;

    /// Numbers from 0 to 1 without order.
    fn numbers(seed: u64) -> impl FnMut() -> f64 {
        let mut state = seed;
        move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f64 / f64::from(1 << 24)
        }
    }

    fn direction(longitude: f64, latitude: f64) -> [f64; 3] {
        let across = latitude.cos();
        [across * longitude.cos(), across * longitude.sin(), latitude.sin()]
    }

    fn row(number: usize, z: [f64; 3], zenith: [f64; 3]) -> Attitude {
        let livetime = 26.0 + (number % 64) as f64 / 16.0;
        Attitude { z, zenith, livetime, weighted: livetime - 3.0 - (number % 32) as f64 / 8.0 }
    }

    /// Years of a survey within some degrees, a stare, slews, and jumps anywhere.
    fn history() -> Vec<Attitude> {
        let (mut number, mut rows) = (numbers(7), Vec::new());
        for index in 0..24_000 {
            let (along, side) = (0.5 * number(), if index % 2 == 0 { 0.6 } else { -0.6 });
            let zenith = direction(along, 0.1 * number());
            rows.push(row(index, direction(along, side + 0.1 * number()), zenith));
        }
        rows.extend((0..200).map(|index| row(index, direction(0.3, 0.2), direction(0.1, 0.2))));
        for slew in 0..20 {
            let (longitude, speed, latitude) = (6.0 * number(), 1e-4 * number(), number());
            let at = |index: usize| longitude + speed * index as f64;
            rows.extend(
                (0..100).map(|index| row(index + slew, direction(at(index), latitude), direction(0.2, latitude))),
            );
        }
        for index in 0..500 {
            let mut any = || direction(6.3 * number(), (2.0 * number() - 1.0).asin());
            rows.push(row(index, any(), any()));
        }
        rows
    }

    /// Blocks of pixels: before, beside and behind the axes of most rows, with few pixels, and with one exactly on an edge of the stare.
    fn blocks(rule: &Rule) -> Vec<SkyBlock> {
        let patch = |longitude: f64, latitude: f64, n: usize| -> Vec<[f64; 3]> {
            (0..n).map(|k| direction(longitude + 0.016 * (k % 8) as f64, latitude + 0.016 * (k / 8) as f64)).collect()
        };
        let (axis, n) = (direction(0.3, 0.2), rule.cosines as f64);
        let across = direction(0.3, 0.2 + std::f64::consts::FRAC_PI_2);
        let on_edge = |edge: f64| {
            let cosine = 1.0 - (edge / n).powi(2);
            let sine = (1.0 - cosine * cosine).sqrt();
            [0, 1, 2].map(|part| cosine * axis[part] + sine * across[part])
        };
        let edges = vec![on_edge(1.0), on_edge((n / 2.0).floor()), on_edge(n), axis];
        let places = [patch(0.2, 0.5, 64), patch(0.9, -0.3, 64), patch(1.7, 0.2, 64), patch(3.0, 0.0, 13), edges];
        places.into_iter().map(|centers| SkyBlock::new(0, centers, rule)).collect()
    }

    #[test]
    fn rows_in_bundles_add_to_the_bins_of_rows_alone_bit_by_bit() {
        let zeniths = [
            None,
            Some((100_f64.to_radians().cos(), 1.1)),
            Some((80_f64.to_radians().cos(), 30_f64.to_radians().cos())),
        ];
        for (n, zenith) in [3, 40, 200].into_iter().flat_map(|n| zeniths.map(|zenith| (n, zenith))) {
            let (rule, rows) = (Rule::new(n, 0, zenith), history());
            let (mut alone, mut exact, mut bundled) = (blocks(&rule), blocks(&rule), blocks(&rule));
            for block in &mut alone {
                block.add(&Rows::new(&rows, &[]), &rule, &mut Scratch::default());
            }
            for block in &mut exact {
                for (center, sums) in block.centers.iter().zip(block.times.chunks_mut(rule.width() + 1)) {
                    for row in &rows {
                        add_to(sums, exact_bin(row, *center, &rule), [row.livetime, row.weighted]);
                    }
                }
            }
            let bundles = Bundles::of(rows, &rule);
            // Where bins are narrow, only stare and slews come in bundles.
            let (count, least) = (bundles.middles.len(), if n > 40 { 20 } else { 300 });
            assert!(count > least, "{n}: {count} bundles");
            let (mut scratch, mut seen, loose) = (BundleScratch::default(), 0, bundles.loose(1000).flatten().count());
            assert!(loose > 100, "{n}: {loose} loose rows");
            for block in &mut bundled {
                for rows in bundles.loose(1000) {
                    block.add(&Rows::new(rows, &[]), &rule, &mut Scratch::default());
                }
                for_parts(&bundles, &rule, 100, |part| {
                    part.add_to(block, &mut scratch);
                    seen += scratch.free.len() + scratch.cut.len();
                    Ok::<(), ()>(())
                })
                .unwrap();
            }
            assert!(seen > 50, "{n}: {seen}");
            for ((bundled, alone), exact) in bundled.iter().zip(&alone).zip(&exact) {
                assert!(bundled.pixels(&rule).eq(exact.pixels(&rule)), "{n} {zenith:?}: in bundles");
                assert!(alone.pixels(&rule).eq(exact.pixels(&rule)), "{n} {zenith:?}: alone");
            }
        }
    }

    #[test]
    fn what_lies_beside_a_bundle_by_its_reach_is_divided() {
        // Two groups of rows on both sides of the edge of a bin: the middle is in the first, and only the reach tells.
        let (rule, pixel) = (Rule::new(40, 0, None), [0.0, 0.0, 1.0]);
        let edge = (1.0 - (20.0_f64 / 40.0).powi(2)).acos();
        let at = |from_edge: f64| {
            let angle = edge + from_edge;
            [angle.sin(), 0.0, angle.cos()]
        };
        let rows: Vec<_> =
            (0..32).map(|number| row(number, at(if number == 0 { 0.004 } else { -0.002 }), at(0.0))).collect();
        let mut block = SkyBlock::new(0, vec![pixel; 8], &rule);
        let bundles = Bundles::of(rows.clone(), &rule);
        assert_eq!((bundles.middles.len(), bundles.loose(1000).count()), (1, 0));
        for_parts(&bundles, &rule, 100, |part| {
            part.add_to(&mut block, &mut BundleScratch::default());
            Ok::<(), ()>(())
        })
        .unwrap();
        let times = block.pixels(&rule).next().unwrap();
        assert_eq!(times[20], [rows[0].livetime, rows[0].weighted]);
        assert!(dot(bundles.rows_of(0)[0].z, pixel) > 0.0 && times[19][0] > 800.0);
    }
}
