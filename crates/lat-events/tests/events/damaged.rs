//! What cannot be used ends in an error that names the file and says what to do.

use std::path::{Path, PathBuf};

use crate::common::{START, photon, rows, write_photons};
use lat_events::{
    Error, GoodTimeOptions, GoodTimes, LivetimeOptions, PhotonFiles, SelectOptions, Selection, Spacecraft,
};
use lat_io::{Cut, NewPhoton, PhotonHeader, SpacecraftRow};
use tempfile::TempDir;

/// Makes a row what it cannot be.
type Spoil<T> = fn(&mut T);

struct Files {
    folder: TempDir,
}

impl Files {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn photons(&self, name: &str, photons: &[NewPhoton], seconds: (f64, f64)) -> PathBuf {
        let path = self.path(name);
        write_photons(&path, photons, seconds);
        path
    }

    fn spacecraft(&self, rows: &[SpacecraftRow]) -> Spacecraft<'static> {
        let path = self.path("ft2.fits");
        lat_io::write_new_spacecraft(&path, rows).unwrap();
        Spacecraft::open(&[path]).unwrap()
    }
}

fn hundred() -> Vec<NewPhoton> {
    (0..100).map(photon).collect()
}

fn open(path: &Path) -> Result<PhotonFiles, Error> {
    PhotonFiles::open(&[path])
}

/// The message of an error, which holds all these words.
fn message<T>(result: Result<T, Error>, words: &[&str]) -> String {
    let text = result.err().expect("an error").to_string();
    for word in words {
        assert!(text.contains(word), "'{word}' in: {text}");
    }
    text
}

#[test]
fn a_truncated_photon_file_is_told() {
    let files = Files::new();
    let path = files.photons("ft1.fits", &hundred(), (-1.0, 200.0));
    let bytes = std::fs::read(&path).unwrap();
    for part in [2, 3, 5, 50] {
        std::fs::write(&path, &bytes[..bytes.len() / part]).unwrap();
        message(open(&path), &["ft1.fits"]);
    }
    std::fs::write(&path, &bytes[..bytes.len() - 2880]).unwrap();
    message(open(&path), &["ft1.fits", "truncated"]);
    message(open(&files.path("none.fits")), &["none.fits", "does not exist"]);
    message(PhotonFiles::open(&[] as &[PathBuf]), &["no photon file"]);
}

#[test]
fn a_photon_without_place_time_or_energy_is_told_with_its_row() {
    let files = Files::new();
    let spoil: [(&str, Spoil<NewPhoton>); 5] = [
        ("RA", |photon| photon.ra = f32::NAN),
        ("DEC", |photon| photon.dec = 90.5),
        ("ENERGY", |photon| photon.energy = f32::INFINITY),
        ("ENERGY", |photon| photon.energy = -1.0),
        ("TIME", |photon| photon.time = f64::NAN),
    ];
    for (column, spoil) in spoil {
        let mut photons = hundred();
        spoil(&mut photons[41]);
        let photons = open(&files.photons("ft1.fits", &photons, (-1.0, 200.0))).unwrap();
        message(Selection::all(&photons).count(), &["ft1.fits", column, "row 42"]);
    }
}

#[test]
fn files_that_do_not_belong_together_are_told() {
    let files = Files::new();
    let first = files.photons("a.fits", &hundred(), (-1.0, 200.0));
    let times = (START, START + 200.0);
    let other = |name: &str, pass: &str, cuts: Vec<Cut>| {
        let path = files.path(name);
        let header = PhotonHeader { cuts, good_times: vec![times], times, inputs: None };
        lat_io::write_new_photons(&path, pass, &header, &hundred()).unwrap();
        path
    };
    let cuts = vec![Cut::range("ENERGY", "MeV", 50.0, 1e5), Cut::GoodTimes];
    let older = other("older.fits", "P8R2", cuts.clone());
    message(PhotonFiles::open(&[&first, &older]), &["older.fits", "PASS_VER", "P8R2", "P8R3", "a.fits"]);
    let narrower = other("narrower.fits", "P8R3", vec![Cut::range("ENERGY", "MeV", 60.0, 1e5), Cut::GoodTimes]);
    message(PhotonFiles::open(&[&first, &narrower]), &["narrower.fits", "60:100000", "50:100000", "DSTYPn"]);
    // The same photons once more.
    let twice = PhotonFiles::open(&[first, other("b.fits", "P8R3", cuts)]).unwrap();
    message(Selection::all(&twice).count(), &["a.fits", "b.fits", "counted twice"]);
}

