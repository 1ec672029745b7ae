//! A TS map that is computed anew only where it changes.

use rayon::prelude::*;

use crate::tsmap::amplitude::{Amplitude, Moments};
use crate::tsmap::ts_scan::TsScan;

/// The change of a TS that is not worth a new maximum.
const NO_CHANGE: f64 = 0.01;

/// TS and amplitude of the pixels that are searched.
pub(crate) struct KeptMap {
    pixels: Vec<usize>,
    known: Vec<Option<(Moments, Amplitude)>>,
    /// How many maxima were computed.
    pub(crate) computed: usize,
}

impl KeptMap {
    pub(crate) fn new(pixels: Vec<usize>) -> Self {
        let known = vec![None; pixels.len()];
        Self { pixels, known, computed: 0 }
    }

    /// Follows the scan.
    pub(crate) fn follow(&mut self, scan: &TsScan) {
        let one = |near: &mut Vec<(f64, f64)>, (&pixel, known): (&usize, &Option<(Moments, Amplitude)>)| {
            let moments = scan.moments(pixel);
            match known {
                Some((before, amplitude)) if is_kept(before, &moments, amplitude.value) => None,
                _ => Some((moments, scan.at(pixel, near))),
            }
        };
        let found: Vec<_> =
            self.pixels.par_iter().zip(&self.known).map_init(Vec::new, |near, of| one(near, of)).collect();
        for (known, found) in self.known.iter_mut().zip(found) {
            self.computed += usize::from(found.is_some());
            *known = found.or(*known);
        }
    }

    /// The pixels with what was found there.
    pub(crate) fn values(&self) -> impl Iterator<Item = (usize, Amplitude)> + '_ {
        self.pixels.iter().zip(&self.known).filter_map(|(&pixel, known)| Some((pixel, (*known)?.1)))
    }
}

/// Whether the maximum at an amplitude changes by less than what counts: to first order `logL(a)` changes by `a` times the change of its slope
/// at 0, and by half of `a^2` times that of its curvature. Where there is no maximum above 0, none may come up.
fn is_kept(before: &Moments, now: &Moments, amplitude: f64) -> bool {
    let slope = |moments: &Moments| moments.first - moments.total;
    if amplitude == 0.0 {
        // A maximum that comes up has at first a TS of slope^2 / curvature.
        return slope(now) <= 0.0 || slope(now) * slope(now) < NO_CHANGE * now.second;
    }
    let change = (slope(now) - slope(before)).abs() + 0.5 * amplitude * (now.second - before.second).abs();
    2.0 * amplitude * change < NO_CHANGE
}
