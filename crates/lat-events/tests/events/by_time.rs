//! Counts and livetime of bins of time: the sum of the bins is the whole.

use lat_events::{
    EnergyBinning, Error, GoodTimes, LivetimeOptions, LivetimeSlice, PhotonFiles, Selection, Spacecraft, TimeBins,
    bin_cube, bin_cubes, livetime, livetime_slices,
};
use lat_io::{Cut, PhotonHeader};
use lat_response::{Frame, SkyGrid, WcsHeader};
use roi_model::SkyDirection;

use super::common::{START, marked, observation, photon, rows, write_photons};

const REGION: (f64, f64, f64) = (83.6, 22.0, 15.0);

/// Bins with these edges, seconds after the begin of the made-up observation.
fn bins(edges: &[f64]) -> TimeBins {
    TimeBins::new(edges.windows(2).map(|pair| (START + pair[0], START + pair[1])).collect()).unwrap()
}

fn slices(spacecraft: &Spacecraft<'_>, good_times: &GoodTimes, bins: &TimeBins) -> Vec<LivetimeSlice> {
    let (ra, dec, radius) = REGION;
    let options = LivetimeOptions::default().with_zenith(0.0, 100.0).with_region(ra, dec, radius).with_pixel_size(4.0);
    let mut slices = Vec::new();
    livetime_slices(spacecraft, good_times, bins, &options, |slice| {
        slices.push(slice);
        Ok::<(), Error>(())
    })
    .unwrap();
    slices
}

fn summed(slices: &[LivetimeSlice]) -> LivetimeSlice {
    let mut sum = slices[0].clone();
    slices[1..].iter().for_each(|slice| sum.add(slice).unwrap());
    sum
}

fn assert_same(a: &LivetimeSlice, b: &LivetimeSlice) {
    assert_eq!(a.seconds.to_bits(), b.seconds.to_bits());
    assert_eq!((a.livetime(), a.weighted()), (b.livetime(), b.weighted()));
}

#[test]
fn counts_of_bins_are_photons_in_them_and_their_sum_is_the_whole() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("photons.fits");
    let photons: Vec<_> = (0..60).map(photon).collect();
    write_photons(&path, &photons, (0.0, 60.0));
    let files = PhotonFiles::open(&[&path]).unwrap();
    let (selection, energies) = (Selection::all(&files), EnergyBinning::logarithmic(100.0, 1e4, 6).unwrap());
    let grid = SkyGrid::wcs(WcsHeader::centered([20, 20], 0.1, Frame::Celestial, "AIT", [83.9, 22.0])).unwrap();
    let whole = bin_cube(&selection, &grid, &energies).unwrap();
    // A photon every second, on the edges of the bins, too.
    let cubes = bin_cubes(&selection, &grid, &energies, &bins(&[0.0, 7.0, 20.5, 21.0, 60.0])).unwrap();
    let of_bins: Vec<_> = (0..4).map(|bin| cubes.cube(bin).unwrap()).collect();
    assert_eq!([0, 1, 2, 3].map(|bin| cubes.photons(bin)), [7, 14, 0, 39]);
    let sum = of_bins.iter().fold(0.0 * whole.cube.counts(), |sum, cube| sum + cube.cube.counts());
    assert_eq!(&sum, whole.cube.counts());
    assert_eq!(of_bins[1].header.good_times, [(START + 7.0, START + 20.5)]);
    assert_eq!(of_bins[1].header.times, (START + 7.0, START + 20.5));
    assert!(cubes.cube(4).is_err());
}

