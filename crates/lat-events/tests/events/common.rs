//! What the tests of this crate share: the directory of real data, and made-up files.

use std::path::{Path, PathBuf};

use lat_events::{GoodTimeOptions, PhotonFiles, SelectOptions, Selection, Spacecraft};
use lat_io::FitsFile;
use lat_io::{Cut, NewPhoton, PhotonFile, PhotonHeader, SpacecraftRow};

/// A file of the real observation of 3C 279 and of what the LAT's own tools made of it, or `None` (with a note) where the data is absent.
pub(crate) fn real_data(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("ROI_FIT_TEST_DATA")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")), PathBuf::from);
    let path = root.join("events-3c279").join(name);
    if path.exists() {
        return Some(path);
    }
    skipped(&format!("events-3c279/{name} is absent; set ROI_FIT_TEST_DATA to the directory of the test data"));
    None
}

/// The options of the reference's `gtselect_class`.
pub(crate) fn class_options() -> SelectOptions {
    SelectOptions::default()
        .with_times(538_032_601.0, 538_079_602.0)
        .with_energies(100.0, 1e5)
        .with_zenith(0.0, 90.0)
        .with_event_class(128)
}

/// The options of the reference's `gtselect`.
pub(crate) fn cone_options() -> SelectOptions {
    class_options().with_cone(194.0465, -5.7893, 10.0).with_event_type(3)
}

/// The filter of the reference's `gtmktime`.
pub(crate) fn standard_filter() -> GoodTimeOptions {
    GoodTimeOptions::default().with_filter("DATA_QUAL>0 && LAT_CONFIG==1 && ABS(ROCK_ANGLE)<52")
}

/// The real photons and spacecraft history, or `None` where they are absent.
pub(crate) fn observation() -> Option<(PhotonFiles, Spacecraft<'static>)> {
    let photons = PhotonFiles::open(&[real_data("photons.fits.gz")?]).unwrap();
    let spacecraft = Spacecraft::open(&[real_data("spacecraft.fits.gz")?]).unwrap();
    Some((photons, spacecraft))
}

/// Selected and in good time, as the reference's `gtmktime`.
pub(crate) fn marked<'a>(photons: &'a PhotonFiles, spacecraft: &Spacecraft<'_>) -> Selection<'a> {
    let selection = lat_events::select(photons, &cone_options()).unwrap();
    let good_times = lat_events::good_times(&selection, spacecraft, &standard_filter()).unwrap();
    selection.within(good_times)
}

/// That keywords of an HDU have the same values in two files.
pub(crate) fn assert_same_keywords(ours: &Path, tools: &Path, hdu: usize, keywords: &[&str]) {
    let [ours, tools] = [ours, tools].map(|path| FitsFile::open(path).unwrap());
    let [ours, tools] = [&ours, &tools].map(|file| file.hdus()[hdu].header());
    for keyword in keywords {
        let numbers = (ours.real(keyword), tools.real(keyword));
        let same = match numbers {
            (Some(a), Some(b)) => (a - b).abs() <= 1e-14 * b.abs(),
            _ => ours.get(keyword) == tools.get(keyword),
        };
        assert!(same, "HDU {hdu}, {keyword}: {:?} and {:?}", ours.get(keyword), tools.get(keyword));
        assert!(tools.get(keyword).is_some(), "{keyword}");
    }
}

/// That two photon files have the same photons, byte for byte, the same cuts word for word and the same good times bit for bit.
pub(crate) fn assert_same_photons(ours: &Path, tools: &Path) {
    let [a, b] = [ours, tools].map(|path| PhotonFile::open(path).unwrap());
    assert_same_rows(&a, &b);
    assert_eq!(texts(&a), texts(&b));
}

/// As [`assert_same_photons`], the cuts in any order.
pub(crate) fn assert_same_photons_but_order(ours: &Path, tools: &Path) {
    let [a, b] = [ours, tools].map(|path| PhotonFile::open(path).unwrap());
    assert_same_rows(&a, &b);
    let [mut ours, mut tools] = [&a, &b].map(texts);
    ours.sort();
    tools.sort();
    assert_eq!(ours, tools);
}

/// The cuts word for word, as the header has them.
fn texts(file: &PhotonFile) -> Vec<[String; 4]> {
    let header = file.headers()[1].unwrap();
    let text = |key: &str, number| header.text(&format!("{key}{number}")).unwrap_or_default().trim().to_owned();
    let count = header.integer("NDSKEYS").unwrap();
    (1..=count).map(|number| ["DSTYP", "DSUNI", "DSVAL", "DSREF"].map(|key| text(key, number))).collect()
}

fn assert_same_rows(a: &PhotonFile, b: &PhotonFile) {
    assert_eq!(a.rows(), b.rows());
    let (rows, expected) = (a.block(0, a.rows()).unwrap(), b.block(0, b.rows()).unwrap());
    for row in 0..a.rows() {
        assert_eq!(rows.rows().row(row), expected.rows().row(row), "row {row}");
    }
    let bits =
        |file: &PhotonFile| file.good_times().iter().map(|(a, b)| (a.to_bits(), b.to_bits())).collect::<Vec<_>>();
    assert_eq!(bits(a), bits(b));
    assert_eq!(a.times(), b.times());
}

/// Begin of the made-up observation.
pub(crate) const START: f64 = 300_000_000.0;

/// A photon of the made-up observation: `index` seconds after it begins, at 83.6 + index / 100, 22.0 deg, of 100 + index MeV.
pub(crate) fn photon(index: i16) -> NewPhoton {
    let step = f32::from(index);
    NewPhoton {
        energy: 100.0 + step,
        ra: 83.6 + step / 100.0,
        dec: 22.0,
        zenith_angle: 30.0 + step,
        time: START + f64::from(index),
        event_class: if index % 2 == 0 { 0x80 } else { 0x180 },
        event_type: if index % 3 == 0 { 1 } else { 2 },
        conversion_type: i16::from(index % 3 != 0),
        ..NewPhoton::default()
    }
}

/// Writes made-up photons with good times from `first` to `last` seconds after the observation begins.
pub(crate) fn write_photons(path: &Path, photons: &[NewPhoton], (first, last): (f64, f64)) {
    let times = (START + first, START + last);
    let cuts = vec![Cut::range("ENERGY", "MeV", 50.0, 1e5), Cut::GoodTimes];
    let header = PhotonHeader { cuts, good_times: vec![times], times, inputs: None };
    lat_io::write_new_photons(path, "P8R3", &header, photons).unwrap();
}

/// Rows of 10 s of the made-up observation, `first` to `last` in units of 10 s, the LAT live for 9 s of each.
pub(crate) fn rows(first: i32, last: i32) -> Vec<SpacecraftRow> {
    let row = |index: i32| {
        let start = START + 10.0 * f64::from(index);
        let turn = f64::from(index) * 3.0;
        SpacecraftRow {
            start,
            stop: start + 10.0,
            livetime: 9.0,
            z_axis: [80.0 + turn, 25.0],
            x_axis: [170.0 + turn, 0.0],
            zenith: [80.0 + turn, 0.0],
        }
    };
    (first..last).map(row).collect()
}

/// Says that a test is skipped and why; into the file that `ROI_FIT_SKIPPED` names too, from which `cargo xtask test` counts.
fn skipped(why: &str) {
    println!("SKIPPED: {why}");
    let Some(list) = std::env::var_os("ROI_FIT_SKIPPED") else { return };
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    let mut list = std::fs::OpenOptions::new().create(true).append(true).open(list).unwrap();
    std::io::Write::write_all(&mut list, format!("{test}\t{why}\n").as_bytes()).unwrap();
}
