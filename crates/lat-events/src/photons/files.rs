//! Several photon files that are one data set.

use std::path::{Path, PathBuf};

use lat_io::{Cut, PhotonFile};

use crate::error::{Error, Result};
use crate::intervals::GoodTimes;

/// Photon files of one pass version, with the same cuts and columns.
///
/// ```no_run
/// let photons = lat_events::PhotonFiles::open(&lat_io::file_list("events.txt".as_ref())?)?;
/// println!("{} photons in {} s of good time", photons.rows(), photons.good_times().total());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct PhotonFiles {
    /// At least one.
    files: Vec<PhotonFile>,
}

impl PhotonFiles {
    /// Opens the files and reads their headers.
    ///
    /// # Errors
    /// When one cannot be read, they differ in pass version ([`Error::PassVersions`]), in their cuts other than times
    /// ([`Error::CutsDiffer`]) or in their columns ([`Error::LayoutsDiffer`]), or there is none.
    pub fn open(paths: &[impl AsRef<Path>]) -> Result<Self> {
        let files = paths.iter().map(|path| PhotonFile::open(path.as_ref()));
        let files = files.collect::<std::result::Result<Vec<_>, _>>()?;
        let Some((first, others)) = files.split_first() else { return Err(Error::NoFile { what: "photon" }) };
        for other in others {
            check_alike(first, other)?;
        }
        Ok(Self { files })
    }

    /// The files.
    pub fn files(&self) -> &[PhotonFile] {
        &self.files
    }

    /// Number of photons.
    pub fn rows(&self) -> usize {
        self.files.iter().map(PhotonFile::rows).sum()
    }

    /// The pass version of all files; `NONE` where their headers have none.
    pub fn pass_version(&self) -> &str {
        self.files.first().map_or("NONE", PhotonFile::pass_version)
    }

    /// Good times of all files together.
    pub fn good_times(&self) -> GoodTimes {
        GoodTimes::new(self.files.iter().flat_map(|file| file.good_times().iter().copied()))
    }

    /// The cuts of the first file as its header tells them; those of the others differ in times at most.
    pub fn cuts(&self) -> &[Cut] {
        self.files.first().map_or(&[], PhotonFile::cuts)
    }

    /// Begin of the first and end of the last observation (`TSTART`, `TSTOP`).
    pub fn times(&self) -> (f64, f64) {
        let starts = self.files.iter().map(|file| file.times().0);
        let stops = self.files.iter().map(|file| file.times().1);
        (starts.fold(f64::INFINITY, f64::min), stops.fold(f64::NEG_INFINITY, f64::max))
    }

    /// The names of the files for a message.
    pub(crate) fn names(&self) -> String {
        let names: Vec<_> = self.files.iter().map(|file| format!("'{}'", file.path().display())).collect();
        names.join(", ")
    }
}

fn check_alike(first: &PhotonFile, other: &PhotonFile) -> Result<()> {
    let paths = || -> (PathBuf, PathBuf) { (other.path().to_owned(), first.path().to_owned()) };
    if other.pass_version() != first.pass_version() {
        let (path, first_path) = paths();
        return Err(Error::PassVersions {
            path,
            found: other.pass_version().to_owned(),
            first: first_path,
            expected: first.pass_version().to_owned(),
        });
    }
    let (ours, theirs) = (timeless(first.cuts()), timeless(other.cuts()));
    if let Some((found, expected)) = difference(&theirs, &ours) {
        let (path, first) = paths();
        return Err(Error::CutsDiffer { path, first, found, expected });
    }
    if other.row_bytes() != first.row_bytes() {
        let (path, first_path) = paths();
        let (found, expected) = (other.row_bytes(), first.row_bytes());
        return Err(Error::LayoutsDiffer { path, found, first: first_path, expected });
    }
    Ok(())
}

/// The texts of the cuts that are not in time, in which files of one query differ.
fn timeless(cuts: &[Cut]) -> Vec<String> {
    let in_time = |cut: &&Cut| match cut {
        Cut::GoodTimes => true,
        Cut::Range { column, .. } => column == "TIME",
        _ => false,
    };
    let mut texts: Vec<_> = cuts.iter().filter(|cut| !in_time(cut)).map(|cut| cut.texts().join(" ")).collect();
    // Two queries may tell them in another order.
    texts.sort();
    texts
}

/// The first cut that only one of two lists has, and what the other has in its place.
fn difference(found: &[String], expected: &[String]) -> Option<(String, String)> {
    let at = (0..found.len().max(expected.len())).find(|&index| found.get(index) != expected.get(index))?;
    let text = |list: &[String]| list.get(at).cloned().unwrap_or_else(|| "none".into());
    Some((text(found), text(expected)))
}
