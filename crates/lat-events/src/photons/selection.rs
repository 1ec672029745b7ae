//! The photons of some files that pass a rule.

use std::path::Path;

use lat_io::{Cut, Photon, PhotonBlock, PhotonFile, PhotonHeader};
use rayon::prelude::*;

use super::files::PhotonFiles;
use super::row_test::Test;
use crate::error::{Error, Result};
use crate::intervals::GoodTimes;
use crate::watch::{Watch, Watcher};

/// Rows that are read at once: some megabytes.
const BLOCK: usize = 1 << 16;

/// Rows that one thread tests at once.
const SHARE: usize = 1 << 11;

/// The photons of some files that pass cuts and lie in good times, and what headers tell of them.
///
/// It is a rule and not a list: photons are read and tested whenever they are asked for.
#[derive(Clone, Debug)]
pub struct Selection<'a> {
    photons: &'a PhotonFiles,
    /// A list of tests for each file.
    tests: Vec<Vec<Test>>,
    cuts: Vec<Cut>,
    good_times: GoodTimes,
    times: (f64, f64),
    inputs: Option<String>,
    watcher: Watcher<'a>,
}

impl<'a> Selection<'a> {
    /// All photons of the files, with the cuts and good times of their headers.
    ///
    /// ```no_run
    /// let photons = lat_events::PhotonFiles::open(&["ft1_00.fits"])?;
    /// println!("{} photons", lat_events::Selection::all(&photons).count()?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn all(photons: &'a PhotonFiles) -> Self {
        let tests = photons.files().iter().map(|_| Vec::new()).collect();
        let (cuts, good_times) = (photons.cuts().to_vec(), photons.good_times());
        Self { photons, tests, cuts, good_times, times: photons.times(), inputs: None, watcher: Watcher::default() }
    }

    /// The photons that pass a list of tests for each file.
    pub(crate) fn new(
        photons: &'a PhotonFiles,
        mut tests: Vec<Vec<Test>>,
        cuts: Vec<Cut>,
        good_times: GoodTimes,
        times: (f64, f64),
    ) -> Self {
        for tests in &mut tests {
            tests.sort_by_key(Test::cost);
        }
        Self { photons, tests, cuts, good_times, times, inputs: None, watcher: Watcher::default() }
    }

    /// Those of them that lie in other good times, which become the good times of the selection: what gtmktime does. They are not
    /// intersected with its own.
    #[must_use]
    pub fn within(mut self, good_times: GoodTimes) -> Self {
        for tests in &mut self.tests {
            tests.push(Test::Within(good_times.clone()));
            tests.sort_by_key(Test::cost);
        }
        self.good_times = good_times;
        self
    }

    /// Has somebody watch the reading of photons.
    #[must_use]
    pub fn watched(mut self, watch: &'a dyn Watch) -> Self {
        self.watcher = Watcher::new(watch);
        self
    }

    /// Sets the digest of what the selection is made from that [`Selection::write`] tells in the header.
    #[must_use]
    pub fn with_inputs(mut self, inputs: impl Into<String>) -> Self {
        self.inputs = Some(inputs.into());
        self
    }

    /// The cuts that the photons have passed, as headers tell them.
    pub fn cuts(&self) -> &[Cut] {
        &self.cuts
    }

    /// The good times.
    pub fn good_times(&self) -> &GoodTimes {
        &self.good_times
    }

    /// Begin and end of the observation (`TSTART`, `TSTOP`).
    pub fn times(&self) -> (f64, f64) {
        self.times
    }

    /// The files that it selects from.
    pub fn photons(&self) -> &'a PhotonFiles {
        self.photons
    }

    /// Number of photons that pass; reads all rows.
    ///
    /// # Errors
    /// When a file cannot be read, a photon has a time, energy or position that cannot be, or files overlap in time.
    pub fn count(&self) -> Result<usize> {
        let mut count = 0;
        self.visit(|_, kept| {
            count += kept.len();
            Ok::<(), Error>(())
        })?;
        Ok(count)
    }

    /// Hands over the photons that pass, in the order of files and rows.
    ///
    /// # Errors
    /// As [`Selection::count`], and those of `take`.
    pub fn for_each<E: From<Error>>(
        &self,
        mut take: impl FnMut(&Photon) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        self.visit(|_, kept| kept.iter().try_for_each(|(_, photon)| take(photon)))
    }

    /// Hands over, block by block, the photons that pass and their rows in the block.
    pub(crate) fn visit<E: From<Error>>(
        &self,
        mut take: impl FnMut(&PhotonBlock<'_>, &[(usize, Photon)]) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let mut spans = Vec::with_capacity(self.tests.len());
        for (file, tests) in self.photons.files().iter().zip(&self.tests) {
            let mut span = (f64::INFINITY, f64::NEG_INFINITY);
            for first in (0..file.rows()).step_by(BLOCK) {
                let block = file.block(first, BLOCK).map_err(Error::from)?;
                let kept = passing(&block, tests, &mut span)?;
                take(&block, &kept)?;
                self.watcher.read(block.rows().bytes())?;
            }
            spans.push((span, file));
        }
        Ok(check_spans(spans)?)
    }

    /// Writes the photons that pass to a new photon file: the rows byte for byte, headers with cuts, good times and times of the
    /// selection. The file appears whole or not at all; gzip when its name ends in `.gz`.
    ///
    /// # Errors
    /// [`Error::EmptySelection`] when no photon passes; when a file cannot be read or written, or holds photons that cannot be.
    pub fn write(&self, path: &Path) -> Result<()> {
        let Some(first) = self.photons.files().first() else { return Err(self.empty()) };
        lat_io::write_photons(path, first, &self.header(), |out| {
            self.visit(|block, kept| {
                kept.iter().try_for_each(|(index, _)| out.write(block.rows().row(*index)).map_err(Error::from))
            })?;
            if out.rows() == 0 { Err(self.empty()) } else { Ok(()) }
        })
    }

    /// As [`Selection::write`] with columns of 32-bit floats behind those of the files; `values` gives those of a photon, one a column.
    ///
    /// # Errors
    /// As [`Selection::write`], and those of `values`.
    pub fn write_with_columns<E: From<Error> + From<lat_io::Error>>(
        &self,
        path: &Path,
        columns: &[&str],
        mut values: impl FnMut(&Photon, &mut [f32]) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let Some(first) = self.photons.files().first() else { return Err(self.empty().into()) };
        let mut of_photon = vec![0.0; columns.len()];
        lat_io::write_wider_photons(path, first, &self.header(), columns, |out| {
            self.visit(|block, kept| {
                for (index, photon) in kept {
                    values(photon, &mut of_photon)?;
                    out.write(block.rows().row(*index))?;
                    out.write(&of_photon.iter().flat_map(|value| value.to_be_bytes()).collect::<Vec<_>>())?;
                }
                Ok::<(), E>(())
            })?;
            if out.rows() == 0 { Err(self.empty().into()) } else { Ok(()) }
        })
    }

    /// What the header of a file of the selection tells.
    fn header(&self) -> PhotonHeader {
        PhotonHeader {
            cuts: self.cuts.clone(),
            good_times: self.good_times.intervals().to_vec(),
            times: self.times,
            inputs: self.inputs.clone(),
        }
    }

    /// That no photon passes.
    pub(crate) fn empty(&self) -> Error {
        let cuts: Vec<_> =
            self.cuts.iter().map(Cut::texts).map(|[kind, _, value, _]| format!("{kind} {value}")).collect();
        let (start, stop) = self.good_times.span().unwrap_or(self.times);
        let cuts = format!("{}, good times from {start} to {stop} s", cuts.join(", "));
        Error::EmptySelection { files: self.photons.names(), cuts }
    }
}

