//! Livetime cubes beside those that gtltcube made of the same real spacecraft rows.

use crate::common::{assert_same_keywords, marked, observation, real_data, rows};
use lat_events::{GoodTimes, Livetime, LivetimeOptions, Spacecraft};
use ndarray::Array2;

/// The largest relative difference of filled bins; a bin that only one has filled counts as 1.
fn largest_difference(a: &Array2<f32>, b: &Array2<f32>) -> f64 {
    assert_eq!(a.dim(), b.dim());
    let difference = |(a, b): (&f32, &f32)| {
        let (a, b) = (f64::from(*a), f64::from(*b));
        if a == b { 0.0 } else { (a - b).abs() / a.max(b) }
    };
    a.iter().zip(b).map(difference).fold(0.0, f64::max)
}

fn assert_same_livetime(name: &str, options: &LivetimeOptions) -> Option<Livetime> {
    let ((photons, spacecraft), tools) = (observation()?, real_data(name)?);
    let selection = marked(&photons, &spacecraft);
    let livetime = lat_events::livetime(&spacecraft, selection.good_times(), options).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ltcube.fits");
    livetime.write(&path).unwrap();
    let [ours, theirs] = [&path, &tools].map(|path| Livetime::read(path).unwrap());
    let (a, b) = (ours.table(), theirs.table());
    for (ours, theirs) in [(&a.livetime, &b.livetime), (&a.weighted, &b.weighted)] {
        let difference = largest_difference(ours, theirs);
        println!("{name}: largest relative difference of a filled bin {difference:.2e}");
        assert!(difference < 1e-6, "{difference}");
    }
    assert_eq!((a.good_times.clone(), a.times, a.zenith), (b.good_times.clone(), b.times, b.zenith));
    let keywords = [
        "NAXIS1", "NAXIS2", "TFORM1", "PIXTYPE", "ORDERING", "COORDSYS", "NSIDE", "FIRSTPIX", "LASTPIX", "THETABIN",
        "NBRBINS", "COSMIN", "PHIBINS", "ZENMIN", "ZENMAX", "NDSKEYS", "DSTYP1", "DSVAL1", "DSREF1", "TSTART", "TSTOP",
    ];
    for hdu in [1, 2] {
        assert_same_keywords(&path, &tools, hdu, &keywords);
    }
    assert_same_keywords(&path, &tools, 4, &["ONTIME", "TELAPSE"]);
    // The reader of the response takes both.
    assert!(lat_io::read_livetime_cube(&path).is_ok() && livetime.to_cube().is_ok());
    Some(livetime)
}

#[test]
fn a_livetime_cube_is_that_of_gtltcube() {
    let options = LivetimeOptions::default().with_zenith(0.0, 90.0);
    assert_same_livetime("gtltcube.fits.gz", &options);
}

#[test]
fn a_livetime_cube_by_azimuth_is_that_of_gtltcube() {
    let options = LivetimeOptions::default()
        .with_zenith(0.0, 90.0)
        .with_cosine_step(0.05)
        .with_pixel_size(4.0)
        .with_azimuth_bins(6);
    assert_same_livetime("gtltcube_phi.fits.gz", &options);
}

#[test]
fn livetime_does_not_depend_on_the_number_of_threads() {
    let Some((photons, spacecraft)) = observation() else { return };
    let selection = marked(&photons, &spacecraft);
    let options = LivetimeOptions::default().with_pixel_size(4.0).with_azimuth_bins(3).with_zenith(0.0, 100.0);
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let livetime = pool.install(|| lat_events::livetime(&spacecraft, selection.good_times(), &options)).unwrap();
        livetime.table().livetime.mapv(f32::to_bits)
    };
    let one = with(1);
    assert!(with(2) == one && with(7) == one);
}