#[test]
fn files_that_follow_each_other_are_one_set() {
    let files = Files::new();
    let (early, late) = (hundred()[..50].to_vec(), hundred()[50..].to_vec());
    let paths = [files.photons("b.fits", &late, (49.5, 200.0)), files.photons("a.fits", &early, (-1.0, 49.5))];
    let photons = PhotonFiles::open(&paths).unwrap();
    assert_eq!(photons.good_times().intervals(), [(START - 1.0, START + 200.0)]);
    let selection = lat_events::select(&photons, &SelectOptions::default().with_times(START, START + 99.0)).unwrap();
    // The time of the first photon is excluded, that of the last included; the order is that of the files.
    let mut energies = Vec::new();
    let mut take = |photon: &lat_io::Photon| {
        energies.push(photon.energy);
        Ok::<(), Error>(())
    };
    selection.for_each(&mut take).unwrap();
    assert_eq!(energies, (50..100).chain(1..50).map(|index| 100.0 + f64::from(index)).collect::<Vec<_>>());
    assert_eq!(selection.times(), (START, START + 99.0));
    assert_eq!(selection.good_times().intervals(), [(START, START + 99.0)]);
}

#[test]
fn a_selection_of_nothing_is_told_and_leaves_no_file() {
    let files = Files::new();
    let photons = open(&files.photons("ft1.fits", &hundred(), (-1.0, 200.0))).unwrap();
    let out = files.path("out.fits");
    let high = SelectOptions::default().with_energies(1000.0, 2000.0);
    let text = message(
        lat_events::select(&photons, &high).and_then(|selection| selection.write(&out)),
        &["no photon", "ft1.fits", "ENERGY 1000:2000", "widen"],
    );
    assert!(!out.exists(), "{text}");
    let before = SelectOptions::default().with_times(0.0, 1000.0);
    message(lat_events::select(&photons, &before), &["no good time", "ft1.fits", "tmin 0", "299999999"]);
}

#[test]
fn options_that_cannot_be_are_told() {
    let files = Files::new();
    let photons = open(&files.photons("ft1.fits", &hundred(), (-1.0, 200.0))).unwrap();
    let refused = |options: SelectOptions, words: &[&str]| message(lat_events::select(&photons, &options), words);
    let options = SelectOptions::default;
    refused(options().with_energies(1000.0, 100.0), &["emin:emax", "1000:100"]);
    refused(options().with_energies(f64::NAN, 100.0), &["emin:emax", "NaN"]);
    refused(options().with_cone(83.6, 95.0, 1.0), &["dec", "95"]);
    refused(options().with_cone(83.6, 22.0, 0.0), &["rad", "0"]);
    refused(options().with_zenith(0.0, 190.0), &["zmin:zmax"]);
    refused(options().with_conversion_type(2), &["convtype", "2"]);
    refused(options().with_event_class(0), &["evclass", "0"]);
    refused(options().with_phases(0.1, 0.5), &["PULSE_PHASE", "ft1.fits"]);
    for livetime in [
        LivetimeOptions::default().with_cosine_step(0.0),
        LivetimeOptions::default().with_pixel_size(f64::NAN),
        LivetimeOptions::default().with_zenith(90.0, 90.0),
        LivetimeOptions::default().with_region(0.0, 0.0, -1.0),
        LivetimeOptions::default().with_azimuth_bins(100_000),
        LivetimeOptions::default().with_coverage(f64::NAN),
    ] {
        let spacecraft = files.spacecraft(&rows(0, 20));
        let result = lat_events::livetime(&spacecraft, &GoodTimes::new([(START, START + 100.0)]), &livetime);
        assert!(matches!(result, Err(Error::Option { .. })), "{livetime:?}");
    }
}