/// The photons of a block that pass all tests, in order, and their rows in it. `span` is widened to the times of all photons of the block.
fn passing(block: &PhotonBlock<'_>, tests: &[Test], span: &mut (f64, f64)) -> Result<Vec<(usize, Photon)>> {
    let shares: Vec<_> = (0..block.len()).step_by(SHARE).collect();
    let tested: Vec<_> = shares
        .into_par_iter()
        .map(|first| {
            let mut share = (Vec::new(), (f64::INFINITY, f64::NEG_INFINITY));
            for index in first..(first + SHARE).min(block.len()) {
                let photon = block.photon(index)?;
                let (kept, (start, stop)) = &mut share;
                (*start, *stop) = (start.min(photon.time), stop.max(photon.time));
                if tests.iter().all(|test| test.passes(block.rows(), index, &photon)) {
                    kept.push((index, photon));
                }
            }
            Ok(share)
        })
        .collect::<Result<_>>()?;
    let mut kept = Vec::new();
    for (photons, (start, stop)) in tested {
        kept.extend(photons);
        *span = (span.0.min(start), span.1.max(stop));
    }
    Ok(kept)
}

/// No two files may hold photons of the same time.
fn check_spans(mut spans: Vec<((f64, f64), &PhotonFile)>) -> Result<()> {
    spans.retain(|((start, stop), _)| start <= stop);
    spans.sort_by(|a, b| a.0.0.total_cmp(&b.0.0));
    for pair in spans.windows(2) {
        let &[((_, stop), file), ((start, end), other)] = pair else { continue };
        if start <= stop {
            let (path, other) = (other.path().to_owned(), file.path().to_owned());
            return Err(Error::FilesOverlap { path, other, start, stop: stop.min(end) });
        }
    }
    Ok(())
}
