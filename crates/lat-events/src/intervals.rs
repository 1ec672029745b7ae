//! Sets of time intervals.

/// A set of time intervals in order, none of which touches another. Seconds of mission time; both ends belong to an interval.
///
/// No number is made but those that came in: ends are compared and taken over, never computed.
///
/// ```
/// use lat_events::GoodTimes;
/// let a = GoodTimes::new([(30.0, 40.0), (0.0, 10.0), (10.0, 20.0)]);
/// assert_eq!(a.intervals(), [(0.0, 20.0), (30.0, 40.0)]);
/// let b = a.intersection(&GoodTimes::new([(15.0, 30.0)]));
/// assert_eq!(b.intervals(), [(15.0, 20.0)]);
/// assert_eq!((a.total(), a.overlap(5.0, 35.0)), (30.0, 20.0));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GoodTimes {
    intervals: Vec<(f64, f64)>,
}

impl GoodTimes {
    /// The set of these intervals, those that touch or overlap joined. Intervals that are not finite or end before they start are left
    /// out; readers refuse them.
    pub fn new(intervals: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let finite = |(start, stop): &(f64, f64)| start.is_finite() && stop.is_finite() && start <= stop;
        let mut sorted: Vec<_> = intervals.into_iter().filter(finite).collect();
        sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut joined: Vec<(f64, f64)> = Vec::with_capacity(sorted.len());
        for (start, stop) in sorted {
            match joined.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(stop),
                _ => joined.push((start, stop)),
            }
        }
        Self { intervals: joined }
    }

    /// The intervals in order.
    pub fn intervals(&self) -> &[(f64, f64)] {
        &self.intervals
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.intervals.is_empty()
    }

    /// Begin of the first and end of the last interval.
    pub fn span(&self) -> Option<(f64, f64)> {
        Some((self.intervals.first()?.0, self.intervals.last()?.1))
    }

    /// The lengths of all intervals together.
    pub fn total(&self) -> f64 {
        self.intervals.iter().map(|(start, stop)| stop - start).sum()
    }

    /// Whether a time lies in an interval, its ends included.
    pub fn contains(&self, time: f64) -> bool {
        let next = self.intervals.partition_point(|interval| interval.1 < time);
        self.intervals.get(next).is_some_and(|interval| interval.0 <= time)
    }

    /// Whether an interval lies right before a time, and right after it.
    pub(crate) fn beside(&self, time: f64) -> (bool, bool) {
        // Intervals do not touch: one alone can lie on either side.
        let next = self.intervals.partition_point(|interval| interval.1 < time);
        let near = self.intervals.get(next);
        (
            near.is_some_and(|interval| interval.0 < time),
            near.is_some_and(|interval| interval.0 <= time && time < interval.1),
        )
    }

    /// How much of the time between `start` and `stop` lies in intervals.
    pub fn overlap(&self, start: f64, stop: f64) -> f64 {
        let first = self.intervals.partition_point(|interval| interval.1 <= start);
        let rest = self.intervals.iter().skip(first).take_while(|interval| interval.0 < stop);
        rest.map(|interval| interval.1.min(stop) - interval.0.max(start)).sum()
    }

    /// What lies in this set or the other.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self::new(self.intervals.iter().chain(&other.intervals).copied())
    }

    /// What lies in both sets; where intervals only touch there is nothing.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let (mut a, mut b) = (0, 0);
        let mut common = Vec::new();
        while let (Some(x), Some(y)) = (self.intervals.get(a), other.intervals.get(b)) {
            let (start, stop) = (x.0.max(y.0), x.1.min(y.1));
            if start < stop {
                common.push((start, stop));
            }
            if x.1 < y.1 {
                a += 1;
            } else {
                b += 1;
            }
        }
        Self { intervals: common }
    }

    /// The first stretch of this set that the other does not cover.
    pub(crate) fn first_outside(&self, other: &Self) -> Option<(f64, f64)> {
        for &(start, stop) in &self.intervals {
            let mut from = start;
            let next = other.intervals.partition_point(|interval| interval.1 <= start);
            for &(covered, until) in other.intervals.iter().skip(next).take_while(|interval| interval.0 < stop) {
                if covered > from {
                    return Some((from, covered));
                }
                from = until;
            }
            if from < stop {
                return Some((from, stop));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::GoodTimes;

    /// Sets with ends on a grid of whole seconds, so that brute force over the half seconds between them decides.
    fn sets() -> impl Strategy<Value = GoodTimes> {
        proptest::collection::vec((0..60i32, 0..10i32), 0..8).prop_map(|pairs| {
            GoodTimes::new(pairs.into_iter().map(|(start, length)| (f64::from(start), f64::from(start + length))))
        })
    }

    fn halves() -> impl Iterator<Item = f64> {
        (0..80).map(|second| f64::from(second) + 0.5)
    }

    proptest! {
        #[test]
        fn the_algebra_is_that_of_sets(a in sets(), b in sets()) {
            let (union, common) = (a.union(&b), a.intersection(&b));
            for time in halves() {
                prop_assert_eq!(union.contains(time), a.contains(time) || b.contains(time));
                prop_assert_eq!(common.contains(time), a.contains(time) && b.contains(time));
            }
            for set in [&union, &common] {
                prop_assert!(set.intervals().windows(2).all(|pair| pair[0].1 < pair[1].0));
            }
            prop_assert!((a.total() + b.total() - union.total() - common.total()).abs() < 1e-9);
            let covered: f64 = b.intervals().iter().map(|(start, stop)| a.overlap(*start, *stop)).sum();
            prop_assert_eq!(covered, common.total());
        }

        #[test]
        fn what_is_outside_is_found(a in sets(), b in sets()) {
            let outside = halves().find(|time| a.contains(*time) && !b.contains(*time));
            let found = a.first_outside(&b);
            prop_assert_eq!(outside.is_some(), found.is_some());
            if let (Some(time), Some((start, stop))) = (outside, found) {
                prop_assert!(start < time && time < stop, "{} in {}..{}", time, start, stop);
            }
        }
    }

    #[test]
    fn ends_belong_to_intervals_and_touching_ones_have_nothing_in_common() {
        let set = GoodTimes::new([(10.0, 20.0)]);
        assert!(set.contains(10.0) && set.contains(20.0) && !set.contains(20.000_000_1) && !set.contains(f64::NAN));
        assert!(set.intersection(&GoodTimes::new([(20.0, 30.0)])).is_empty());
        assert!(GoodTimes::new([(f64::NAN, 3.0), (5.0, 1.0)]).is_empty());
        assert_eq!(GoodTimes::default().span(), None);
    }
}
