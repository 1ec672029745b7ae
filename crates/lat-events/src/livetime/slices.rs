//! Livetime of each of many bins of time, from one reading of the spacecraft rows.

use std::collections::BTreeMap;

use lat_io::SpacecraftRow;
use lat_response::{CosineBins, HealpixGrid, LivetimeCube};
use ndarray::{Array2, Zip};
use rayon::prelude::*;

use super::accumulate::{self, Sky};
use super::attitude::{Attitude, rounded, unit_vector};
use super::livetime_options::LivetimeOptions;
use super::sky_block::{Rows, Scratch, SkyBlock};
use crate::error::{Error, Result};
use crate::intervals::GoodTimes;
use crate::spacecraft::{Coverage, Spacecraft, TOUCHING};
use crate::time_bins::TimeBins;

/// Livetime by direction and inclination within a bin of time.
#[derive(Clone, Debug)]
pub struct LivetimeSlice {
    /// The number of the bin, counted from 0.
    pub bin: usize,
    /// The good times in it.
    pub good_times: GoodTimes,
    /// Livetime of the instrument in them, s.
    pub seconds: f64,
    pixels: HealpixGrid,
    cosines: CosineBins,
    azimuths: usize,
    livetime: Array2<f64>,
    weighted: Array2<f64>,
}

impl LivetimeSlice {
    /// The pixels: those of the region that was asked for, or all of the sphere.
    pub fn pixels(&self) -> &HealpixGrid {
        &self.pixels
    }

    /// Livetime in s, `[pixel, bin]`, as [`LivetimeCube::by_azimuth`] has it.
    pub fn livetime(&self) -> &Array2<f64> {
        &self.livetime
    }

    /// The same, weighted with the fraction of each row that the instrument was live.
    pub fn weighted(&self) -> &Array2<f64> {
        &self.weighted
    }

    /// About how many bytes are taken while the files are read: by the bins that rows are added to and that which is given away, three at most.
    pub fn bytes_in_work(&self) -> usize {
        3 * 2 * size_of::<f64>() * self.livetime.len()
    }

    /// The times that exposure, PSF and dispersion are averaged over, in single precision as a file holds them.
    ///
    /// # Errors
    /// [`Error::Response`] in principle only: for times that are negative or not finite.
    pub fn to_cube(&self) -> Result<LivetimeCube> {
        #[expect(clippy::cast_possible_truncation, reason = "as the files have it")]
        let single = |table: &Array2<f64>| table.mapv(|time| time as f32);
        let (livetime, weighted) = (single(&self.livetime), single(&self.weighted));
        Ok(LivetimeCube::of_part(self.pixels.clone(), self.cosines, self.azimuths, livetime, Some(weighted))?)
    }

    /// Adds the livetime of another slice of the same history and options. Sums are exact: those of bins that follow each other are, to the last
    /// bit, what one bin over all of them has.
    ///
    /// # Errors
    /// [`Error::CubesDiffer`] when the two differ in pixels or bins, or have good time in common.
    pub fn add(&mut self, other: &Self) -> Result<()> {
        let number = other.bin + 1;
        let differs = |what, expected: String, found: String| Err(Error::CubesDiffer { number, what, expected, found });
        if self.pixels != other.pixels || self.livetime.dim() != other.livetime.dim() {
            let told = |slice: &Self| format!("{:?}, {:?}", slice.pixels, slice.livetime.dim());
            return differs("pixels or bins", told(self), told(other));
        }
        if let Some((start, stop)) = self.good_times.intersection(&other.good_times).span() {
            return differs("good times", "none in common".into(), format!("some between {start} and {stop} s"));
        }
        self.good_times = self.good_times.union(&other.good_times);
        self.seconds += other.seconds;
        Zip::from(&mut self.livetime).and(&other.livetime).for_each(|sum, time| *sum += time);
        Zip::from(&mut self.weighted).and(&other.weighted).for_each(|sum, time| *sum += time);
        Ok(())
    }
}

