//! From spacecraft rows to livetime by direction and inclination.

use lat_io::{LivetimeTable, SpacecraftRow};
use lat_response::{Frame, HealpixGrid, HealpixOrdering};
use ndarray::Array2;
use rayon::prelude::*;
use roi_model::SkyDirection;

use super::attitude::{Attitude, dot, unit_vector};
use super::cube::Livetime;
use super::livetime_options::LivetimeOptions;
use super::sky_block::{RowLists, Rule, Scratch, SkyBlock};
use crate::error::{Error, Result};
use crate::intervals::GoodTimes;
use crate::spacecraft::{Coverage, Spacecraft};

/// Rows times pixels between two looks at who watches: a fraction of a second.
const AT_ONCE: usize = 1 << 30;
/// Rows that are added at once.
const FEWEST: usize = 512;
const MOST: usize = 1 << 14;

/// Pixels of a block: those of one pixel of an eighth of the NSIDE.
const BLOCK: usize = 64;

/// Rows so much before the first and behind the last good time are looked at, s.
const MARGIN: f64 = 60.0;

/// Livetime within good times, by direction and inclination, as gtltcube sums it.
///
/// Each row adds its livetime, as far as it lies in good times, to every pixel that the LAT saw, in the bin of the pixel's inclination.
/// Sums are in 64 bits in an order that does not depend on the number of threads. Memory: 16 bytes a pixel and bin.
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
    options.check()?;
    let bins = options.cosine_bins()?;
    let pixels = HealpixGrid::new(options.nside()?, HealpixOrdering::Nested, Frame::Celestial)?;
    let Some((start, stop)) = good_times.span() else {
        let reason = "livetime is summed over good times, and there are none; select other times or widen the filter";
        return Err(Error::NoGoodTime { reason: reason.into() });
    };
    let (zmin, zmax) = options.zenith;
    let zenith = (options.zenith != (0.0, 180.0)).then(|| (zmax.to_radians().cos(), zmin.to_radians().cos()));
    let rule = Rule { cosines: bins.n, azimuths: options.azimuth_bins, zenith };
    let mut blocks = blocks(&pixels, &rule, options.region)?;
    let mut coverage = Coverage::default();
    let used = |row: &SpacecraftRow| {
        let near = row.start >= start - MARGIN && row.stop <= stop + MARGIN;
        let overlap = if near { good_times.overlap(row.start, row.stop) } else { 0.0 };
        (overlap > 0.0 && row.livetime > 0.0).then(|| Attitude::of(row, overlap))
    };
    let together = (AT_ONCE / pixels.n_pixels()).clamp(FEWEST, MOST);
    spacecraft.visit(|_, _, rows| {
        coverage.add(rows);
        let attitudes: Vec<_> = rows.par_iter().with_min_len(FEWEST).filter_map(used).collect();
        for attitudes in attitudes.chunks(together) {
            spacecraft.watcher().read(0)?;
            let lists = RowLists::of(attitudes);
            let add = |scratch: &mut Scratch, block: &mut SkyBlock| block.add(attitudes, &lists, &rule, scratch);
            blocks.par_iter_mut().for_each_init(Scratch::default, add);
        }
        Ok(())
    })?;
    coverage.check(spacecraft, good_times, options.coverage)?;
    let [livetime, weighted] = tables(&blocks, pixels.n_pixels(), &rule);
    Ok(Livetime::new(LivetimeTable {
        pixels,
        bins,
        azimuth_bins: options.azimuth_bins,
        livetime,
        weighted,
        zenith: options.zenith,
        good_times: good_times.intervals().to_vec(),
        times: (start, stop),
        inputs: None,
    }))
}

/// The pixels of the sphere in blocks; with a region, of those blocks that hold a pixel of it or touch one.
fn blocks(pixels: &HealpixGrid, rule: &Rule, region: Option<(f64, f64, f64)>) -> Result<Vec<SkyBlock>> {
    let wanted = region.map(|region| reach_of(pixels, region)).transpose()?;
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
    Ok(blocks)
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