#[test]
fn a_photon_on_an_edge_is_counted_once_and_where_its_good_time_is() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("photons.fits");
    let photons: Vec<_> = [0, 10, 20, 30, 40].map(photon).into();
    // Good times from 0 to 10, 20 to 30 and 30 to 40 s: the photon at 10 s ends one, that at 20 s begins one.
    let times = (START, START + 40.0);
    let good_times = vec![(START, START + 10.0), (START + 20.0, START + 40.0)];
    let header = PhotonHeader { cuts: vec![Cut::GoodTimes], good_times, times, inputs: None };
    lat_io::write_new_photons(&path, "P8R3", &header, &photons).unwrap();
    let files = PhotonFiles::open(&[&path]).unwrap();
    let (selection, energies) = (Selection::all(&files), EnergyBinning::logarithmic(100.0, 1e4, 6).unwrap());
    let grid = SkyGrid::wcs(WcsHeader::centered([20, 20], 0.1, Frame::Celestial, "AIT", [83.9, 22.0])).unwrap();
    let counted = |bins: &TimeBins| -> Vec<usize> {
        let cubes = bin_cubes(&selection, &grid, &energies, bins).unwrap();
        (0..bins.bins().len()).map(|bin| cubes.photons(bin)).collect()
    };
    let whole: f32 = bin_cube(&selection, &grid, &energies).unwrap().cube.counts().sum();
    assert_eq!(whole, 5.0);
    for (edges, expected) in [
        // The last photon at the end of everything.
        (vec![0.0, 40.0], vec![5]),
        // One that ends a good time where another bin begins, which has no good time.
        (vec![0.0, 10.0, 20.0, 40.0], vec![2, 0, 3]),
        // Within good time the edge belongs to the bin that begins.
        (vec![0.0, 30.0, 40.0], vec![3, 2]),
        (vec![0.0, 5.0, 40.0], vec![1, 4]),
    ] {
        assert_eq!(counted(&bins(&edges)), expected, "{edges:?}");
    }
    // With gaps between bins: both ends belong to a bin as far as there is good time beside them.
    let pairs =
        |pairs: &[(f64, f64)]| TimeBins::new(pairs.iter().map(|(a, b)| (START + a, START + b)).collect()).unwrap();
    assert_eq!(counted(&pairs(&[(0.0, 10.0), (20.0, 40.0)])), [2, 3]);
    assert_eq!(counted(&pairs(&[(10.0, 15.0), (15.0, 20.0)])), [0, 0]);
    assert_eq!(counted(&pairs(&[(0.0, 9.0), (25.0, 30.0), (35.0, 36.0)])), [1, 1, 0]);
}

#[test]
fn livetime_of_bins_adds_up_to_the_last_bit_however_time_is_cut() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("spacecraft.fits");
    lat_io::write_new_spacecraft(&path, &rows(0, 400)).unwrap();
    let spacecraft = Spacecraft::open(&[&path]).unwrap();
    // Good times and bins cut rows of 10 s anywhere, several bins in one row among them.
    let good_times = GoodTimes::new([(START + 3.3, START + 1234.567), (START + 1300.01, START + 3999.9)]);
    let whole = &slices(&spacecraft, &good_times, &bins(&[0.0, 4000.0]))[0];
    assert!(whole.seconds > 3000.0);
    for edges in [
        vec![0.0, 1234.5, 1250.0, 2_000.000_001, 4000.0],
        (0..=1082).map(|bin| 3.7 * f64::from(bin)).collect(),
        vec![0.0, 0.1, 0.7, 3.35, 3.4, 3999.85, 3999.95, 4000.0],
    ] {
        let of_bins = slices(&spacecraft, &good_times, &bins(&edges));
        assert_eq!(of_bins.len(), edges.len() - 1);
        assert!(of_bins.iter().map(|slice| slice.bin).eq(0..edges.len() - 1));
        assert_same(&summed(&of_bins), whole);
    }
    // A second of good time has nine tenths of a second of livetime.
    let second = &slices(&spacecraft, &good_times, &bins(&[2001.5, 2002.5]))[0];
    approx::assert_abs_diff_eq!(second.seconds, 0.9, epsilon = 1e-6);
}

#[test]
fn the_livetime_of_one_bin_over_all_is_that_of_a_livetime_cube() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("spacecraft.fits");
    lat_io::write_new_spacecraft(&path, &rows(0, 400)).unwrap();
    let spacecraft = Spacecraft::open(&[&path]).unwrap();
    let good_times = GoodTimes::new([(START + 3.3, START + 1234.567), (START + 1300.01, START + 3999.9)]);
    for azimuths in [0, 3] {
        let options = LivetimeOptions::default().with_pixel_size(4.0).with_azimuth_bins(azimuths);
        let cube = livetime(&spacecraft, &good_times, &options).unwrap().to_cube().unwrap();
        let mut cubes = Vec::new();
        livetime_slices(&spacecraft, &good_times, &bins(&[0.0, 5000.0]), &options, |slice| {
            cubes.push(slice.to_cube()?);
            Ok::<(), Error>(())
        })
        .unwrap();
        let mut seen = 0.0;
        for (ra, dec) in [(83.6, 22.0), (90.0, 10.0), (200.0, 40.0), (10.0, -80.0)] {
            let direction = SkyDirection::new(ra, dec).unwrap();
            let (ours, whole) = (cubes[0].at(&direction).unwrap(), cube.at(&direction).unwrap());
            let pairs = ours.times().zip(whole.times()).chain(ours.weighted().unwrap().zip(whole.weighted().unwrap()));
            for (ours, whole) in pairs {
                approx::assert_abs_diff_eq!(ours, whole, epsilon = 1e-6 * whole + 1e-6);
                seen += whole;
            }
        }
        assert!(seen > 1000.0);
    }
}

