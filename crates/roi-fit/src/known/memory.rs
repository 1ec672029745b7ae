//! How much memory an analysis takes, told before it is taken, and kept below a limit.
//!
//! Most of it are the source maps at the filled bins, 4 bytes a plane: two planes a source without energy dispersion, `2n + 2` with a window of
//! `n` bins. They are needed by every fit, so nothing can be saved there. What can be is how many whole maps are read or made at a time (one a
//! thread), and the models at norm 1 of the free sources whose shape is fixed (8 bytes a filled bin), which make fits faster.

use bytesize::ByteSize;
use lat_dataset::{Component, MakingSize};
use likelihood_core::ComponentData;
use roi_model::{Roi, Source};
use serde::Serialize;

use crate::error::{Error, Result};

/// What the program itself takes: its code, the model, what the files' headers say.
pub(crate) const PROGRAM: u64 = 16 << 20;

/// What an analysis is expected to take, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct MemoryEstimate {
    /// The program itself.
    pub program: u64,
    /// Counts, weights and filled bins.
    pub data: u64,
    /// Source maps at the filled bins.
    pub kept_maps: u64,
    /// Whole source maps while they are read or made; gone before the first evaluation.
    pub maps_in_flight: u64,
    /// Sums of the fixed sources.
    pub fixed: u64,
    /// Models at norm 1 of the free sources whose shape is fixed.
    pub columns: u64,
    /// Partial sums of derivatives.
    pub work: u64,
    /// Bins near sources, while their profiles are made.
    pub profiles: u64,
}

impl MemoryEstimate {
    /// The peak: maps in flight are gone when the fixed sources are first summed.
    pub fn peak(&self) -> u64 {
        let lasting = self.program + self.data + self.kept_maps;
        lasting + self.maps_in_flight.max(self.fixed + self.columns + self.work + self.profiles)
    }
}

/// Memory of a running analysis, in bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct MemoryUse {
    /// The peak that was expected when the analysis was opened, with the sources that were free then; 0 if nothing was opened.
    pub estimate: u64,
    /// What it is made of.
    pub parts: MemoryEstimate,
    /// The limit, if one was set.
    pub limit: Option<u64>,
    /// How many whole source maps were read or made at a time.
    pub maps_at_a_time: usize,
    /// How much of it the models at norm 1 may take; `None` without a limit.
    pub columns_limit: Option<u64>,
    /// The peak of the process so far (Linux), all that it did before included.
    pub peak: Option<u64>,
}

/// How an analysis is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Strategy {
    /// Threads that read or make source maps.
    pub(crate) threads: usize,
    /// Bytes that columns may take; `usize::MAX` for no limit.
    pub(crate) columns: usize,
    pub(crate) estimate: MemoryEstimate,
}

/// What is known of a component before its maps are read.
pub(crate) struct Plan<'a> {
    pub(crate) component: &'a Component,
    /// Without source maps.
    pub(crate) data: &'a ComponentData,
    /// What it takes to make the maps that are to be made.
    pub(crate) making: MakingSize,
}