#[test]
fn each_cut_keeps_what_it_says() {
    let files = Files::new();
    let photons = open(&files.photons("ft1.fits", &hundred(), (-1.0, 200.0))).unwrap();
    let kept = |options: SelectOptions| lat_events::select(&photons, &options).unwrap().count().unwrap();
    let options = SelectOptions::default;
    assert_eq!(kept(options()), 100);
    // 0x80 or 0x180: every second one is CLEAN too.
    assert_eq!((kept(options().with_event_class(128)), kept(options().with_event_class(256))), (100, 50));
    assert_eq!((kept(options().with_event_type(1)), kept(options().with_event_type(3))), (34, 100));
    assert_eq!((kept(options().with_conversion_type(0)), kept(options().with_conversion_type(1))), (34, 66));
    // Above 110 and up to 120 MeV; above 40 and up to 50 deg.
    assert_eq!((kept(options().with_energies(110.0, 120.0)), kept(options().with_zenith(40.0, 50.0))), (10, 10));
    // 0.0927 deg along the parallel a hundredth of right ascension: 10 of them fit into a tenth and a bit.
    assert_eq!(kept(options().with_cone(83.6, 22.0, 0.1)), 11);
    assert_eq!(kept(options().with_cone(83.6, 22.0, 180.0)), 100);
}

#[test]
fn spacecraft_rows_out_of_order_are_told_with_their_row() {
    let files = Files::new();
    let good_times = GoodTimes::new([(START, START + 100.0)]);
    let livetime = |rows: &[SpacecraftRow]| {
        lat_events::livetime(&files.spacecraft(rows), &good_times, &LivetimeOptions::default().with_pixel_size(30.0))
    };
    assert!(livetime(&rows(0, 20)).is_ok());
    let mut swapped = rows(0, 20);
    swapped.swap(4, 5);
    message(livetime(&swapped), &["ft2.fits", "row 6", "follow each other"]);
    let mut doubled = rows(0, 20);
    doubled.insert(7, doubled[7]);
    message(livetime(&doubled), &["ft2.fits", "row 9", "count twice"]);
    let spoil: [(&str, Spoil<SpacecraftRow>); 5] = [
        ("STOP", |row| row.stop = row.start),
        ("LIVETIME", |row| row.livetime = 11.0),
        ("LIVETIME", |row| row.livetime = f64::NAN),
        ("DEC_SCZ", |row| row.z_axis[1] = f64::NAN),
        ("RA_ZENITH", |row| row.zenith[0] = f64::INFINITY),
    ];
    for (column, spoil) in spoil {
        let mut rows = rows(0, 20);
        spoil(&mut rows[11]);
        message(livetime(&rows), &["ft2.fits", column, "row 12"]);
    }
}

#[test]
fn spacecraft_files_that_do_not_cover_the_photons_are_told() {
    let files = Files::new();
    let photons = open(&files.photons("ft1.fits", &hundred(), (0.0, 200.0))).unwrap();
    let selection = Selection::all(&photons);
    let mut gap = rows(0, 20);
    gap.remove(7);
    for (rows, words) in [
        (rows(0, 15), ["150 of 200 s", "300000150 to 300000200"]),
        (gap, ["190 of 200 s", "300000070 to 300000080"]),
        (rows(30, 40), ["0 of 200 s", "300000000 to 300000200"]),
    ] {
        let spacecraft = files.spacecraft(&rows);
        let words = [words[0], words[1], "ft2.fits"];
        message(lat_events::good_times(&selection, &spacecraft, &GoodTimeOptions::default()), &words);
        let options = LivetimeOptions::default().with_pixel_size(30.0);
        message(lat_events::livetime(&spacecraft, selection.good_times(), &options), &words);
        // Who knows what is missing may go on.
        assert!(lat_events::livetime(&spacecraft, selection.good_times(), &options.with_coverage(0.0)).is_ok());
    }
    message(
        lat_events::livetime(&files.spacecraft(&rows(0, 2)), &GoodTimes::default(), &LivetimeOptions::default()),
        &["no good time"],
    );
    let empty = files.path("empty.fits");
    lat_io::write_new_spacecraft(&empty, &[]).unwrap();
    message(Spacecraft::open(&[&empty]), &["empty.fits", "is empty"]);
}