#[test]
fn real_photons_and_livetime_in_bins_of_an_orbit_add_up() {
    let Some((photons, spacecraft)) = observation() else { return };
    let selection = marked(&photons, &spacecraft);
    let energies = EnergyBinning::logarithmic(100.0, 1e5, 24).unwrap();
    let grid =
        SkyGrid::wcs(WcsHeader::centered([100, 100], 0.1, Frame::Celestial, "AIT", [194.0465, -5.7893])).unwrap();
    let whole = bin_cube(&selection, &grid, &energies).unwrap();
    let (start, stop) = (538_032_601.0, 538_079_602.0);
    let edges: Vec<f64> = (0..=9).map(|bin| start + (stop - start) * f64::from(bin) / 9.0).collect();
    let orbits = TimeBins::new(edges.windows(2).map(|pair| (pair[0], pair[1])).collect()).unwrap();
    let cubes = bin_cubes(&selection, &grid, &energies, &orbits).unwrap();
    let sum = (0..9).fold(0.0 * whole.cube.counts(), |sum, bin| sum + cubes.cube(bin).unwrap().cube.counts());
    assert_eq!(&sum, whole.cube.counts());

    let good_times = selection.good_times();
    let in_one = TimeBins::new(vec![(start, stop)]).unwrap();
    let whole = &slices(&spacecraft, good_times, &in_one)[0];
    let of_orbits = slices(&spacecraft, good_times, &orbits);
    assert_same(&summed(&of_orbits), whole);
    let seconds = lat_events::livetime_within(&spacecraft, good_times).unwrap();
    approx::assert_relative_eq!(whole.seconds, seconds, max_relative = 1e-8);
    // Livetime is the same to the last bit on any number of threads.
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        for (slice, other) in pool.install(|| slices(&spacecraft, good_times, &orbits)).iter().zip(&of_orbits) {
            assert_same(slice, other);
        }
    }
}

#[test]
fn bins_in_gaps_and_beyond_all_good_time_have_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("spacecraft.fits");
    lat_io::write_new_spacecraft(&path, &rows(0, 40)).unwrap();
    let spacecraft = Spacecraft::open(&[&path]).unwrap();
    let good_times = GoodTimes::new([(START, START + 100.0), (START + 200.0, START + 300.0)]);
    let found = slices(&spacecraft, &good_times, &bins(&[0.0, 100.0, 200.0, 300.0, 1e6]));
    let seconds: Vec<f64> = found.iter().map(|slice| slice.good_times.total()).collect();
    assert_eq!(seconds, [100.0, 0.0, 100.0, 0.0]);
    assert!(found[1].seconds == 0.0 && found[1].livetime().iter().all(|time| *time == 0.0));
    let options = LivetimeOptions::default();
    let none = |_| Ok::<(), Error>(());
    // Also where that is so of all bins, without good times at all, and where no row tells of the time.
    for good_times in [&good_times, &GoodTimes::default()] {
        let found = slices(&spacecraft, good_times, &bins(&[110.0, 190.0, 195.0]));
        assert!(found.len() == 2 && found.iter().all(|slice| slice.seconds == 0.0 && slice.good_times.is_empty()));
        assert!(slices(&spacecraft, good_times, &bins(&[1e6, 1.1e6]))[0].livetime().iter().all(|time| *time == 0.0));
    }
    // Rows are missing for the last bin alone.
    let longer = GoodTimes::new([(START, START + 1000.0)]);
    livetime_slices(&spacecraft, &longer, &bins(&[0.0, 400.0]), &options, none).unwrap();
    let error = livetime_slices(&spacecraft, &longer, &bins(&[0.0, 1000.0]), &options, none).unwrap_err();
    assert!(matches!(error, Error::NotCovered { .. }), "{error}");
    // What the taker says is what is told.
    let refuse = |_| Err(Error::NoFile { what: "taker" });
    let error = livetime_slices(&spacecraft, &good_times, &bins(&[0.0, 100.0]), &options, refuse).unwrap_err();
    assert!(matches!(error, Error::NoFile { what: "taker" }), "{error}");
}
