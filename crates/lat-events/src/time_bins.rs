//! Bins of time with or without gaps: those of a light curve.

use crate::error::{Error, Result};
use crate::intervals::GoodTimes;

/// Bins of time in order, with gaps between them or without. The begin belongs to a bin; the end does, too, unless another bin begins there: bins that
/// follow each other share nothing, and together they have both ends of the time that they cover. Seconds of mission time.
///
/// ```
/// use lat_events::TimeBins;
/// let bins = TimeBins::new(vec![(0.0, 10.0), (10.0, 20.0), (25.0, 30.0)])?;
/// assert_eq!([0.0, 10.0, 20.0, 25.0, 30.0].map(|time| bins.bin(time)), [Some(0), Some(1), Some(1), Some(2), Some(2)]);
/// assert_eq!([-1.0, 22.0, 31.0].map(|time| bins.bin(time)), [None; 3]);
/// # Ok::<(), lat_events::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct TimeBins {
    /// At least one.
    bins: Vec<(f64, f64)>,
}

impl TimeBins {
    /// Bins from pairs of begin and end.
    ///
    /// # Errors
    /// [`Error::TimeBins`] when there is none, one is not finite or ends before it begins, or they overlap or are not in order.
    pub fn new(bins: Vec<(f64, f64)>) -> Result<Self> {
        let wrong = |bin: usize, reason: &str| {
            let (start, stop) = bins.get(bin).copied().unwrap_or((f64::NAN, f64::NAN));
            Err(Error::TimeBins { bin: bin + 1, start, stop, reason: reason.to_owned() })
        };
        if bins.is_empty() {
            return wrong(0, "there is no bin; give at least one pair of begin and end");
        }
        let mut before = f64::NEG_INFINITY;
        for (number, &(start, stop)) in bins.iter().enumerate() {
            if !(start.is_finite() && stop.is_finite()) {
                return wrong(number, "both ends must be finite mission times in seconds");
            }
            if start >= stop {
                return wrong(number, "it is empty; its end must lie behind its begin");
            }
            if start < before {
                return wrong(
                    number,
                    &format!(
                        "it begins before the bin before it ends, at {before} s; sort the bins, and let none overlap"
                    ),
                );
            }
            before = stop;
        }
        Ok(Self { bins })
    }

    /// Begin and end of each bin.
    pub fn bins(&self) -> &[(f64, f64)] {
        &self.bins
    }

    /// Begin of the first and end of the last bin.
    pub fn span(&self) -> (f64, f64) {
        (self.bins.first().map_or(0.0, |bin| bin.0), self.bins.last().map_or(0.0, |bin| bin.1))
    }

    /// The bin that a time falls in.
    pub fn bin(&self, time: f64) -> Option<usize> {
        let [ending, begun] = self.beside(time);
        begun.or(ending)
    }

    /// The bin that a photon of these good times falls in. On an edge it is the bin that has the good time beside the photon: with good times that end there the
    /// one before, whether or not another one follows. Photons of good times alone never fall in a bin that has none.
    ///
    /// ```
    /// use lat_events::{GoodTimes, TimeBins};
    /// let bins = TimeBins::new(vec![(0.0, 10.0), (10.0, 20.0)])?;
    /// let until_the_edge = GoodTimes::new([(2.0, 10.0)]);
    /// assert_eq!((bins.bin(10.0), bins.bin_of_photon(10.0, &until_the_edge)), (Some(1), Some(0)));
    /// # Ok::<(), lat_events::Error>(())
    /// ```
    pub fn bin_of_photon(&self, time: f64, good_times: &GoodTimes) -> Option<usize> {
        let [ending, begun] = self.beside(time);
        if begun.and_then(|bin| self.bins.get(bin)).is_some_and(|bin| bin.0 < time) {
            return begun;
        }
        let (before, after) = good_times.beside(time);
        match (before, after) {
            // Of files of others a photon may lie in no good time.
            (false, false) => begun.or(ending),
            _ => begun.filter(|_| after).or(ending.filter(|_| before)),
        }
    }

    /// The bin that ends at a time, and the one that has begun then and has not ended.
    fn beside(&self, time: f64) -> [Option<usize>; 2] {
        let next = self.bins.partition_point(|bin| bin.1 <= time);
        let ending = next.checked_sub(1).filter(|before| self.bins.get(*before).is_some_and(|bin| bin.1 == time));
        let begun = self.bins.get(next).filter(|bin| bin.0 <= time).map(|_| next);
        [ending, begun]
    }

    /// What of good times lies in each bin.
    pub fn good_times(&self, all: &GoodTimes) -> Vec<GoodTimes> {
        self.bins.iter().map(|bin| all.intersection(&GoodTimes::new([*bin]))).collect()
    }

    /// The bins that share time with an interval: the first of them, and how many follow each other from it on.
    pub(crate) fn touching(&self, start: f64, stop: f64) -> std::ops::Range<usize> {
        let first = self.bins.partition_point(|bin| bin.1 <= start);
        let last = self.bins.partition_point(|bin| bin.0 < stop);
        first..last.max(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_that_cannot_be_are_refused_by_number_and_reason() {
        let reason = |bins: Vec<(f64, f64)>| TimeBins::new(bins).unwrap_err().to_string();
        assert!(reason(vec![]).contains("no bin"));
        assert!(reason(vec![(0.0, 1.0), (f64::NAN, 2.0)]).contains("time bin 2"));
        assert!(reason(vec![(0.0, f64::INFINITY)]).contains("finite"));
        assert!(reason(vec![(1.0, 1.0)]).contains("empty"));
        assert!(reason(vec![(2.0, 1.0)]).contains("empty"));
        assert!(reason(vec![(0.0, 2.0), (1.0, 3.0)]).contains("at 2 s"));
        assert!(reason(vec![(5.0, 6.0), (0.0, 1.0)]).contains("sort"));
    }

    #[test]
    fn the_bins_that_an_interval_touches_share_time_with_it() {
        let bins = TimeBins::new(vec![(0.0, 10.0), (10.0, 20.0), (25.0, 30.0)]).unwrap();
        for (start, stop, expected) in [
            (-5.0, 0.0, 0..0),
            (-5.0, 1.0, 0..1),
            (5.0, 15.0, 0..2),
            (10.0, 20.0, 1..2),
            (20.0, 25.0, 2..2),
            (19.0, 26.0, 1..3),
            (30.0, 40.0, 3..3),
        ] {
            assert_eq!(bins.touching(start, stop), expected, "{start} {stop}");
        }
    }
}