#[test]
fn filters_that_cannot_be_are_told_with_the_place_of_the_fault() {
    let files = Files::new();
    let photons = open(&files.photons("ft1.fits", &hundred(), (0.0, 200.0))).unwrap();
    let selection = Selection::all(&photons);
    let spacecraft = files.spacecraft(&rows(0, 20));
    let apply =
        |filter: &str| lat_events::good_times(&selection, &spacecraft, &GoodTimeOptions::default().with_filter(filter));
    for (filter, place, words) in [
        ("DATA_QUAL>0 && LAT_CONFG==1", 16, "did you mean LAT_CONFIG?"),
        ("DATA_QUAL>0 && SIGMA(LIVETIME)>1", 16, "no function 'SIGMA'"),
        ("DATA_QUAL>0 & LAT_CONFIG==1", 13, "'&&'"),
        ("DATA_QUAL=1", 10, "'=='"),
        ("(DATA_QUAL>0", 13, "expected ')'"),
        ("DATA_QUAL>0)", 12, "no bracket is open"),
        ("DATA_QUAL>", 11, "ends where a value is expected"),
        ("DATA_QUAL>0 && LIVETIME", 16, "conditions"),
        ("LIVETIME", 1, "expected a condition"),
        ("IN_SAA==0", 9, "T and F"),
        ("!DATA_QUAL", 2, "conditions"),
        ("-IN_SAA>1", 2, "numbers"),
        ("IN_SAA+1>1", 1, "numbers"),
        ("ABS(LIVETIME,1)>0", 1, "takes 1 arguments, found 2"),
        ("LIVETIME>1 1", 12, "operator"),
        ("LIVETIME>$", 10, "found '$'"),
        ("", 1, "ends"),
        ("LIVETIME>1e999", 10, "larger than any"),
    ] {
        let Err(error) = apply(filter) else { panic!("{filter}") };
        let text = error.to_string();
        assert!(matches!(error, Error::Filter { .. }), "{filter}: {text}");
        assert!(text.contains(&format!("character {place}:")) && text.contains(words), "{filter}: {text}");
    }
    for filter in [
        "(".repeat(5000),
        format!("{}LIVETIME>1{}", "(".repeat(100), ")".repeat(100)),
        format!("LIVETIME>{}1", "1**".repeat(500)),
    ] {
        assert!(matches!(apply(&filter), Err(Error::Filter { .. })), "{}", filter.len());
    }
    // Many signs are no depth.
    assert!(apply(&format!("LIVETIME>{}1", "- -".repeat(500))).is_ok());
    message(apply("LIVETIME>100"), &["ft2.fits", "no row passes", "LIVETIME>100"]);
}

