//! From spacecraft rows to livetime by direction and inclination.

use lat_io::{LivetimeTable, SpacecraftRow};
use lat_response::{CosineBins, Frame, HealpixGrid, HealpixOrdering};
use ndarray::Array2;
use rayon::prelude::*;
use roi_model::SkyDirection;

use super::add_bundles::{BundleScratch, Part, for_parts};
use super::attitude::{Attitude, dot, unit_vector};
use super::bundles::Bundles;
use super::cube::Livetime;
use super::livetime_options::LivetimeOptions;
use super::sky_block::{Rows, Rule, Scratch, SkyBlock};
use crate::error::{Error, Result};
use crate::intervals::GoodTimes;
use crate::spacecraft::{Coverage, Spacecraft};

/// Rows times pixels between two looks at who watches: a fraction of a second.
const AT_ONCE: usize = 1 << 30;
/// Rows that are added at once.
const FEWEST: usize = 512;
const MOST: usize = 1 << 14;

/// Rows that wait to be put into bundles: the more there are, the nearer to each other some of them look. They and their bundles take 64 + 32 bytes each.
const WAITING: usize = 3 << 20;

/// Rows that take as long as a bundle.
const BUNDLED: usize = 8;

/// Pixels of a block: those of one pixel of an eighth of the NSIDE.
const BLOCK: usize = 64;

/// Rows so much before the first and behind the last good time are looked at, s.
const MARGIN: f64 = 60.0;

/// Livetime within good times, by direction and inclination, as gtltcube sums it.
///
/// Each row adds its livetime, as far as it lies in good times, to every pixel that the LAT saw, in the bin of the pixel's inclination.
/// Livetimes are rounded to 2^-22 s, so that sums are exact and depend neither on the number of threads nor on the order of rows. Memory: 16 bytes a pixel and
/// bin, and 100 bytes a row of up to 3 million rows at a time.
///
/// # Errors
/// [`Error::Option`] for options that cannot be, [`Error::NoGoodTime`] without good times, [`Error::NotCovered`] when rows are missing,
/// [`Error::RowOrder`] for rows that overlap; those of reading.
///
/// ```no_run
/// use lat_events::{GoodTimes, LivetimeOptions, Spacecraft};
/// let spacecraft = Spacecraft::open(&["spacecraft.fits"])?;
/// let good_times = GoodTimes::new([(538040378.6, 538041335.6)]);
/// let livetime = lat_events::livetime(&spacecraft, &good_times, &LivetimeOptions::default().with_zenith(0.0, 90.0))?;
/// livetime.write("ltcube_00.fits".as_ref())?;
/// # Ok::<(), lat_events::Error>(())
/// ```
pub fn livetime(spacecraft: &Spacecraft, good_times: &GoodTimes, options: &LivetimeOptions) -> Result<Livetime> {
    let mut sky = Sky::new(options)?;
    let Some(span) = good_times.span() else {
        let reason = "livetime is summed over good times, and there are none; select other times or widen the filter";
        return Err(Error::NoGoodTime { reason: reason.into() });
    };
    let mut coverage = Coverage::default();
    let used = |row: &SpacecraftRow| {
        let overlap = if is_near(row, span) { good_times.overlap(row.start, row.stop) } else { 0.0 };
        (overlap > 0.0 && row.livetime > 0.0).then(|| (Attitude::of(row, overlap), row.x_axis))
    };
    let look = || spacecraft.watcher().read(0);
    let mut waiting = Vec::new();
    spacecraft.visit(|_, _, rows| {
        coverage.add(rows);
        let (attitudes, x_axes): (Vec<_>, Vec<_>) = rows.par_iter().with_min_len(FEWEST).filter_map(used).unzip();
        if options.azimuth_bins > 0 {
            let x_axes: Vec<_> = x_axes.into_iter().map(unit_vector).collect();
            return sky.add(&attitudes, &x_axes, look);
        }
        waiting.extend(attitudes);
        if waiting.len() < WAITING { Ok(()) } else { sky.add_bundled(std::mem::take(&mut waiting), look) }
    })?;
    sky.add_bundled(waiting, look)?;
    coverage.check(spacecraft, good_times, options.coverage)?;
    let [livetime, weighted] = tables(&sky.blocks, sky.pixels.n_pixels(), &sky.rule);
    Ok(Livetime::new(LivetimeTable {
        pixels: sky.pixels,
        bins: sky.bins,
        azimuth_bins: options.azimuth_bins,
        livetime,
        weighted,
        zenith: options.zenith,
        good_times: good_times.intervals().to_vec(),
        times: span,
        inputs: None,
    }))
}

/// Whether a row lies near enough to the first and the last good time to be looked at.
pub(super) fn is_near(row: &SpacecraftRow, (start, stop): (f64, f64)) -> bool {
    row.start >= start - MARGIN && row.stop <= stop + MARGIN
}

/// The pixels that livetime is summed in, and how.
pub(super) struct Sky {
    pub(super) bins: CosineBins,
    pub(super) rule: Rule,
    pixels: HealpixGrid,
    /// Without livetime yet: those of the region that is wanted, or all.
    pub(super) blocks: Vec<SkyBlock>,
    /// The middle of that region and the cosine of its radius.
    wanted: Option<([f64; 3], f64)>,
}

