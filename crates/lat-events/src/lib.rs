//! From photons to maps: what the LAT's photon files (FT1) and spacecraft files (FT2) become before a likelihood is made of them.
//!
//! ```no_run
//! use lat_events::{EnergyBinning, GoodTimeOptions, LivetimeOptions, PhotonFiles, SelectOptions, Spacecraft};
//! use lat_response::{Frame, SkyGrid, WcsHeader};
//!
//! let photons = PhotonFiles::open(&["photons.fits"])?;
//! let spacecraft = Spacecraft::open(&["spacecraft.fits"])?;
//! let options = SelectOptions::default().with_energies(100.0, 1e5).with_zenith(0.0, 90.0).with_event_class(128);
//! let selection = lat_events::select(&photons, &options)?;
//! let good_times = lat_events::good_times(&selection, &spacecraft, &GoodTimeOptions::default())?;
//! let selection = selection.within(good_times);
//! selection.write("ft1_00.fits".as_ref())?;
//!
//! let grid = SkyGrid::wcs(WcsHeader::centered([100, 100], 0.1, Frame::Celestial, "AIT", [194.05, -5.79]))?;
//! let cube = lat_events::bin_cube(&selection, &grid, &EnergyBinning::logarithmic(100.0, 1e5, 24)?)?;
//! let livetime = lat_events::livetime(&spacecraft, selection.good_times(), &LivetimeOptions::default())?;
//! livetime.write("ltcube_00.fits".as_ref())?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Map
//!
//! | module | holds | tool of the LAT |
//! |---|---|---|
//! | `photons` | photon files read as one stream of blocks, and the photons of it that are selected | |
//! | `spacecraft` | spacecraft files as one stream of rows in time order | |
//! | `select` | options, the algebra of cuts, the test of a row | gtselect |
//! | `intervals`, `time_bins` | good times and their algebra; bins of time | |
//! | `make_good_times` | the times in which a filter holds | gtmktime |
//! | `filter` | filter expressions: text to program, program on rows | |
//! | `binning` | counts cubes and maps, light curves, the cubes of many bins of time at once | gtbin |
//! | `livetime` | livetime by direction and inclination, of all the time or of many bins of time at once; sums | gtltcube, gtltsum |
//! | `watch` | who is told of the reading, and may stop it | |
//!
//! # Invariants
//!
//! - **Streams.** Files are read by blocks; memory does not grow with rows, beyond the 3 million spacecraft rows that a livetime cube puts in order at a time.
//!   (A gzip file is inflated into memory: gunzip large ones.)
//! - **Lazy.** A [`Selection`] is a rule, not a list: it can be binned, written, or cut further without a file between.
//! - **Exact.** Which photons, which intervals: bit for bit as the LAT's own tools decide. Counts are whole numbers. Livetimes are whole
//!   numbers of 2^-22 s, whose sums are the same bits in whatever order, and so for any number of threads.
//! - **Taught.** What cannot be used ends in an [`Error`] that names the file and says what to do. Nothing panics.
//!
//! Times are mission elapsed seconds, energies MeV, angles degrees, directions ICRS.

mod binning;
mod error;
mod filter;
mod intervals;
mod livetime;
mod make_good_times;
mod photons;
mod select;
mod separation;
mod spacecraft;
mod time_bins;
mod watch;

pub use binning::{
    BinnedCube, BinnedMap, CubesByTime, EnergyBinning, LightCurve, TimeBinning, bin_cube, bin_cubes, bin_light_curve,
    bin_map, livetime_within, pixel_of, pixels_within,
};
pub use error::{Error, Result};
pub use filter::Filter;
pub use intervals::GoodTimes;
pub use livetime::{Livetime, LivetimeOptions, LivetimeSlice, livetime, livetime_slices, sum_livetimes};
pub use make_good_times::{GoodTimeOptions, good_times};
pub use photons::{PhotonFiles, Selection};
pub use select::{SelectOptions, select};
pub use spacecraft::Spacecraft;
pub use time_bins::TimeBins;
pub use watch::Watch;

/// The example of the README, compiled with the others.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