#[test]
fn the_livetime_of_a_region_is_that_of_the_whole_sky_there() {
    let Some((photons, spacecraft)) = observation() else { return };
    let selection = marked(&photons, &spacecraft);
    let whole = LivetimeOptions::default().with_pixel_size(2.0).with_zenith(0.0, 90.0);
    let part = whole.clone().with_region(194.0465, -5.7893, 15.0);
    let [whole, part] =
        [whole, part].map(|options| lat_events::livetime(&spacecraft, selection.good_times(), &options).unwrap());
    let center = roi_model::SkyDirection::new(194.0465, -5.7893).unwrap();
    let (mut inside, mut empty) = (0, 0);
    for pixel in 0..whole.table().pixels.n_pixels() {
        let direction = whole.table().pixels.direction_of(pixel).unwrap();
        let (expected, found) = (whole.table().livetime.row(pixel), part.table().livetime.row(pixel));
        if direction.separation(&center) < 15.0 {
            assert_eq!(found, expected);
            inside += 1;
        } else if found.sum() == 0.0 && expected.sum() > 0.0 {
            empty += 1;
        }
    }
    assert!(inside > 100 && empty > 3000, "{inside} {empty}");
}

#[test]
fn livetimes_of_parts_of_the_time_sum_to_that_of_all() {
    let Some((photons, spacecraft)) = observation() else { return };
    let selection = marked(&photons, &spacecraft);
    let options = LivetimeOptions::default().with_pixel_size(8.0).with_azimuth_bins(2);
    let all = selection.good_times();
    let (start, stop) = all.span().unwrap();
    let middle = 538_060_000.0;
    let cubes: Vec<_> = [(start, middle), (middle, stop)]
        .map(|times| lat_events::livetime(&spacecraft, &all.intersection(&GoodTimes::new([times])), &options).unwrap())
        .to_vec();
    let (sum, whole) =
        (lat_events::sum_livetimes(&cubes).unwrap(), lat_events::livetime(&spacecraft, all, &options).unwrap());
    assert!(largest_difference(&sum.table().livetime, &whole.table().livetime) < 3e-7);
    assert!(largest_difference(&sum.table().weighted, &whole.table().weighted) < 3e-7);
    assert_eq!(GoodTimes::new(sum.table().good_times.iter().copied()), *all);
    // What is there twice, or made otherwise, is not summed.
    let twice = lat_events::sum_livetimes(&[cubes[0].clone(), cubes[0].clone()]).unwrap_err().to_string();
    assert!(twice.contains("good times"), "{twice}");
    let other = lat_events::livetime(&spacecraft, all, &options.with_azimuth_bins(3)).unwrap();
    let differ = lat_events::sum_livetimes(&[whole, other]).unwrap_err().to_string();
    assert!(differ.contains("azimuth") && differ.contains("1 and 2"), "{differ}");
}

#[test]
fn without_a_zenith_cut_a_pixel_in_view_gets_all_livetime() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ft2.fits");
    lat_io::write_new_spacecraft(&path, &rows(0, 3)).unwrap();
    let spacecraft = Spacecraft::open(&[&path]).unwrap();
    // The last row counts for a half, the first not at all.
    let start = rows(1, 2)[0].start;
    let good_times = GoodTimes::new([(start, start + 15.0)]);
    let livetime =
        lat_events::livetime(&spacecraft, &good_times, &LivetimeOptions::default().with_pixel_size(8.0)).unwrap();
    let table = livetime.table();
    let axis = roi_model::SkyDirection::new(84.0, 25.0).unwrap();
    let (mut in_view, mut behind) = (0, 0);
    for pixel in 0..table.pixels.n_pixels() {
        let angle = table.pixels.direction_of(pixel).unwrap().separation(&axis);
        let (seconds, weighted) = (table.livetime.row(pixel).sum(), table.weighted.row(pixel).sum());
        if angle < 80.0 {
            assert_eq!(seconds, 13.5);
            assert!((weighted - 13.5 * 0.9).abs() < 1e-5, "{weighted}");
            in_view += 1;
        } else if angle > 100.0 {
            assert_eq!((seconds, weighted), (0.0, 0.0));
            behind += 1;
        }
    }
    assert!(in_view > 200 && behind > 200);
}