/// Livetime within good times by direction and inclination, for each bin of time, as [`livetime`](crate::livetime) sums that of all of them, in one
/// reading of the files. Each bin is given to `take` when it is complete, in order, also one without livetime. A row that lies in several bins is
/// shared out by the good time that it has in each.
///
/// Livetimes are rounded to 2^-22 s, so that sums are exact: they depend neither on the number of threads nor on how time is cut. Memory: 16 bytes a
/// pixel of the region and bin of inclination, of two or three bins of time; what `take` keeps comes to it.
///
/// # Errors
/// As [`livetime`](crate::livetime), but that there is no good time in a bin, or in any, is none; those of `take`.
///
/// ```no_run
/// use lat_events::{Error, GoodTimes, LivetimeOptions, Spacecraft, TimeBins};
/// let spacecraft = Spacecraft::open(&["spacecraft.fits"])?;
/// let good_times = GoodTimes::new([(538040378.6, 538041335.6)]);
/// let bins = TimeBins::new(vec![(538040000.0, 538041000.0), (538041000.0, 538042000.0)])?;
/// let options = LivetimeOptions::default().with_zenith(0.0, 90.0).with_region(194.05, -5.79, 20.0);
/// lat_events::livetime_slices(&spacecraft, &good_times, &bins, &options, |slice| {
///     println!("bin {}: {} s", slice.bin, slice.seconds);
///     Ok::<(), Error>(())
/// })?;
/// # Ok::<(), Error>(())
/// ```
pub fn livetime_slices<E: From<Error>>(
    spacecraft: &Spacecraft<'_>,
    good_times: &GoodTimes,
    bins: &TimeBins,
    options: &LivetimeOptions,
    mut take: impl FnMut(LivetimeSlice) -> std::result::Result<(), E>,
) -> std::result::Result<(), E> {
    let mut slicer = Slicer::new(good_times, bins, options)?;
    let within = slicer.within.iter().fold(GoodTimes::default(), |all, of_bin| all.union(of_bin));
    if within.is_empty() {
        return slicer.give(f64::INFINITY, &mut take);
    }
    let mut coverage = Coverage::default();
    // What `take` says ends the reading, too.
    let mut refused = None;
    let read = spacecraft.visit(|_, _, rows| {
        coverage.add(rows);
        let shares: Vec<Share> = rows.par_iter().with_min_len(512).flat_map_iter(|row| slicer.shares(row)).collect();
        for shares in shares.chunk_by(|a, b| a.bin == b.bin) {
            // What ended before this bin began is complete: otherwise all bins of a block of rows would be held at once.
            let begin = shares
                .first()
                .and_then(|share| slicer.bins.bins().get(share.bin))
                .map_or(f64::NEG_INFINITY, |bin| bin.0);
            slicer.give(begin - 2.0 * TOUCHING, &mut take).map_err(|error| {
                refused = Some(error);
                Error::Stopped
            })?;
            for shares in shares.chunks(slicer.sky.together()) {
                spacecraft.watcher().read(0)?;
                slicer.add(shares);
            }
        }
        let until = rows.last().map_or(f64::NEG_INFINITY, |row| row.stop - 2.0 * TOUCHING);
        slicer.give(until, &mut take).map_err(|error| {
            refused = Some(error);
            Error::Stopped
        })
    });
    match (refused, read) {
        (Some(error), _) => return Err(error),
        (None, read) => read?,
    }
    coverage.check(spacecraft, &within, options.coverage)?;
    slicer.give(f64::INFINITY, &mut take)
}

/// What shares livetime out to the bins.
struct Slicer<'a> {
    all: &'a GoodTimes,
    bins: &'a TimeBins,
    /// The good times in each bin.
    within: Vec<GoodTimes>,
    span: (f64, f64),
    sky: Sky,
    azimuths: usize,
    pixels: HealpixGrid,
    /// Livetime of the bins that rows have been added to.
    open: BTreeMap<usize, Summed>,
    /// The first bin that has not been given away.
    next: usize,
}

/// What a row has in a bin.
struct Share {
    bin: usize,
    attitude: Attitude,
    /// Right ascension and declination, degrees.
    x_axis: [f64; 2],
}

/// What a bin has until now.
struct Summed {
    blocks: Vec<SkyBlock>,
    seconds: f64,
}

