//! The times in which a filter holds for the spacecraft.

use lat_io::{Cut, SpacecraftBlock, SpacecraftFile, SpacecraftRow};
use serde::Serialize;

use crate::error::{Error, Result};
use crate::filter::Filter;
use crate::intervals::GoodTimes;
use crate::photons::Selection;
use crate::spacecraft::{COVERED, Coverage, Spacecraft};

/// Which times are good.
///
/// ```
/// use lat_events::GoodTimeOptions;
/// let options = GoodTimeOptions::default().with_filter("DATA_QUAL==1 && LAT_CONFIG==1 && ABS(ROCK_ANGLE)<52").with_roi_cut(true);
/// assert!(options.roi_cut);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct GoodTimeOptions {
    /// A condition on the columns of the spacecraft files, in the language of CFITSIO's row filters.
    pub filter: String,
    /// Leaves out the times in which a part of the selected cone is farther from the zenith than the selection's largest zenith angle.
    pub roi_cut: bool,
    /// Starts from the whole observation in place of the good times of the photons: what they were selected by before no longer counts.
    pub overwrite: bool,
}

impl Default for GoodTimeOptions {
    fn default() -> Self {
        Self { filter: "DATA_QUAL>0 && LAT_CONFIG==1".into(), roi_cut: false, overwrite: false }
    }
}

impl GoodTimeOptions {
    /// Sets the filter.
    #[must_use]
    pub fn with_filter(mut self, filter: impl Into<String>) -> Self {
        self.filter = filter.into();
        self
    }

    /// Sets whether times are left out in which a part of the cone is beyond the largest zenith angle.
    #[must_use]
    pub fn with_roi_cut(mut self, roi_cut: bool) -> Self {
        self.roi_cut = roi_cut;
        self
    }

    /// Sets whether the good times of the photons are disregarded.
    #[must_use]
    pub fn with_overwrite(mut self, overwrite: bool) -> Self {
        self.overwrite = overwrite;
        self
    }
}

/// The good times of a selection in which a filter holds, as gtmktime finds them: rows of the spacecraft files count as wholes, those
/// that follow each other without a gap are joined, and what lies in the good times of the selection is left.
///
/// # Errors
/// [`Error::Filter`] for an expression that cannot be understood, [`Error::EmptyFilter`] when no row of a file passes,
/// [`Error::NotCovered`] when the rows do not cover the good times of the selection, [`Error::NoGoodTime`] when nothing is left; those of
/// reading.
///
/// ```no_run
/// # let photons = lat_events::PhotonFiles::open(&["photons.fits"])?;
/// # let selection = lat_events::Selection::all(&photons);
/// # let spacecraft = lat_events::Spacecraft::open(&["spacecraft.fits"])?;
/// use lat_events::GoodTimeOptions;
/// let options = GoodTimeOptions::default().with_filter("DATA_QUAL>0 && LAT_CONFIG==1 && IN_SAA!=T");
/// let selection = selection.clone().within(lat_events::good_times(&selection, &spacecraft, &options)?);
/// # Ok::<(), lat_events::Error>(())
/// ```
pub fn good_times(
    selection: &Selection<'_>,
    spacecraft: &Spacecraft<'_>,
    options: &GoodTimeOptions,
) -> Result<GoodTimes> {
    let text = match options.roi_cut.then(|| roi_filter(selection.cuts())).flatten() {
        Some(roi) => format!("({}) && {roi}", options.filter),
        None => options.filter.clone(),
    };
    // Each file has columns of its own. The user's part is looked at alone first, so that places in messages are places in it.
    let mut filters = Vec::with_capacity(spacecraft.files().len());
    for file in spacecraft.files() {
        Filter::compile(&options.filter, file)?;
        filters.push(Filter::compile(&text, file)?);
    }
    let present = if options.overwrite { GoodTimes::new([selection.times()]) } else { selection.good_times().clone() };
    let (passing, coverage) = passing_rows(spacecraft, &filters, selection.times())?;
    if !options.overwrite {
        coverage.check(spacecraft, &present, COVERED)?;
    }
    let left = passing.intersection(&present);
    if left.is_empty() {
        let reason = format!(
            "the filter '{text}' holds in {} s of {}, none of which is good time of the photons; widen the filter",
            passing.total(),
            spacecraft.names()
        );
        return Err(Error::NoGoodTime { reason });
    }
    Ok(left)
}

/// Keeps the whole cone above the largest zenith angle; `None` where the selection has no cone or no such angle.
fn roi_filter(cuts: &[Cut]) -> Option<String> {
    let largest = cuts.iter().rev().find_map(|cut| match cut {
        Cut::Range { column, max: Some(max), .. } if column == "ZENITH_ANGLE" => Some(*max),
        _ => None,
    });
    let zmax = largest.filter(|zmax| *zmax < 180.0)?;
    cuts.iter().find_map(|cut| match cut {
        Cut::Cone { ra, dec, radius } => Some(format!("angsep(RA_ZENITH,DEC_ZENITH,{ra},{dec}) < {}", zmax - radius)),
        _ => None,
    })
}

/// The times of the rows that pass, from the first that ends after the observation begins to the last that starts within it, and those of
/// all rows.
fn passing_rows(
    spacecraft: &Spacecraft<'_>,
    filters: &[Filter],
    (start, stop): (f64, f64),
) -> Result<(GoodTimes, Coverage)> {
    let mut runs: Vec<(f64, f64)> = Vec::new();
    let mut coverage = Coverage::default();
    // The file that is read, its number among all, and whether a row of it has passed.
    let mut current: Option<(usize, bool)> = None;
    spacecraft.visit(|file, block, rows| {
        let (number, any) = match current {
            Some((number, any)) if block.first_row() > 0 => (number, any),
            other => {
                check_any(spacecraft, filters, other)?;
                (other.map_or(0, |(number, _)| number + 1), false)
            }
        };
        let Some(filter) = filters.get(number) else { return Err(no_row(file, "")) };
        let passed = filter.holds(block);
        coverage.add(rows);
        join(&mut runs, rows, &passed, (start, stop));
        current = Some((number, any || passed.contains(&true)));
        Ok(())
    })?;
    check_any(spacecraft, filters, current)?;
    Ok((GoodTimes::new(runs), coverage))
}

/// Adds rows that pass and touch the observation, each to the last run where it starts exactly at its end.
fn join(runs: &mut Vec<(f64, f64)>, rows: &[SpacecraftRow], passed: &[bool], (start, stop): (f64, f64)) {
    let used = rows.iter().zip(passed).filter(|(row, passed)| **passed && row.stop > start && row.start <= stop);
    for (row, _) in used {
        match runs.last_mut() {
            Some(run) if run.1 == row.start => run.1 = row.stop,
            _ => runs.push((row.start, row.stop)),
        }
    }
}

/// That a row of the file that was read has passed.
fn check_any(spacecraft: &Spacecraft<'_>, filters: &[Filter], read: Option<(usize, bool)>) -> Result<()> {
    match read {
        Some((number, false)) => match (spacecraft.files().get(number), filters.get(number)) {
            (Some(file), Some(filter)) => Err(no_row(file, filter.text())),
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

fn no_row(file: &SpacecraftFile, filter: &str) -> Error {
    Error::EmptyFilter { path: file.path().to_owned(), filter: filter.to_owned() }
}

impl Filter {
    /// Whether it holds in each row of a block.
    fn holds(&self, block: &SpacecraftBlock<'_>) -> Vec<bool> {
        let mut stack = Vec::new();
        (0..block.len()).map(|row| self.evaluate(block.rows(), row, &mut stack) == 1.0).collect()
    }
}