impl Sky {
    /// # Errors
    /// [`Error::Option`] for options that cannot be.
    pub(super) fn new(options: &LivetimeOptions) -> Result<Self> {
        options.check()?;
        let bins = options.cosine_bins()?;
        let pixels = HealpixGrid::new(options.nside()?, HealpixOrdering::Nested, Frame::Celestial)?;
        let (zmin, zmax) = options.zenith;
        let zenith = (options.zenith != (0.0, 180.0)).then(|| (zmax.to_radians().cos(), zmin.to_radians().cos()));
        let rule = Rule::new(bins.n, options.azimuth_bins, zenith);
        let wanted = options.region.map(|region| reach_of(&pixels, region)).transpose()?;
        let blocks = blocks(&pixels, &rule, wanted);
        Ok(Self { bins, rule, pixels, blocks, wanted })
    }

    /// Adds rows with their x axes, where azimuths are binned.
    ///
    /// # Errors
    /// That of `look`, which is asked every fraction of a second.
    fn add(&mut self, attitudes: &[Attitude], x_axes: &[[f64; 3]], look: impl Fn() -> Result<()>) -> Result<()> {
        let together = self.together();
        for (first, attitudes) in (0..).step_by(together).zip(attitudes.chunks(together)) {
            look()?;
            let Self { rule, blocks, .. } = self;
            let rows = Rows::new(attitudes, x_axes.get(first..first + attitudes.len()).unwrap_or_default());
            let add = |scratch: &mut Scratch, block: &mut SkyBlock| block.add(&rows, rule, scratch);
            blocks.par_iter_mut().for_each_init(Scratch::default, add);
        }
        Ok(())
    }

    /// Adds rows, those together that look the same way. Azimuths are not binned.
    ///
    /// # Errors
    /// That of `look`, which is asked every fraction of a second.
    fn add_bundled(&mut self, attitudes: Vec<Attitude>, look: impl Fn() -> Result<()>) -> Result<()> {
        let bundles = Bundles::of(attitudes, &self.rule);
        let together = self.together();
        // Runs may be short, and each time all blocks are gone through.
        let mut loose: Vec<Attitude> = Vec::new();
        for run in bundles.loose(together) {
            if loose.len() + run.len() > together {
                self.add(&loose, &[], &look)?;
                loose.clear();
            }
            loose.extend_from_slice(run);
        }
        self.add(&loose, &[], &look)?;
        let Self { rule, blocks, .. } = self;
        for_parts(&bundles, rule, together.div_ceil(BUNDLED), |part: &Part<'_>| {
            look()?;
            let add = |scratch: &mut BundleScratch, block: &mut SkyBlock| part.add_to(block, scratch);
            blocks.par_iter_mut().for_each_init(BundleScratch::default, add);
            Ok(())
        })
    }

    /// How many rows are added between two looks at who watches.
    pub(super) fn together(&self) -> usize {
        (AT_ONCE / self.pixels.n_pixels()).clamp(FEWEST, MOST)
    }

    /// The pixels that are wanted.
    ///
    /// # Errors
    /// [`Error::Response`] in principle only: when there is none.
    pub(super) fn wanted(&self) -> Result<HealpixGrid> {
        let Some((middle, cosine)) = self.wanted else { return Ok(self.pixels.clone()) };
        let mut numbers = Vec::new();
        for block in &self.blocks {
            let near = |center: &[f64; 3]| dot(*center, middle) >= cosine;
            let centers = (block.first as u64..).zip(block.centers());
            numbers.extend(centers.filter(|(_, center)| near(center)).map(|(number, _)| number));
        }
        Ok(self.pixels.clone().with_pixels(numbers)?)
    }
}

/// The pixels of the sphere in blocks; with a region, of those blocks that hold a pixel of it or touch one.
fn blocks(pixels: &HealpixGrid, rule: &Rule, wanted: Option<([f64; 3], f64)>) -> Vec<SkyBlock> {
    let n = pixels.n_pixels();
    let center = |pixel: usize| {
        // Every pixel of the sphere has a centre.
        pixels.direction_of(pixel).map_or([0.0; 3], |center| unit_vector([center.ra(), center.dec()]))
    };
    let mut blocks = Vec::new();
    for first in (0..n).step_by(BLOCK) {
        let centers: Vec<_> = (first..(first + BLOCK).min(n)).map(center).collect();
        let near = wanted.is_none_or(|(middle, cosine)| centers.iter().any(|center| dot(*center, middle) >= cosine));
        if near {
            blocks.push(SkyBlock::new(first, centers, rule));
        }
    }
    blocks
}

/// The middle of a region and the cosine of its radius, widened by two pixels.
fn reach_of(pixels: &HealpixGrid, (ra, dec, radius): (f64, f64, f64)) -> Result<([f64; 3], f64)> {
    let direction = SkyDirection::new(ra, dec);
    let direction = direction.map_err(|error| Error::option("region", error, "a direction in degrees"))?;
    if !(radius > 0.0 && radius <= 180.0) {
        return Err(Error::option("radius of the region", radius, "above 0 and up to 180 degrees"));
    }
    let reach = (radius.to_radians() + 2.0 * pixels.solid_angle().sqrt()).min(std::f64::consts::PI);
    Ok((unit_vector([direction.ra(), direction.dec()]), reach.cos()))
}

/// Livetime and weighted livetime of all pixels; 0 where no block is.
fn tables(blocks: &[SkyBlock], pixels: usize, rule: &Rule) -> [Array2<f32>; 2] {
    let mut tables = [Array2::zeros((pixels, rule.width())), Array2::zeros((pixels, rule.width()))];
    for block in blocks {
        for (offset, times) in block.pixels(rule).enumerate() {
            for (table, which) in tables.iter_mut().zip(0..) {
                let row = table.row_mut(block.first + offset);
                #[expect(clippy::cast_possible_truncation, reason = "the format holds 32-bit floats")]
                row.into_iter()
                    .zip(times)
                    .for_each(|(out, time)| *out = time.get(which).copied().unwrap_or(0.0) as f32);
            }
        }
    }
    tables
}
