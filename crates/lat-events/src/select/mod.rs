//! Selecting photons: which cuts are asked for, how they join those that a file tells, and what they mean for a row.

mod cuts;
mod masks;
mod options;
mod tests_of_cuts;

pub use options::SelectOptions;

use lat_io::Cut;

use crate::error::{Error, Result};
use crate::intervals::GoodTimes;
use crate::photons::{PhotonFiles, Selection, Test};

/// Selects photons as gtselect does.
///
/// The cuts of the files stand first, then those of the options, with ranges of one column joined; good times are those of all files
/// within the options' times. A photon passes when it passes all of them and lies in the good times of its own file.
///
/// # Errors
/// [`Error::Option`] for options that cannot be, [`Error::Mask`] for a mask that the files cannot serve, [`Error::MissingColumn`] for a
/// cut on a column that they have not, and [`Error::NoGoodTime`] when nothing is left.
///
/// ```no_run
/// use lat_events::{PhotonFiles, SelectOptions};
/// let photons = PhotonFiles::open(&["photons.fits"])?;
/// let options = SelectOptions::default().with_cone(83.63, 22.01, 15.0).with_energies(100.0, 3e5).with_zenith(0.0, 90.0);
/// lat_events::select(&photons, &options)?.write("ft1_00.fits".as_ref())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn select<'a>(photons: &'a PhotonFiles, options: &SelectOptions) -> Result<Selection<'a>> {
    let mut list = cuts::inherited(photons.cuts());
    for cut in options.cuts(photons.pass_version())? {
        if let Some(first) = photons.files().first() {
            masks::check(first.path(), &list, &cut)?;
        }
        cuts::add(&mut list, cut);
    }
    let list = cuts::with_ranges_joined(list);
    let good_times = within(photons, options)?;
    let tests = photons.files().iter().map(|file| {
        let mut tests = tests_of_cuts::of(file, &list, options)?;
        tests.push(Test::Within(GoodTimes::new(file.good_times().iter().copied())));
        Ok(tests)
    });
    let tests = tests.collect::<Result<_>>()?;
    let (start, stop) = photons.times();
    let times = options.times.map_or((start, stop), |(tmin, tmax)| (start.max(tmin), stop.min(tmax)));
    // A range in time is told by the good times.
    let told = list.into_iter().filter(|cut| !matches!(cut, Cut::Range { column, .. } if column == "TIME"));
    Ok(Selection::new(photons, tests, told.collect(), good_times, times))
}

/// The good times of all files within the times of the options.
fn within(photons: &PhotonFiles, options: &SelectOptions) -> Result<GoodTimes> {
    let all = photons.good_times();
    let Some((tmin, tmax)) = options.times else { return Ok(all) };
    let left = all.intersection(&GoodTimes::new([(tmin, tmax)]));
    if left.is_empty() {
        let (start, stop) = all.span().unwrap_or(photons.times());
        let reason = format!(
            "tmin {tmin} and tmax {tmax} s select nothing of {}, which lie within {start} and {stop} s; correct them, or get the files of that time",
            photons.names()
        );
        return Err(Error::NoGoodTime { reason });
    }
    Ok(left)
}