#[test]
fn filters_mean_what_cfitsio_makes_of_them() {
    let files = Files::new();
    let photons = open(&files.photons("ft1.fits", &hundred(), (0.0, 200.0))).unwrap();
    let selection = Selection::all(&photons);
    let spacecraft = files.spacecraft(&rows(0, 20));
    let total = |filter: &str| {
        let options = GoodTimeOptions::default().with_filter(filter);
        lat_events::good_times(&selection, &spacecraft, &options).map_or(0.0, |times| times.total())
    };
    for (filter, seconds) in [
        ("T", 200.0),
        ("data_qual>0 && lat_config==1", 200.0),
        ("IN_SAA!=T", 200.0),
        ("!IN_SAA", 200.0),
        (".not.in_saa .and. DATA_QUAL.eq.1", 200.0),
        ("START>=300000050 && STOP<=300000100", 50.0),
        ("START<300000050||STOP>300000150", 100.0),
        ("(START>300000095)||(STOP<300000055 && START>=300000010)", 140.0),
        // && binds tighter than ||.
        ("START<300000010 || START>=300000100 && START<300000120", 30.0),
        // A sign binds tighter than a power, powers bind to the right: (-2)**2 = 4, 2**(3**2) = 512.
        ("-2**2==4 && 2**3**2==512 && 2^2==4", 200.0),
        // % stands with + and -, below *: 7 % (2*3) = 1.
        ("7%2*3==1 && 1+2*3==7 && (1+2)*3==9 && 8/4/2==1 && 5-3-1==1", 200.0),
        ("ABS(-3)==3 && MIN(1,2)==1 && MAX(1,2)==2 && SQRT(9)==3 && LOG10(100)==2 && FLOOR(1.5)==1", 200.0),
        ("angsep(0,0,90,0)>89.999999 && ANGSEP(0,0,90,0)<90.000001", 200.0),
        ("ABS(SIN(0.5)-0.479425538604203)<1e-12 && ABS(COS(0.5)-0.877582561890373)<1e-12", 200.0),
        (" 1.5e1 == 15. && .5 == 5.0E-1 ", 200.0),
        ("STOP-START != 10", 0.0),
        // The axis is 25 deg from the zenith in each row.
        ("ABS(ROCK_ANGLE)<25.01 && ROCK_ANGLE > 24.99", 200.0),
    ] {
        assert_eq!(total(filter), seconds, "{filter}");
    }
}

#[test]
fn the_zenith_cut_of_a_region_needs_a_cone_and_a_zenith_angle() {
    let files = Files::new();
    let photons = open(&files.photons("ft1.fits", &hundred(), (0.0, 200.0))).unwrap();
    let spacecraft = files.spacecraft(&rows(0, 20));
    let roi = GoodTimeOptions::default().with_roi_cut(true);
    let all = lat_events::select(&photons, &SelectOptions::default()).unwrap();
    assert_eq!(lat_events::good_times(&all, &spacecraft, &roi).unwrap().total(), 200.0);
    // The zenith moves 3 deg a row from (80, 0) on; the cone of 5 deg is within 30 deg of it while it is within 25 deg of its middle.
    let options = SelectOptions::default().with_cone(80.0, 0.0, 5.0).with_zenith(0.0, 30.0);
    let cone = lat_events::select(&photons, &options).unwrap();
    assert_eq!(lat_events::good_times(&cone, &spacecraft, &roi).unwrap().intervals(), [(START, START + 90.0)]);
}

/// Columns of good times may be stored with a zero or a scale: what is written has the times, and not the zero a second time.
#[test]
fn good_times_of_shifted_columns_are_written_as_they_were_read() {
    let files = Files::new();
    let path = files.photons("ft1.fits", &hundred(), (0.0, 100.0));
    let mut bytes = std::fs::read(&path).unwrap();
    let gti = bytes.windows(8).rposition(|word| word == b"XTENSION").unwrap();
    let unit = gti + bytes[gti..].windows(10).position(|word| word == b"TUNIT2  = ").unwrap();
    bytes[unit..unit + 80].copy_from_slice(format!("{:<80}", "TZERO2  =                 25.0").as_bytes());
    std::fs::write(&path, bytes).unwrap();
    let photons = open(&path).unwrap();
    let good_times = photons.good_times();
    assert_eq!(good_times.intervals(), [(START, START + 125.0)]);
    let selected = files.path("selected.fits");
    Selection::all(&photons).write(&selected).unwrap();
    assert_eq!(open(&selected).unwrap().good_times(), good_times);
}