/// What the analysis of these components takes when `threads` maps are read or made at a time.
pub(crate) fn estimate(roi: &Roi, plans: &[Plan<'_>], threads: usize) -> MemoryEstimate {
    let mut total = MemoryEstimate { program: PROGRAM, ..MemoryEstimate::default() };
    for plan in plans {
        let expected = plan.data.expected_footprint(roi, |source| plan.component.n_planes(source));
        let held = expected.data + plan.component.bytes() + plan.component.weight_bytes();
        total.data += held as u64;
        total.kept_maps += expected.kept_maps as u64;
        total.fixed += expected.fixed as u64;
        total.columns += expected.columns as u64;
        total.work += expected.work as u64;
        total.profiles += expected.profiles as u64;
        let reading = match plan.component.bytes_to_read(roi.sources()) {
            0 => 0,
            map => threads * (map + plan.data.excerpt_bytes()),
        };
        total.maps_in_flight = total.maps_in_flight.max(reading as u64).max(plan.making.bytes(threads) as u64);
    }
    total
}

/// The fastest way that stays below a limit.
///
/// # Errors
/// [`Error::Memory`] when there is none.
pub(crate) fn strategy(limit: Option<u64>, threads: usize, of: impl Fn(usize) -> MemoryEstimate) -> Result<Strategy> {
    let full = of(threads.max(1));
    let Some(limit) = limit else {
        return Ok(Strategy { threads: threads.max(1), columns: usize::MAX, estimate: full });
    };
    let loads =
        |estimate: &MemoryEstimate| estimate.program + estimate.data + estimate.kept_maps + estimate.maps_in_flight;
    for threads in (1..=threads.max(1)).rev() {
        let mut estimate = of(threads);
        let lasting = estimate.program + estimate.data + estimate.kept_maps;
        let Some(columns) = limit.checked_sub(lasting + estimate.fixed + estimate.work + estimate.profiles) else {
            break;
        };
        if loads(&estimate) > limit {
            continue;
        }
        estimate.columns = estimate.columns.min(columns);
        return Ok(Strategy { threads, columns: usize::try_from(columns).unwrap_or(usize::MAX), estimate });
    }
    let leanest = MemoryEstimate { columns: 0, ..of(1) };
    Err(Error::Memory { needed: leanest.peak(), limit, parts: parts(&leanest) })
}

/// What the counts of a component take, and its open source map file if that is a gzip file.
pub(crate) fn of_files(component: &Component) -> u64 {
    component.bytes() as u64
}

/// With how many threads maps can be made and written below a limit, of which `others` bytes are taken already, and the peak that is
/// expected.
///
/// # Errors
/// [`Error::Memory`] when one thread takes too much.
pub(crate) fn making(
    component: &Component,
    unmade: &[Source],
    others: u64,
    limit: Option<u64>,
) -> Result<(usize, MemoryEstimate)> {
    let most = rayon::current_num_threads();
    let own = of_files(component);
    let size = component.making(unmade)?;
    let of = |threads: usize| MemoryEstimate {
        program: PROGRAM,
        data: own + others,
        maps_in_flight: size.bytes(threads) as u64,
        ..MemoryEstimate::default()
    };
    let Some(limit) = limit else { return Ok((most, of(most))) };
    match (1..=most).rev().map(|threads| (threads, of(threads))).find(|(_, estimate)| estimate.peak() <= limit) {
        Some(way) => Ok(way),
        None => Err(Error::Memory { needed: of(1).peak(), limit, parts: parts(&of(1)) }),
    }
}

fn parts(estimate: &MemoryEstimate) -> String {
    let size = |bytes: u64| ByteSize::b(bytes).display().iec().to_string();
    format!(
        "source maps at the filled bins {}, counts and weights {}, one whole map in flight {}, sums of fixed sources {}, derivatives {}, profiles {}, the program {}",
        size(estimate.kept_maps),
        size(estimate.data),
        size(estimate.maps_in_flight),
        size(estimate.fixed),
        size(estimate.work),
        size(estimate.profiles),
        size(estimate.program)
    )
}

/// A number of bytes in words, as in `1.5 GiB`.
///
/// ```
/// assert_eq!(roi_fit::size_in_words(3 << 20), "3.0 MiB");
/// ```
pub fn size_in_words(bytes: u64) -> String {
    ByteSize::b(bytes).display().iec().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(threads: usize) -> MemoryEstimate {
        MemoryEstimate {
            program: 10,
            data: 20,
            kept_maps: 1000,
            maps_in_flight: 200 * threads as u64,
            fixed: 100,
            columns: 300,
            work: 3,
            profiles: 2,
        }
    }

    #[test]
    fn the_fastest_way_below_the_limit_is_taken() {
        let of = |limit| strategy(limit, 4, with).unwrap();
        let (full, some, lean) = (of(None), of(Some(1500)), of(Some(1240)));
        assert_eq!((full.threads, full.columns, full.estimate.peak()), (4, usize::MAX, 1030 + 800));
        assert_eq!((some.threads, some.columns, some.estimate.columns), (2, 365, 300));
        assert_eq!((lean.threads, lean.columns, lean.estimate.columns), (1, 105, 105));
        assert!([1500, 1240].iter().zip([some, lean]).all(|(limit, way)| way.estimate.peak() <= *limit));
        let error = strategy(Some(1229), 4, with).unwrap_err();
        assert!(matches!(error, Error::Memory { needed: 1230, limit: 1229, .. }), "{error}");
        assert!(error.to_string().contains("1230 bytes"), "{error}");
    }
}
