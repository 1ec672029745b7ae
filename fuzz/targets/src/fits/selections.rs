//! From photon and spacecraft files to photons that pass cuts, good times, counts and livetime.

use std::path::Path;
use std::sync::LazyLock;

use lat_events::{
    EnergyBinning, Error, GoodTimeOptions, LivetimeOptions, PhotonFiles, SelectOptions, Selection, Spacecraft,
    TimeBinning,
};
use tempfile::TempDir;

use super::{events, fits_seeds};
use crate::with_file::{NAME, bytes_of, in_folder, with_file};

/// Files that are sound, to go with the one that may not be.
static SOUND: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("no temporary folder: {error}"));
    let written = events::photons(&folder.path().join("photons.fits"))
        .and_then(|()| events::spacecraft(&folder.path().join("spacecraft.fits")));
    written.unwrap_or_else(|error| panic!("no sound files: {error}"));
    folder
});

/// Reads the file as each of them; takes it as photons beside a sound spacecraft file, and as spacecraft file beside sound photons.
pub(crate) fn run(data: &[u8]) {
    with_file(data, |path| {
        events::run(path, |error| assert!(error.to_string().contains(NAME), "an error without its file: {error}"));
        let [photons, spacecraft] = ["photons.fits", "spacecraft.fits"].map(|name| SOUND.path().join(name));
        if let Some(photons) = of_file(PhotonFiles::open(&[path])) {
            select(&photons, &sound(Spacecraft::open(&[spacecraft])));
        }
        if let Some(spacecraft) = of_file(Spacecraft::open(&[path])) {
            observe(&Selection::all(&sound(PhotonFiles::open(&[photons]))), &spacecraft);
        }
    });
}

fn sound<T>(opened: lat_events::Result<T>) -> T {
    opened.unwrap_or_else(|error| panic!("a sound file that is refused: {error}"))
}

/// The value; what is wrong with a file is told with its name.
fn of_file<T>(result: lat_events::Result<T>) -> Option<T> {
    let is_named = |error: &Error| !matches!(error, Error::File(_)) || error.to_string().contains(NAME);
    result.map_err(|error| assert!(is_named(&error), "an error without its file: {error}")).ok()
}

/// Cuts of every kind.
fn select(photons: &PhotonFiles, spacecraft: &Spacecraft<'_>) {
    let cuts = SelectOptions::default().with_energies(100.0, 1e5).with_zenith(0.0, 100.0).with_times(3e8, 3e8 + 50.0);
    for options in [SelectOptions::default(), cuts.with_cone(83.6, 22.0, 5.0).with_event_class(128)] {
        let Some(selection) = of_file(lat_events::select(photons, &options)) else { continue };
        assert!(of_file(selection.count()).is_none_or(|n| n <= photons.rows()), "more photons than rows");
        let filter = GoodTimeOptions::default().with_filter("LIVETIME>0 && START<4e8");
        let Some(good_times) = of_file(lat_events::good_times(&selection, spacecraft, &filter)) else { continue };
        observe(&selection.within(good_times), spacecraft);
    }
    observe(&Selection::all(photons), spacecraft);
}

/// Counts, light curve and livetime; the photons written are the photons that are read again.
fn observe(selection: &Selection<'_>, spacecraft: &Spacecraft<'_>) {
    let Some(count) = of_file(selection.count()) else { return };
    let grid = fits_seeds::small_counts().grid;
    let energies = EnergyBinning::logarithmic(100.0, 1e5, 3).unwrap_or_else(|error| panic!("{error}"));
    if let Some(cube) = of_file(lat_events::bin_cube(selection, &grid, &energies)) {
        let sum: f64 = cube.cube.total();
        assert!(sum <= count as f64, "{sum} counts of {count} photons");
    }
    let (start, stop) = selection.times();
    if let Ok(bins) = TimeBinning::linear(start, stop, ((stop - start) / 3.0).max(1.0)) {
        of_file(lat_events::bin_light_curve(selection, &bins));
    }
    let options = LivetimeOptions::default().with_pixel_size(60.0).with_cosine_step(0.25).with_coverage(0.0);
    if let Some(livetime) = of_file(lat_events::livetime(spacecraft, selection.good_times(), &options)) {
        let [time, weighted] = [&livetime.table().livetime, &livetime.table().weighted];
        assert!(time.iter().all(|time| *time >= 0.0 && time.is_finite()), "livetime {time:?}");
        assert!(weighted.iter().zip(time).all(|(weighted, time)| weighted <= time), "{weighted:?} of {time:?}");
    }
    in_folder(|folder| again(selection, count, &folder.join(format!("selected-{NAME}"))));
}

fn again(selection: &Selection<'_>, count: usize, path: &Path) {
    if of_file(selection.write(path)).is_none() {
        return;
    }
    let written = PhotonFiles::open(&[path]).unwrap_or_else(|error| panic!("written but not read: {error}"));
    assert_eq!(written.rows(), count, "photons written and read again");
    let [before, after] = [selection.good_times().total(), written.good_times().total()];
    assert_eq!(before.to_bits(), after.to_bits(), "good time {before} s before, {after} s after");
}

/// Photons of either kind of cuts, spacecraft rows.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    vec![bytes_of(&events::photons), bytes_of(&events::spacecraft)]
}