impl<'a> Slicer<'a> {
    fn new(good_times: &'a GoodTimes, bins: &'a TimeBins, options: &LivetimeOptions) -> Result<Self> {
        let (within, span) = (bins.good_times(good_times), good_times.span().unwrap_or_default());
        let sky = Sky::new(options)?;
        let pixels = sky.wanted()?;
        let azimuths = options.azimuth_bins;
        Ok(Self { all: good_times, bins, within, span, sky, azimuths, pixels, open: BTreeMap::new(), next: 0 })
    }

    /// The bins that a row has livetime in, and how much. What it has until a time is rounded, so that the shares add up to the whole.
    fn shares(&self, row: &SpacecraftRow) -> Vec<Share> {
        if !accumulate::is_near(row, self.span) {
            return Vec::new();
        }
        let length = row.stop - row.start;
        let until = |time: f64| {
            let part = self.all.overlap(row.start, time.clamp(row.start, row.stop)) / length;
            let livetime = row.livetime * part;
            [livetime, livetime * (row.livetime / length)].map(rounded)
        };
        let share = |bin: usize| {
            let &(start, stop) = self.bins.bins().get(bin)?;
            let (before, after) = (until(start), until(stop));
            let (livetime, weighted) = (after[0] - before[0], after[1] - before[1]);
            (livetime > 0.0).then(|| Share {
                bin,
                attitude: Attitude::live(row, livetime, weighted),
                x_axis: row.x_axis,
            })
        };
        self.bins.touching(row.start, row.stop).filter_map(share).collect()
    }

    /// Adds what some rows have in one bin.
    fn add(&mut self, shares: &[Share]) {
        let Some(&Share { bin, .. }) = shares.first() else { return };
        let Self { sky, open, azimuths, .. } = self;
        let summed = open.entry(bin).or_insert_with(|| Summed { blocks: sky.blocks.clone(), seconds: 0.0 });
        let attitudes: Vec<Attitude> = shares.iter().map(|share| share.attitude).collect();
        summed.seconds += attitudes.iter().map(|attitude| attitude.livetime).sum::<f64>();
        let with_x_axis = shares.iter().filter(|_| *azimuths > 0);
        let x_axes: Vec<[f64; 3]> = with_x_axis.map(|share| unit_vector(share.x_axis)).collect();
        let rows = Rows::new(&attitudes, &x_axes);
        let add = |scratch: &mut Scratch, block: &mut SkyBlock| block.add(&rows, &sky.rule, scratch);
        summed.blocks.par_iter_mut().for_each_init(Scratch::default, add);
    }

    /// Gives the bins away that end before a time.
    fn give<E>(
        &mut self,
        until: f64,
        take: &mut impl FnMut(LivetimeSlice) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        while let Some(&(_, stop)) = self.bins.bins().get(self.next)
            && stop <= until
        {
            let bin = self.next;
            self.next += 1;
            let summed = self.open.remove(&bin);
            take(self.slice(bin, summed))?;
        }
        Ok(())
    }

    fn slice(&self, bin: usize, summed: Option<Summed>) -> LivetimeSlice {
        let first = if self.azimuths > 0 { self.sky.bins.n } else { 0 };
        let shape = (self.pixels.n_pixels(), self.sky.rule.width() - first);
        let (mut livetime, mut weighted) = (Array2::zeros(shape), Array2::zeros(shape));
        let blocks = summed.iter().flat_map(|summed| &summed.blocks);
        for (number, times) in blocks.flat_map(|block| (block.first..).zip(block.pixels(&self.sky.rule))) {
            let Some(pixel) = self.pixels.local_pixel(number as u64) else { continue };
            // Where azimuths are known, their bins stand behind those of the cosine alone.
            for (column, [live, weight]) in times.iter().skip(first).enumerate() {
                livetime[[pixel, column]] = *live;
                weighted[[pixel, column]] = *weight;
            }
        }
        LivetimeSlice {
            bin,
            good_times: self.within.get(bin).cloned().unwrap_or_default(),
            seconds: summed.map_or(0.0, |summed| summed.seconds),
            pixels: self.pixels.clone(),
            cosines: self.sky.bins,
            azimuths: self.azimuths,
            livetime,
            weighted,
        }
    }
}
