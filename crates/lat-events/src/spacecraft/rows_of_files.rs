//! Several spacecraft files that are one history of the mission.

use std::path::Path;

use lat_io::{SpacecraftBlock, SpacecraftFile, SpacecraftRow};

use crate::error::{Error, Result};
use crate::intervals::GoodTimes;
use crate::watch::{Watch, Watcher};

/// Rows that are read at once: some megabytes.
const BLOCK: usize = 1 << 14;

/// By how much a row may start before the one before it ends, s. Ends are rounded to microseconds.
pub(crate) const TOUCHING: f64 = 1e-3;

/// Spacecraft files in the order of time.
///
/// ```no_run
/// let spacecraft = lat_events::Spacecraft::open(&["spacecraft.fits"])?;
/// println!("{} rows", spacecraft.rows());
/// # Ok::<(), lat_events::Error>(())
/// ```
#[derive(Debug)]
pub struct Spacecraft<'w> {
    /// At least one, in the order of their first rows.
    files: Vec<SpacecraftFile>,
    watcher: Watcher<'w>,
}

impl<'w> Spacecraft<'w> {
    /// Opens the files.
    ///
    /// # Errors
    /// When one cannot be read, or there is none.
    pub fn open(paths: &[impl AsRef<Path>]) -> Result<Self> {
        let mut files = Vec::with_capacity(paths.len());
        for path in paths {
            let file = SpacecraftFile::open(path.as_ref())?;
            let start = file.block(0, 1)?.row(0)?.start;
            files.push((start, file));
        }
        if files.is_empty() {
            return Err(Error::NoFile { what: "spacecraft" });
        }
        files.sort_by(|a, b| a.0.total_cmp(&b.0));
        Ok(Self { files: files.into_iter().map(|(_, file)| file).collect(), watcher: Watcher::default() })
    }

    /// Has somebody watch the reading of rows.
    #[must_use]
    pub fn watched(self, watch: &'w dyn Watch) -> Self {
        Self { watcher: Watcher::new(watch), ..self }
    }

    /// Who watches the reading.
    pub(crate) fn watcher(&self) -> Watcher<'w> {
        self.watcher
    }

    /// The files.
    pub fn files(&self) -> &[SpacecraftFile] {
        &self.files
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.files.iter().map(SpacecraftFile::rows).sum()
    }

    /// Hands over the rows block by block in the order of time: the file, the block, its rows.
    ///
    /// # Errors
    /// [`Error::RowOrder`] for rows that overlap; those of reading, those of `take`.
    pub(crate) fn visit(
        &self,
        mut take: impl FnMut(&SpacecraftFile, &SpacecraftBlock<'_>, &[SpacecraftRow]) -> Result<()>,
    ) -> Result<()> {
        let mut previous = f64::NEG_INFINITY;
        let mut rows = Vec::with_capacity(BLOCK);
        for file in &self.files {
            for first in (0..file.rows()).step_by(BLOCK) {
                let block = file.block(first, BLOCK)?;
                rows.clear();
                for index in 0..block.len() {
                    let row = block.row(index)?;
                    if row.start < previous - TOUCHING {
                        let path = file.path().to_owned();
                        return Err(Error::RowOrder { path, row: first + index + 1, start: row.start, previous });
                    }
                    previous = row.stop;
                    rows.push(row);
                }
                take(file, &block, &rows)?;
                self.watcher.read(block.rows().bytes())?;
            }
        }
        Ok(())
    }

    /// The names of the files for a message.
    pub(crate) fn names(&self) -> String {
        let names: Vec<_> = self.files.iter().map(|file| format!("'{}'", file.path().display())).collect();
        names.join(", ")
    }
}

/// The least part of good times that rows must cover, unless another is asked for.
pub(crate) const COVERED: f64 = 0.999;

/// The times of rows, joined where they touch: what rows cover.
#[derive(Debug, Default)]
pub(crate) struct Coverage {
    intervals: Vec<(f64, f64)>,
}

impl Coverage {
    /// Adds rows that follow those before in time.
    pub(crate) fn add(&mut self, rows: &[SpacecraftRow]) {
        for row in rows {
            match self.intervals.last_mut() {
                Some(last) if row.start <= last.1 + TOUCHING => last.1 = last.1.max(row.stop),
                _ => self.intervals.push((row.start, row.stop)),
            }
        }
    }

    /// That rows cover at least a part (0 to 1) of good times.
    ///
    /// # Errors
    /// [`Error::NotCovered`] when they do not.
    pub(crate) fn check(self, spacecraft: &Spacecraft<'_>, good_times: &GoodTimes, part: f64) -> Result<()> {
        let rows = GoodTimes::new(self.intervals);
        let (covered, total) = (rows.intersection(good_times).total(), good_times.total());
        // What is lost to rounding at the ends of intervals is no lack.
        if covered >= total * part - TOUCHING {
            return Ok(());
        }
        let (start, stop) = good_times.first_outside(&rows).unwrap_or((f64::NAN, f64::NAN));
        Err(Error::NotCovered { files: spacecraft.names(), covered, total, start, stop })
    }
}
