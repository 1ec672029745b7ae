//! About how long each product takes to make, from its size and that of what it is made from.
//!
//! The numbers are processor times of `cargo xtask bench preparation` (ten years of photons and spacecraft rows) and, for source maps, of the region in
//! docs/performance.md, on virtual machines of 2026 with two x86-64 cores; another is as much faster or slower. They say whether a step takes a blink, a
//! minute or an hour, no more.

use std::path::PathBuf;

use super::rules::Rules;
use crate::error::Result;
use lat_events::Spacecraft;
use lat_io::FileSize;

/// Bytes of rows that are read, tested and written in a second: 3.8 GB in 3.8 s.
const ROWS: f64 = 1e9;
/// Seconds for a spacecraft row and a pixel of the livetime cube: 10.5 million rows and 49152 pixels in 204 s.
const LIVETIME: f64 = 4e-10;
/// Seconds for a direction, an energy and a bin of livetime of the exposure: 64800, 25 and 40 in 0.2 s.
const EXPOSURE: f64 = 3e-9;
/// Seconds for a pixel of a plane of a source map: 22 maps of 35 planes of 10^4 pixels in 0.83 s.
const SOURCE_MAP: f64 = 1.1e-7;

/// What the steps of a component go over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Durations {
    photons: f64,
    spacecraft: f64,
    rows: f64,
    pixels: f64,
    bins: f64,
    cores: f64,
}

impl Durations {
    pub(super) fn of(photons: &[PathBuf], spacecraft: &[PathBuf], rules: &Rules) -> Result<Self> {
        let bytes = |paths: &[PathBuf]| -> Result<f64> {
            let sizes: lat_io::Result<Vec<_>> = paths.iter().map(|path| FileSize::of(path)).collect();
            Ok(sizes?.iter().map(|size| size.bytes as f64).sum())
        };
        let nside = f64::from(rules.livetime.nside()?);
        Ok(Self {
            photons: bytes(photons)?,
            spacecraft: bytes(spacecraft)?,
            rows: Spacecraft::open(spacecraft)?.rows() as f64,
            pixels: 12.0 * nside * nside,
            bins: (rules.livetime.cosine_bins()?.n * rules.livetime.azimuth_bins.max(1)) as f64,
            cores: rayon::current_num_threads() as f64,
        })
    }

    /// Photons are read once; a filter reads the spacecraft rows.
    pub(super) fn photons(&self, rules: &Rules) -> f64 {
        let rows = if rules.good_times.is_some() { self.spacecraft } else { 0.0 };
        (self.photons + rows) / ROWS
    }

    pub(super) fn livetime(&self) -> f64 {
        self.spacecraft / ROWS + self.rows * self.pixels * LIVETIME / self.cores
    }

    /// At most: of the photons those are counted that were selected.
    pub(super) fn counts(&self) -> f64 {
        (self.photons + self.spacecraft) / ROWS
    }

    pub(super) fn exposure(&self, values: usize) -> f64 {
        values as f64 * self.bins * EXPOSURE / self.cores
    }

    pub(super) fn source_maps(&self, values: usize) -> f64 {
        values as f64 * SOURCE_MAP / self.cores
    }
}
